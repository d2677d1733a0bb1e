"""The scripts of `training/` and `benchmarks/` fit the package: they import, and say what they take."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch

from steadyface.editing.catalogue import STYLES
from steadyface.editing.style import Style
from steadyface.frames import to_image, to_tensor
from steadyface.gan.base import sample_codes
from steadyface.gan.load import load_generator

ROOT = Path(__file__).resolve().parents[1]
PLACES = (ROOT / "training", ROOT / "benchmarks")
SCRIPTS = [path for place in PLACES for path in sorted(place.glob("*.py")) if "__main__" in path.read_text()]
EXTRAS = ("gradio", "playwright", "ray")


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], ModuleType]:
    """Import a script, with those that lie beside it."""

    def loaded(path: Path) -> ModuleType:
        monkeypatch.syspath_prepend(str(path.parent))
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
        return script

    return loaded


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_script_says_what_it_takes(path: Path, load, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", [path.name, "--help"])
    with pytest.raises(SystemExit) as left:
        load(path).main()
    assert left.value.code == 0
    assert "usage:" in capsys.readouterr().out


@torch.no_grad()
def test_styles_that_ship_draw_what_their_filters_draw(load) -> None:
    filters = load(ROOT / "training" / "train_styles.py").FILTERS
    plain = load_generator("mobile-ffhq-256")
    (ws,) = sample_codes(plain, 1, seed=5)
    photograph = plain.synthesis(ws)
    assert {path.stem for path in STYLES.glob("*.safetensors")} == set(filters)
    for name, (draw, _) in filters.items():
        goal = to_tensor(draw(to_image(photograph)))
        styled = Style.load(STYLES / f"{name}.safetensors")(plain).synthesis(ws)
        assert (styled - goal).abs().mean() < 0.85 * (photograph - goal).abs().mean(), name
