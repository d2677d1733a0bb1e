"""Methods side by side, on three frames of a real clip."""

import json
from dataclasses import replace

import cv2
import pytest

from steadyface import compare as module
from steadyface.compare import compare_methods, results
from steadyface.config.job import Job
from steadyface.config.presets import PRESETS
from steadyface.editing.catalogue import Request
from steadyface.errors import InputError
from steadyface.inversion.settings import PivotalTuning, Refinement
from steadyface.metrics.evaluate import Critics


@pytest.fixture
def job(grid_clip):
    return Job(grid_clip, (Request("eyeglasses"),), frames=(2, 5))


@pytest.fixture
def quick(monkeypatch):
    """Every preset in as few steps as it can do."""
    run_checked = module.run_checked

    def run(each, out, **more):
        preset = PRESETS[each.preset]
        quick = {
            "refinement": Refinement(common_steps=1, steps_per_frame=1),
            "tuning": PivotalTuning(0, least_steps=1),
            "adaptation": PivotalTuning(0, least_steps=1),
            "stitching": replace(preset.stitching, epochs=0),
        }
        return run_checked(each, out, preset=replace(preset, **quick), **more)

    monkeypatch.setattr(module, "run_checked", run)


def test_methods_share_the_inversion_and_one_table(job, quick, tmp_path):
    announced = []
    found = compare_methods(job, ["smooth", "direct"], tmp_path, critics=Critics.load(), announce=announced.append)
    assert announced[0] == "smooth: align"
    assert [stage for stage in announced if stage.startswith("direct")] == ["direct: compose", "direct: render"]
    assert found["direct"]["lpips"]["edited/direct"] < 1e-6 < found["smooth"]["lpips"]["edited/direct"]
    assert found["smooth"]["warping_error"]["1"]["direct"] == found["direct"]["warping_error"]["1"]["direct"]
    lines = (tmp_path / "table.md").read_text(encoding="utf-8").splitlines()
    assert [line.split("|")[1].strip() for line in lines] == ["method", "---", "smooth", "direct"]
    assert json.loads((tmp_path / "table.json").read_text(encoding="utf-8")).keys() == found.keys()
    assert "Not measured yet" not in (tmp_path / "direct" / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "sheet.png").stat().st_size > 10_000
    slices = cv2.imread(str(tmp_path / "slices.png"))
    assert list(results([tmp_path / "smooth", tmp_path / "direct"])) == ["input", "smooth", "direct"]
    assert list(results([tmp_path / "smooth"])) == ["input", "direct edit", "smooth"]
    assert slices.shape[1] > 2 * cv2.imread(str(next(tmp_path.glob("*/aligned/input/*.png")))).shape[1]
    announced.clear()
    compare_methods(job, ["smooth", "direct"], tmp_path, critics=Critics.load(), announce=announced.append)
    assert announced == []


def test_presets_with_one_phase_1_share_it(job, quick, monkeypatch, tmp_path):
    for name, epochs in (("phase1", 0), ("paper", 1)):
        method = PRESETS[name].stabilisation
        few = replace(method, phase1=replace(method.phase1, epochs=1), phase2=replace(method.phase2, epochs=epochs))
        monkeypatch.setitem(PRESETS, name, replace(PRESETS[name], stabilisation=few))
    announced = []
    found = compare_methods(job, ["phase1", "paper"], tmp_path, critics=Critics.load(), announce=announced.append)
    assert [stage for stage in announced if ": phase" in stage] == ["phase1: phase1", "paper: phase2"]
    first, second = (found[name]["manifest"]["stages"]["phase1"] for name in ("phase1", "paper"))
    assert first == second


def test_an_unknown_method_is_refused_before_anything_runs(job, tmp_path):
    with pytest.raises(InputError, match="unknown preset 'stlt'"):
        compare_methods(job, ["direct", "stlt"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
