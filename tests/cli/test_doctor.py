import shutil
from collections import namedtuple

import pytest

from steadyface.cli import doctor
from steadyface.cli.main import main
from steadyface.zoo import cache


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STEADYFACE_CACHE", str(tmp_path / "cache"))


def findings(out) -> dict[str, doctor.Finding]:
    return {finding.what: finding for finding in doctor.examine(out)}


def test_this_machine_runs_the_tests_so_nothing_is_bad(tmp_path) -> None:
    found = findings(tmp_path)
    assert {"python", "torch", "device", "disk for runs", "weights", "H.264 encoder", "AAC encoder"} <= found.keys()
    assert not [finding for finding in found.values() if finding.state == "bad"]
    assert found["weights"].state == "mind"
    assert "models fetch --all" in found["weights"].advice


def test_a_missing_package_and_codec_are_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(doctor, "NEEDED", ("no-such-package",))

    def refuse(name, mode):
        raise ValueError(name)

    monkeypatch.setattr("av.Codec", refuse)
    found = findings(tmp_path)
    assert found["no-such-package"] == doctor.Finding(
        "no-such-package", "missing", "bad", "pip install no-such-package"
    )
    assert found["H.264 encoder"].state == "bad"


def test_little_disk_and_memory(tmp_path, monkeypatch, capsys) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, 2**20))
    monkeypatch.setattr(doctor, "MEMORY_GB", 1e6)
    found = findings(tmp_path / "not" / "yet")
    assert found["disk for runs"].state == "bad"
    assert found["memory"].state == "mind"
    assert main(["doctor", "--out", str(tmp_path)]) == 2
    assert "free some" in capsys.readouterr().out


def test_the_command(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    assert main(["doctor", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "H.264 encoder" in out
    assert str(cache.directory().parent.parent) in out
