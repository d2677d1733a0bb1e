"""The scripts of `training/` and `benchmarks/` fit the package: they import, and say what they take."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLACES = (ROOT / "training", ROOT / "benchmarks")
SCRIPTS = [path for place in PLACES for path in sorted(place.glob("*.py")) if "__main__" in path.read_text()]
EXTRAS = ("gradio", "playwright", "ray")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_script_says_what_it_takes(path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.syspath_prepend(str(path.parent))
    monkeypatch.setattr(sys, "argv", [path.name, "--help"])
    spec = importlib.util.spec_from_file_location(f"script_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, script)  # dataclasses look themselves up
    try:
        spec.loader.exec_module(script)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRAS:
            raise
        pytest.skip(f"needs {error.name}")
    with pytest.raises(SystemExit) as left:
        script.main()
    assert left.value.code == 0
    assert "usage:" in capsys.readouterr().out
