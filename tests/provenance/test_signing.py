"""Signed results, read back by C2PA's own reader."""

import json
import sys
from pathlib import Path

import av
import c2pa
import pytest

from steadyface.cli.main import main
from steadyface.errors import InputError
from steadyface.provenance.signing import EDITED_BY_AI, Credentials, sign_run
from steadyface.runtime.files import file_sha256
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.writer import write_video


def write(clip: Path, path: Path, frames: int = 3) -> Path:
    write_video(path, read_frames(clip, 0, frames), probe(clip), metadata={"comment": "edited with AI"})
    return path


@pytest.fixture
def make_run(grid_clip, tmp_path):
    """What signing looks at in a finished run."""

    def make(source: Path) -> Path:
        folder = tmp_path / "run"
        folder.mkdir()
        videos = [write(grid_clip, folder / name) for name in ("edited.mp4", "compare.mp4")]
        manifest = {
            "source": str(source), "source_sha256": file_sha256(source), "versions": {"steadyface": "1.2"},
            "edits": [{"name": "age", "strength": -0.6}, {"name": "/home/me/mine.safetensors", "strength": 1.0}],
            "preset": {"name": "fast"}, "outputs": {path.name: file_sha256(path) for path in videos},
        }  # fmt: skip
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return folder

    return make


def read(path: Path) -> dict:
    with c2pa.Reader(str(path)) as reader:
        return json.loads(reader.json())


def actions_of(found: dict) -> list[dict]:
    active = found["manifests"][found["active_manifest"]]
    return next(each["data"]["actions"] for each in active["assertions"] if each["label"].startswith("c2pa.actions"))


@pytest.mark.parametrize("kind", ["es256", "es384", "ed25519", "ps256"])
def test_a_result_says_who_signed_and_what_was_done(make_credentials, make_run, grid_clip, kind):
    folder = make_run(grid_clip)
    signed = sign_run(folder, Credentials.read(*make_credentials(kind)))
    assert signed == [folder / "edited.mp4", folder / "compare.mp4"]
    found = read(folder / "edited.mp4")
    assert found["validation_state"] == "Valid"
    active = found["manifests"][found["active_manifest"]]
    assert active["signature_info"]["common_name"] == "signer"
    created, edited = actions_of(found)
    assert created == {"action": "c2pa.created", "digitalSourceType": EDITED_BY_AI}  # C2PA doesn't know .mpg
    assert edited["softwareAgent"] == {"name": "steadyface", "version": "1.2"}
    assert edited["description"] == "A face was edited with AI: age -0.6, mine 1"
    assert edited["parameters"]["steadyface.preset"] == "fast"
    with av.open(str(folder / "edited.mp4")) as container:
        assert container.metadata["comment"] == "edited with AI"
    assert len(list(read_frames(folder / "edited.mp4"))) == 3


def test_the_input_s_own_credentials_are_kept(make_credentials, make_run, grid_clip, tmp_path):
    credentials = Credentials.read(*make_credentials())
    source = write(grid_clip, tmp_path / "talk.mp4", 5)
    folder = make_run(source)
    sign_run(folder, credentials)
    found = read(folder / "edited.mp4")
    (ingredient,) = found["manifests"][found["active_manifest"]]["ingredients"]
    assert (ingredient["title"], ingredient["relationship"]) == ("talk.mp4", "parentOf")
    assert [action["action"] for action in actions_of(found)] == ["c2pa.opened", "c2pa.edited"]
    assert found["validation_state"] == "Valid"


def test_a_changed_video_shows(make_credentials, make_run, grid_clip):
    folder = make_run(grid_clip)
    sign_run(folder, Credentials.read(*make_credentials()))
    content = bytearray((folder / "edited.mp4").read_bytes())
    content[-2000] ^= 1
    (folder / "edited.mp4").write_bytes(content)
    assert read(folder / "edited.mp4")["validation_state"] == "Invalid"


def test_signed_once_the_run_stays_finished(make_credentials, make_run, grid_clip):
    folder, credentials = make_run(grid_clip), Credentials.read(*make_credentials())
    sign_run(folder, credentials)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["outputs"] == manifest["signed"]
    assert manifest["outputs"] == {path.name: file_sha256(path) for path in folder.glob("*.mp4")}
    sign_run(folder, credentials)
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8")) == manifest
    assert sorted(path.name for path in folder.iterdir()) == ["compare.mp4", "edited.mp4", "manifest.json"]


def test_a_video_that_is_not_the_run_s_is_not_signed(make_credentials, make_run, grid_clip):
    folder = make_run(grid_clip)
    with (folder / "compare.mp4").open("ab") as file:
        file.write(b"more")
    with pytest.raises(InputError, match=r"compare.mp4 is not as the run wrote it"):
        sign_run(folder, Credentials.read(*make_credentials()))


def test_what_cannot_be_signed_with(make_credentials, tmp_path):
    (chain, key), (other, _) = make_credentials(), make_credentials("ed25519")
    junk = tmp_path / "junk"
    junk.write_text("junk", encoding="utf-8")
    for pair, said in (
        ((tmp_path / "missing", key), "missing: can't be read"),
        ((junk, key), "junk is not a certificate"),
        ((chain, junk), "junk is not a private key"),
        ((other, key), "is not the key of the first certificate"),
        (make_credentials("k1"), "C2PA signs with keys of the kinds"),
    ):
        with pytest.raises(InputError, match=said):
            Credentials.read(*pair)


def test_a_certificate_that_c2pa_refuses_is_one_line_and_changes_nothing(make_credentials, make_run, grid_clip):
    _, key = make_credentials()
    folder = make_run(grid_clip)
    before = file_sha256(folder / "edited.mp4")
    credentials = Credentials(b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", key.read_bytes(), b"es256")
    with pytest.raises(InputError, match="can't be signed") as caught:
        sign_run(folder, credentials)
    assert "\n" not in str(caught.value)
    assert file_sha256(folder / "edited.mp4") == before


def test_without_the_extra_it_is_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "c2pa", None)
    for command in (
        ["sign", str(tmp_path), "--cert", "a", "--key", "b"],
        ["edit", "a.mp4", "--edit", "smile", "--out", str(tmp_path / "out"), "--c2pa-cert", "a", "--c2pa-key", "b"],
    ):
        assert main(command) == 2
        said = capsys.readouterr().err
        assert "pip install 'steadyface[provenance]'" in said
        assert said.count("\n") == 1


def test_the_command(make_credentials, make_run, grid_clip, capsys, tmp_path):
    chain, key = make_credentials()
    folder = make_run(grid_clip)
    assert main(["sign", str(folder), "--cert", str(chain), "--key", str(key)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"signed   {folder / 'edited.mp4'}"
    assert main(["sign", str(tmp_path), "--cert", str(chain), "--key", str(key)]) == 2
    assert "is not a finished run" in capsys.readouterr().err
    assert main(["edit", "a.mp4", "--edit", "smile", "--out", str(tmp_path / "out"), "--c2pa-key", str(key)]) == 2
    assert "go together" in capsys.readouterr().err
