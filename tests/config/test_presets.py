import pytest

from steadyface.config.phases import OFFICIAL_EYEGLASSES, PAPER, PAPER_EYEGLASSES, PAPER_OUT_OF_DOMAIN
from steadyface.config.presets import PRESETS, preset_for
from steadyface.errors import InputError
from steadyface.inversion.settings import INDEPENDENT, Refinement
from steadyface.temporal.settings import Averaging


def test_the_paper_has_its_own_constant_for_eyeglasses_alone() -> None:
    assert preset_for("paper", "eyeglasses").stabilisation == PAPER_EYEGLASSES
    assert preset_for("official", "eyeglasses").stabilisation == OFFICIAL_EYEGLASSES
    assert preset_for("paper").stabilisation == PAPER
    assert preset_for("phase1", "eyeglasses").stabilisation.phase1 == PAPER_EYEGLASSES.phase1


def test_each_phase_alone() -> None:
    one, two = (PRESETS[name].stabilisation for name in ("phase1", "phase2"))
    assert (one.phase1, one.phase2.epochs) == (PAPER.phase1, 0)
    assert (two.phase2, two.phase1.epochs) == (PAPER.phase2, 0)


def test_styles_have_settings_of_their_own_and_baselines_the_same() -> None:
    assert preset_for("paper", "style").stabilisation == PAPER_OUT_OF_DOMAIN
    for name in ("direct", "smooth", "dvp", "stit", "pti"):
        assert preset_for(name, "style") == PRESETS[name]
    for name, averaging in (("default", Averaging()), ("fast", Averaging()), ("paper", None)):
        assert preset_for(name, "style").averaging == preset_for(name).averaging == averaging
    assert (
        preset_for("default", "style").stabilisation.phase2.epochs
        > preset_for("fast", "style").stabilisation.phase2.epochs
        > 0
    )
    assert not preset_for("default", "style").stabilisation.phase2.objective.unedited_weight


def test_inversions() -> None:
    assert preset_for("default").refinement == Refinement()
    assert preset_for("stit", inversion="independent").refinement == INDEPENDENT
    assert INDEPENDENT.keyframes is None
    assert INDEPENDENT.motions == INDEPENDENT.common_steps == 0


def test_a_baseline_that_tunes_on_all_frames_does_so_and_ours_learns_from_keyframes() -> None:
    assert {name for name in PRESETS if PRESETS[name].tuning.every_frame} == {"stit", "pti"}
    for name in ("paper", "official"):
        assert preset_for(name).stabilisation.drawn == "frames"
    assert preset_for("default", "style").stabilisation.drawn == "keyframes"


def test_a_style_of_ours_ends_at_an_outline_and_is_not_stitched() -> None:
    for name, epochs in {"default": 0, "paper": 1, "direct": 0}.items():
        assert preset_for(name, "style").stitching.epochs == epochs
    assert preset_for("default").stitching.epochs == 0
    assert preset_for("paper").stitching.epochs == 1


def test_unknown_names() -> None:
    with pytest.raises(InputError, match="unknown preset 'best'; known: default, fast, paper"):
        preset_for("best")
    with pytest.raises(InputError, match="unknown inversion 'alone'; known: joint, independent"):
        preset_for("default", inversion="alone")


def test_pti_is_as_published() -> None:
    preset = preset_for("pti")
    tuning = preset.tuning
    assert (preset.stabilisation, preset.adaptation, tuning.edit_weight, tuning.closeup) == (None, None, 0, 0)
    assert (tuning.least_steps, tuning.epochs, tuning.learning_rate, tuning.l2) == (350, 200, 3e-4, 1)
    assert (tuning.local_weight, tuning.local_distance, tuning.local_every) == (0.1, 30, 1)
