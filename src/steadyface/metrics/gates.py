"""Bounds that a good result meets, all of them together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

ON_PERSON = "edited/direct, on the person"
"""LPIPS of the two on the person only, with the input as background: the direct edit of a style also repaints the
background, while the result of `default` doesn't."""


@dataclass(frozen=True)
class Gate:
    """One condition on a result."""

    name: str
    """What it is about: steady, edited, photographic, alive, same person."""
    quantity: str
    value: float | None
    """None: not known, or there is nothing to judge."""
    bound: str
    passed: bool | None
    """None if the value is."""
    control: float | None = None
    """The same quantity of `EditControl`, the input's own motion under the edit's look. It shows what the edit alone
    does to the measurement: a rim hides a lid, and is sharp itself."""


def gates(table: Mapping[str, Any]) -> list[Gate]:
    """Judge the table of `evaluate.evaluate_run`.

    No gate is enough alone: a frozen, blurred or unedited face is steady, too. "photographic" only measures sharpness;
    pictures still have to be looked at. The similarity to the input may fall short of the direct edit's by 0.005, since
    strangers differ by 0.1.
    """
    sharp = within("photographic", "sharpness / inversion's", _get(table, "sharpness", "edited"), 0.9, 1.1)
    found = [
        at_most("steady", "warping error / input's", _get(table, "warping_ratio", "1", "edited/input"), 1.0),
        *_edited(table),
        replace(sharp, control=_get(table, "sharpness", "control")),
    ]
    found.append(at_most("steady", "the same in the frames", _get(table, "native", "steady"), 1.0))
    found.append(at_least("photographic", "sharpness in the frames / input's", _get(table, "native", "sharpness"), 0.8))
    found.append(at_most("photographic", "gradient across the border / input's", _get(table, "native", "seam"), 1.1))
    for signal in ("mouth", "eyes", "yaw", "gaze"):
        found += _alive(table, signal)
    found.append(_blinks(_get(table, "liveliness", "edited", "blinks")))
    direct = _get(table, "identity", "direct", "similarity")
    if direct is not None:
        similar = _get(table, "identity", "edited", "similarity")
        found.append(at_least("same person", "similarity to the input", similar, direct - 0.005))
    for name, key in (("TL-ID", "tl_id"), ("TG-ID", "tg_id")):
        found.append(at_least("same person", name, _get(table, "identity", "edited", key), 0.99))
    return found


def at_least(name: str, quantity: str, value: float | None, bound: float) -> Gate:
    """Make a gate that passes from `bound` up."""
    return Gate(name, quantity, value, f">= {bound:.3g}", None if value is None else value >= bound)


def at_most(name: str, quantity: str, value: float | None, bound: float) -> Gate:
    """Make a gate that passes up to `bound`."""
    return Gate(name, quantity, value, f"<= {bound:.3g}", None if value is None else value <= bound)


def within(name: str, quantity: str, value: float | None, low: float, high: float) -> Gate:
    """Make a gate that passes from `low` to `high`."""
    return Gate(name, quantity, value, f"{low:.3g} to {high:.3g}", None if value is None else low <= value <= high)


def _edited(table: Mapping[str, Any]) -> Iterable[Gate]:
    for attribute in table.get("attributes", []):
        yield at_least("edited", f"{attribute}, part kept", _get(table, "strength", "kept", attribute), 0.95)
        weakest = _get(table, "strength", "weakest_tenth", attribute)
        yield at_least("edited", f"{attribute}, weakest tenth", weakest, 0.85)


def _alive(table: Mapping[str, Any], signal: str) -> Iterable[Gate]:
    motion, control = (_get(table, "liveliness", of, signal) for of in ("edited", "control"))
    alike = at_least("alive", f"{signal}, correlation", _get(motion, "correlation"), 0.95)
    yield replace(alike, control=_get(control, "correlation"))
    large = within("alive", f"{signal}, amplitude", _get(motion, "amplitude"), 0.85, 1.15)
    yield replace(large, control=_get(control, "amplitude"))


def _blinks(blinks: Mapping[str, int] | None) -> Gate:
    value = blinks["kept"] / blinks["input"] if blinks and blinks["input"] else None
    return at_least("alive", "blinks kept", value, 1.0)


def _get(table: Any, *keys: str) -> Any:
    """Follow the keys; None where one is missing."""
    for key in keys:
        if table is None:
            return None
        table = table.get(key)
    return table
