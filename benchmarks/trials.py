"""A preset against itself with one thing changed, on one inversion of a clip: what each part is worth, and its time.

    python benchmarks/trials.py --clip ../shared/clips/grid_brbk7n.mpg --frames 0:16
    python benchmarks/trials.py --clip ../shared/clips/d20.mp4 --frames 40:115 --edit beard --trials "both phases"
    python benchmarks/trials.py --clip ../shared/clips/grid_lbax4n.mpg --trials default "not averaged"

Prints a table and writes it, a sheet and x-t slices into --out; goes on where it stopped. `--reuse` takes the inversion
from a finished run. Seconds are the processor's, of the phases and of the pictures.
"""

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path

from steadyface.cli.edit import frame_range
from steadyface.compare import TABLE, measured, write_pictures
from steadyface.config.job import Job, preset_of
from steadyface.config.phases import OURS
from steadyface.config.settings import Consistency, Preset
from steadyface.consistency.settings import Objective
from steadyface.editing.catalogue import Request
from steadyface.metrics.evaluate import Critics
from steadyface.pipeline import run_checked
from steadyface.report.table import markdown
from steadyface.temporal.settings import Averaging


def objective(method: Consistency, **changed: float | str | None) -> Consistency:
    """The method with the same change of what both phases ask for."""
    new: Objective = replace(method.phase1.objective, **changed)  # type: ignore[arg-type]
    return replace(method, phase1=replace(method.phase1, objective=new), phase2=replace(method.phase2, objective=new))


def of_phases(preset: Preset) -> dict[str, Consistency]:
    """By name: the phases, which edits of codes leave out, as they are or with one thing changed."""
    without = preset.stabilisation
    assert isinstance(without, Consistency)
    method = OURS
    phase1, phase2 = method.phase1, method.phase2
    return {
        "both phases": method,
        "phase 1 alone": replace(method, phase2=without.phase2),
        "phase 2 alone": replace(method, phase1=without.phase1),
        "both, twice as long": replace(
            method, phase1=replace(phase1, epochs=2 * phase1.epochs), phase2=replace(phase2, epochs=2 * phase2.epochs)
        ),
        "both, pairs among all frames": replace(method, drawn="frames"),
        "both, anchor pairs only": objective(method, partners="anchor"),
        "both, compared everywhere": objective(method, input_consistency=None, unexplained_weight=0.0),
        "both, change of a single frame": replace(method, target=replace(method.target, averaging=None)),
    }


def of_averaging(used: Averaging) -> dict[str, Averaging | None]:
    """By name: the averaging of the finished pictures with one thing changed. These share the edit."""
    return {
        "not averaged": None,
        "averaged over 3 frames": replace(used, radius=3),
        "averaged over 25 frames": replace(used, radius=25),
        "averaged where inputs agree": replace(used, input_consistency=0.06),
        "averaged as sharply as the paper looks": replace(used, sharpness=10.0, trust=10.0),
    }


def trials(preset: Preset) -> dict[str, Preset]:
    """By name: the preset itself, then with one thing changed."""
    assert preset.averaging
    phases = {name: replace(preset, stabilisation=method) for name, method in of_phases(preset).items()}
    averaged = {name: replace(preset, averaging=new) for name, new in of_averaging(preset.averaging).items()}
    return {preset.name: preset} | phases | averaged


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, default=Path("../shared/clips/grid_brbk7n.mpg"))
    parser.add_argument("--frames", type=frame_range, default=(0, 16), metavar="A:B")
    parser.add_argument("--edit", type=Request.parse, default=Request("eyeglasses"))
    parser.add_argument("--preset", default="default", choices=("default", "fast"))
    parser.add_argument("--inversion", default="joint")
    parser.add_argument("--trials", nargs="*", metavar="NAME")
    parser.add_argument("--reuse", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/trials"))
    args = parser.parse_args()
    job = Job(args.clip, (args.edit,), preset=args.preset, frames=args.frames, inversion=args.inversion)
    known, critics = trials(preset_of(job)), Critics.load()
    if unknown := set(args.trials or ()) - known.keys():
        parser.error(f"no such trial: {', '.join(sorted(unknown))}")
    rows, folders = [], []
    for name, preset in known.items():
        if args.trials and name not in args.trials:
            continue
        folder = args.out / name.replace(",", "").replace(" ", "_")
        reuse = [*([args.reuse] if args.reuse else []), *folders]
        announce = partial(print, f"{name}:", flush=True)
        run_checked(job, folder, reuse=reuse, preset=preset, announce=announce)
        folders.append(folder)
        metrics = measured(folder, critics)
        stages = metrics["manifest"]["stages"]
        seconds = sum(
            stages[stage].get("processor_seconds", 0) for stage in stages if stage.startswith(("phase", "render"))
        )
        rows.append(((name, f"{seconds:.0f}"), metrics))
    table = markdown(rows, ("trial", "s"), TABLE[:-1])
    write_pictures(args.out, folders)
    (args.out / "trials.md").write_text(table, encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
