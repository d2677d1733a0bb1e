"""The code is laid out as it is said to be: what is at the root, how long modules are, and where each is tested."""

import inspect
from pathlib import Path
from statistics import median

from steadyface import pipeline

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, TESTS = ROOT / "src" / "steadyface", ROOT / "tests"
AT_THE_ROOT = {"__init__.py", "__main__.py", "compare.py", "errors.py", "pipeline.py"}
LONGEST, LONGEST_LIST = 300, 150


def modules() -> list[Path]:
    return [path.relative_to(PACKAGE) for path in sorted(PACKAGE.rglob("*.py")) if not path.name.startswith("__")]


def lines_of(path: Path) -> int:
    return len((PACKAGE / path).read_text(encoding="utf-8").splitlines())


def listed() -> dict[str, list[str]]:
    """Module -> its test files, as `tests/layout.txt` says."""
    lines = (TESTS / "layout.txt").read_text(encoding="utf-8").splitlines()
    return {name: places.split() for name, _, places in (line.partition(":") for line in lines if line[0] != "#")}


def test_every_module_has_a_test_file_at_the_mirrored_place_or_a_line() -> None:
    mirrored = {path.as_posix() for path in modules() if (TESTS / path.parent / f"test_{path.name}").is_file()}
    others = {path.as_posix() for path in modules()} - mirrored
    assert listed().keys() == others
    missing = [place for places in listed().values() for place in places if not (TESTS / place).is_file()]
    assert not missing


def test_no_module_is_long_and_the_pipeline_is_short() -> None:
    lengths = {path: lines_of(path) for path in modules()}
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}
    assert median(lengths.values()) < LONGEST / 2
    run_job = inspect.getsource(pipeline.run_job).splitlines()
    assert len(run_job) + lines_of(Path("stages/stage_list.py")) < LONGEST_LIST


def test_nothing_lies_loose_at_the_root() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} == AT_THE_ROOT
    assert not [path for path in modules() if path.stem == "utils"]
