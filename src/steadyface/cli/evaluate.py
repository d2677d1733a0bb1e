"""``steadyface eval``: the metrics of a finished run."""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "eval",
        help="the metrics of a run",
        description="Measure a run: steady, edited, alive, the same person. Writes metrics.json beside the result.",
    )
    parser.add_argument("folder", type=Path, metavar="OUT", help="the --out of `steadyface edit`")
    parser.add_argument("--channel-sum", action="store_true", help="the warping error with its channels summed: 3 x")
    parser.add_argument(
        "--flow",
        default="spynet",
        help="for the warping error: spynet, dis (which the default preset optimises along), or a RAFT file",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the metrics as tables and write them to ``OUT/metrics.json``."""
    from rich.console import Console

    from steadyface.metrics.evaluate import Critics, evaluate_run, find_parts
    from steadyface.report.page import write_report
    from steadyface.runtime.device import choose_device
    from steadyface.runtime.files import write_atomically

    find_parts(args.folder)
    path = args.folder / "metrics.json"
    with Console(stderr=True).status("loading") as status:
        metrics = evaluate_run(
            args.folder,
            critics=Critics.load(choose_device(args.device), args.flow),
            reduction="channel_sum" if args.channel_sum else "channel_mean",
            announce=status.update,
        )

    def write(beside: Path) -> None:
        beside.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")

    write_atomically(path, write)
    if (args.folder / "manifest.json").exists():
        print(f"report   {write_report(args.folder)}")
    console = Console()
    console.print(parts_table(metrics))
    console.print()
    console.print(gates_table(metrics))
    print(f"\nmetrics  {path}")
    return 0


def parts_table(metrics: Mapping[str, Any]) -> "Table":
    """One row for each quantity, one column for each version of the clip."""
    from rich.table import Table

    table = Table("", *metrics["parts"], box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for label, values in _rows(metrics):
        table.add_row(label, *(_number(values.get(part)) for part in metrics["parts"]))
    return table


def gates_table(metrics: Mapping[str, Any]) -> "Table":
    """The conditions on a good result, and whether they are met."""
    from rich.table import Table

    table = Table("gate", "quantity", "value", "bound", "control", "", box=None, pad_edge=False)
    table.columns[2].justify = "right"
    marks = {True: "[green]holds[/]", False: "[red]fails[/]", None: "[dim]-[/]"}
    for gate in metrics["gates"]:
        figures = (_number(gate["value"]), gate["bound"], _number(gate.get("control")))
        table.add_row(gate["name"], gate["quantity"], *figures, marks[gate["passed"]])
    return table


def _rows(metrics: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for distance, errors in metrics["warping_error"].items():
        yield (
            f"warping error x 1000, {distance} apart ({metrics['flow']})",
            {k: v and 1000 * v for k, v in errors.items()},
        )
    yield from _ratios("LPIPS", metrics["lpips"])
    yield from _ratios("PSNR, dB", metrics["psnr"])
    yield "sharpness / inversion's", metrics["sharpness"]
    for key, label in (("similarity", "identity, cosine with the input"), ("tl_id", "TL-ID"), ("tg_id", "TG-ID")):
        yield label, {part: found[key] for part, found in metrics["identity"].items()}
    for signal in ("mouth", "eyes", "yaw", "gaze"):
        for key in ("correlation", "amplitude"):
            motions = {part: found[signal] or {} for part, found in metrics["liveliness"].items()}
            yield f"{signal}, {key}", {part: motion.get(key) for part, motion in motions.items()}
    for attribute, kept in metrics["strength"].get("kept", {}).items():
        if kept is not None:
            changed = {part: metrics["strength"][part][attribute]["mean"] for part in ("direct", "edited")}
            yield f"change of {attribute}", changed
    background = metrics["background"] or {}
    yield "PSNR outside the crop, dB", {"edited": background.get("psnr")}


def _ratios(label: str, values: Mapping[str, float]) -> Iterator[tuple[str, Mapping[str, float]]]:
    for pair, value in values.items():
        part, other = pair.split("/")
        yield f"{label} to {other}", {part: value}


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
