"""The two sets of names, against each other and against the full tables."""

import pytest

from steadyface.flow.raft_names import PREFIX, is_official, to_torchvision
from steadyface.flow.raft_network import LARGE, SMALL, RaftNetwork

from .official_names import to_official

NETWORKS = {"small": (SMALL, "corners", 106), "large": (LARGE, "mask", 179)}


@pytest.fixture(scope="module", params=NETWORKS)
def names(request):
    plan, upsampling, count = NETWORKS[request.param]
    return request.param, count, {name: name for name in RaftNetwork(plan, upsampling).state_dict()}


def test_there_and_back(names):
    _, count, state = names
    official = to_official(state)
    assert len(official) == count  # with what the authors hold twice
    assert is_official(official)
    assert not is_official(state)
    assert to_torchvision(official) == state
    assert to_torchvision({name.removeprefix(PREFIX): value for name, value in official.items()}) == state


def test_equals_the_published_tables(names, key_table):
    kind, _, state = names
    assert to_official(state) == {PREFIX + theirs: ours for theirs, ours, _ in key_table(f"raft_{kind}")}
