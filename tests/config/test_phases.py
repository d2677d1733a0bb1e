"""The presets against the numbers printed in the paper."""

from steadyface.config.phases import (
    DEFAULT,
    OFFICIAL,
    OFFICIAL_EYEGLASSES,
    PAPER,
    PAPER_EYEGLASSES,
    PAPER_OUT_OF_DOMAIN,
)


def test_in_domain_as_printed():
    one, two = PAPER.phase1, PAPER.phase2
    assert PAPER.flow == "current"
    assert PAPER.target.kind == "input"
    assert (one.learning_rate, one.epochs, one.alpha) == (0.05, 10, 0.04)
    assert (one.residual_weight, one.objective.flow_error_weight, one.objective.sharpness) == (0.1, 10, 10)
    assert (two.learning_rate, two.epochs, two.locality_weight, two.locality_distance) == (1e-4, 5, 200, 30)
    for objective in (one.objective, two.objective):
        assert objective.partners == "anchor"
        assert objective.fused
        assert objective.input_consistency is None
        assert objective.pixel_weight == objective.target_weight == objective.closeup_weight == 0
    assert one.objective.unedited_weight == 0
    assert two.trained_below is None


def test_only_alpha_differs_for_eyeglasses():
    assert PAPER_EYEGLASSES.phase1.alpha == 0.12
    assert PAPER_EYEGLASSES.phase2 == PAPER.phase2


def test_out_of_domain_as_printed():
    one, two = PAPER_OUT_OF_DOMAIN.phase1, PAPER_OUT_OF_DOMAIN.phase2
    assert (one.learning_rate, one.epochs, one.alpha) == (0.005, 5, 0.04)
    assert (two.learning_rate, two.epochs, two.locality_weight, two.trained_below) == (8e-4, 5, 200, 128)
    assert not one.objective.fused
    assert not two.objective.fused
    assert two.objective.unedited_weight == 0


def test_ours_runs_no_flow_in_the_loop():
    assert DEFAULT.flow == "input"
    assert DEFAULT.phase1.objective.flow_error_weight == DEFAULT.phase2.objective.flow_error_weight == 0


def test_the_release_as_it_is_started_by_its_readme():
    one, two = OFFICIAL.phase1, OFFICIAL.phase2
    assert (one.learning_rate, one.epochs, one.alpha, one.residual_weight) == (1e-3, 10, 0.04, 0.2)
    assert OFFICIAL_EYEGLASSES.phase1.alpha == 0.05
    assert (two.learning_rate, two.epochs, two.locality_weight) == (1e-4, 3, 100)
    assert (one.objective.unedited_weight, two.objective.unedited_weight) == (0.5, 7.5)
    for objective in (one.objective, two.objective):
        assert (objective.sharpness, objective.unedited_power, objective.flow_error_weight) == (5, 4, 10)
