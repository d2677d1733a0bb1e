"""Checks whether this machine has what steadyface needs, and says what to do if not."""

import argparse
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from steadyface.zoo import CARDS, cache, is_cached

State = Literal["good", "mind", "bad"]

NEEDED = ("torch", "av", "numpy", "opencv-python-headless", "scipy", "safetensors", "ai-edge-litert", "psutil")
PYTHON = (3, 11)
MEMORY_GB, DISK_GB = 4.0, 2.0
"""Memory for the default preset at 256 pixels; disk space for the weights and a run folder."""


@dataclass(frozen=True)
class Finding:
    """The result of one check."""

    what: str
    found: str
    state: State
    advice: str = ""
    """What to do; empty if nothing."""


def examine(out: Path) -> Iterator[Finding]:
    """Run all checks, cheapest first; ``out`` is a folder where runs will be written."""
    for look in (_python, _packages, _device, _memory, lambda: _disk(out), _weights, _codecs):
        yield from look()


def _python() -> Iterator[Finding]:
    good = sys.version_info >= PYTHON
    yield Finding("python", platform.python_version(), "good" if good else "bad", "" if good else "take 3.11 or newer")


def _packages() -> Iterator[Finding]:
    for name in NEEDED:
        try:
            yield Finding(name, version(name), "good")
        except PackageNotFoundError:
            yield Finding(name, "missing", "bad", f"pip install {name}")


def _device() -> Iterator[Finding]:
    try:
        import torch
    except (ImportError, OSError) as error:
        yield Finding("device", f"torch doesn't load: {error}", "bad", "pip install --force-reinstall torch")
        return
    threads = f"{torch.get_num_threads()} threads on {os.cpu_count()} processors"
    if torch.cuda.is_available():
        yield Finding("device", f"{torch.cuda.get_device_name()}, {threads}", "good")
    else:
        advice = "some minutes for each second of video; --preset fast is for a look"
        yield Finding("device", f"CPU, {threads}", "mind", advice)


def _memory() -> Iterator[Finding]:
    try:
        import psutil
    except ImportError:
        return  # reported by `_packages`
    total = psutil.virtual_memory().total / 2**30
    enough = total >= MEMORY_GB
    advice = "" if enough else f"the default preset wants {MEMORY_GB:g} GB: close other programs"
    yield Finding("memory", f"{total:.1f} GB", "good" if enough else "mind", advice)


def _disk(out: Path) -> Iterator[Finding]:
    for what, folder in (("disk for runs", out), ("disk for weights", cache.directory())):
        there = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
        free = shutil.disk_usage(there).free / 2**30
        if not _can_be_written(there):
            yield Finding(what, f"{there} can't be written", "bad", "choose another --out or set STEADYFACE_CACHE")
        else:
            state: State = "good" if free >= DISK_GB else "bad"
            yield Finding(what, f"{free:.1f} GB free in {there}", state, "" if state == "good" else "free some")


def _can_be_written(folder: Path) -> bool:
    """Tested by writing a file: on Windows, `os.access` calls every folder writable."""
    probe = folder / f".writable.{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


def _weights() -> Iterator[Finding]:
    missing = [name for name in CARDS if not is_cached(name)]
    if not missing:
        yield Finding("weights", f"all {len(CARDS)} in {cache.directory()}", "good")
        return
    advice = "fetched when first needed; `steadyface models fetch --all` makes the machine independent of the network"
    yield Finding("weights", f"not cached: {', '.join(missing)}", "mind", advice)


def _codecs() -> Iterator[Finding]:
    try:
        import av
    except ImportError:
        return  # reported by `_packages`
    for what, name in (("H.264 encoder", "libx264"), ("AAC encoder", "aac")):
        try:
            av.Codec(name, "w")
            yield Finding(what, name, "good")
        except ValueError:
            yield Finding(what, "missing", "bad", "pip install --force-reinstall av")


MARKS = {"good": "[green]good[/]", "mind": "[yellow]mind[/]", "bad": "[red]bad[/]"}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("doctor", help="check the machine, versions, weights, disk and codecs")
    parser.add_argument("--out", type=Path, default=Path(), metavar="FOLDER", help="where runs will be written")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a line for each finding; the status is 2 when anything is bad."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("", "found", "", "what to do", box=None, pad_edge=False)
    findings = list(examine(args.out))
    for finding in findings:
        table.add_row(finding.what, escape(finding.found), MARKS[finding.state], escape(finding.advice))
    Console().print(table)
    return 2 if any(finding.state == "bad" for finding in findings) else 0
