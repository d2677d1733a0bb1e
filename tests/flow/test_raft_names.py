"""The two sets of names, against each other and, where they are at hand, against the full tables."""

import pytest

from steadyface.flow.raft_names import PREFIX, is_official, to_official, to_torchvision
from steadyface.flow.raft_network import LARGE, SMALL, RaftNetwork

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


def test_equals_the_published_tables(names, shared):
    kind, _, state = names
    lines = (shared / "reference" / "keys" / f"raft_official_to_torchvision_{kind}.tsv").read_text().splitlines()
    table = {PREFIX + line.split("\t")[0]: line.split("\t")[1] for line in lines}
    assert to_official(state) == table
