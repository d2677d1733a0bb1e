"""The bounds of a good result."""

import pytest

from steadyface.metrics.gates import at_least, at_most, gates, within


def table(**changes):
    """A result that holds everywhere; dotted names change one value."""
    moves = {"correlation": 0.97, "amplitude": 0.9}
    found = {
        "warping_ratio": {"1": {"edited/input": 0.8}},
        "attributes": ["eyeglasses"],
        "strength": {"kept": {"eyeglasses": 0.97, "age": 0.1}, "weakest_tenth": {"eyeglasses": 0.9}},
        "sharpness": {"edited": 0.95},
        "native": {"steady": 0.9, "sharpness": 0.85, "seam": 1.0},
        "liveliness": {
            "edited": {
                **{"mouth": dict(moves), "eyes": dict(moves), "yaw": None, "gaze": None},
                "blinks": {"kept": 1, "input": 1},
            }
        },
        "identity": {
            "direct": {"similarity": 0.97},
            "edited": {"similarity": 0.968, "tl_id": 0.999, "tg_id": 0.995},
        },
    }
    for path, value in changes.items():
        *way, last = path.split("__")
        inner = found
        for key in way:
            inner = inner[key]
        inner[last] = value
    return found


def test_a_good_result_passes_every_gate():
    found = gates(table())
    assert {gate.name for gate in found} == {"steady", "edited", "photographic", "alive", "same person"}
    assert all(gate.passed is not False for gate in found)
    unknown = {gate.quantity for gate in found if gate.passed is None}
    assert unknown == {f"{signal}, {what}" for signal in ("yaw", "gaze") for what in ("correlation", "amplitude")}


@pytest.mark.parametrize(
    ("change", "quantity"),
    [
        ({"native__steady": 1.1}, "the same in the frames"),
        ({"native__sharpness": 0.7}, "sharpness in the frames / input's"),
        ({"native__seam": 1.2}, "gradient across the border / input's"),
        ({"warping_ratio": {"1": {"edited/input": 1.01}}}, "warping error / input's"),
        ({"strength__kept": {"eyeglasses": 0.94}}, "eyeglasses, part kept"),
        ({"strength__weakest_tenth": {"eyeglasses": 0.84}}, "eyeglasses, weakest tenth"),
        ({"sharpness__edited": 0.89}, "sharpness / inversion's"),
        ({"sharpness__edited": 1.11}, "sharpness / inversion's"),
        ({"liveliness__edited__mouth__correlation": 0.94}, "mouth, correlation"),
        ({"liveliness__edited__mouth__amplitude": 0.84}, "mouth, amplitude"),
        ({"liveliness__edited__eyes__amplitude": 1.16}, "eyes, amplitude"),
        ({"liveliness__edited__blinks": {"kept": 1, "input": 2}}, "blinks kept"),
        ({"identity__edited__similarity": 0.96}, "similarity to the input"),
        ({"identity__edited__tl_id": 0.989}, "TL-ID"),
        ({"identity__edited__tg_id": 0.989}, "TG-ID"),
    ],
)
def test_each_fault_fails_its_own_gate_only(change, quantity):
    assert [gate.quantity for gate in gates(table(**change)) if gate.passed is False] == [quantity]


def test_of_an_empty_table_nothing_is_judged():
    found = gates({})
    assert found
    assert all(gate.passed is None and gate.value is None for gate in found)


def test_bounds_belong_to_the_passing_side():
    assert at_least("a", "b", 0.95, 0.95).passed
    assert at_most("a", "b", 1.0, 1.0).passed
    assert within("a", "b", 0.9, 0.9, 1.1).passed
    assert at_least("a", "b", 0.9499, 0.95).passed is False
    assert at_least("a", "b", 0.9, 0.95).bound == ">= 0.95"


def test_what_is_read_of_the_untouched_motion_stands_beside_what_seems_lost():
    moves = {"correlation": 0.99, "amplitude": 0.7}
    lost = table(liveliness__edited__eyes=moves, liveliness__control={"eyes": {"correlation": 0.99, "amplitude": 0.69}})
    assert [(gate.quantity, gate.control) for gate in gates(lost) if not gate.passed and gate.value] == [
        ("eyes, amplitude", 0.69)
    ]


def test_what_rims_add_themselves_stands_beside_the_sharpness():
    found = gates(table(sharpness={"edited": 1.6, "control": 1.5}))
    (gate,) = (gate for gate in found if gate.quantity == "sharpness / inversion's")
    assert (gate.value, gate.control, gate.passed) == (1.6, 1.5, False)
