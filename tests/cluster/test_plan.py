"""Jobs from tables and folders."""

from dataclasses import replace

import pytest

from steadyface.cluster.plan import read_plan
from steadyface.editing.catalogue import Request
from steadyface.errors import InputError


@pytest.fixture
def table(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "jobs.csv"
        path.write_text(text, encoding=encoding)
        return path

    return write


def test_a_table(table, like, tmp_path):
    header = "input,edit,preset,frames,face,seed,out\n"
    rows = header + "clips/a.mp4, eyeglasses\nb.mov,age:-0.8 + smile,fast,0:25,2,7,done/b\n,,\n"
    first, second = read_plan(table(rows), (), replace(like, preset="paper", seed=3), tmp_path / "out")
    assert (first.name, first.out) == ("a_eyeglasses", tmp_path / "out" / "a_eyeglasses")
    assert first.job == replace(
        like, source=tmp_path / "clips" / "a.mp4", edits=(Request("eyeglasses"),), preset="paper", seed=3
    )
    assert (second.name, second.out) == ("../done/b", tmp_path / "done" / "b")
    assert second.job == replace(
        like, source=tmp_path / "b.mov", edits=(Request("age", -0.8), Request("smile")), preset="fast",
        frames=(0, 25), face=2, seed=7,
    )  # fmt: skip


def test_a_spreadsheet_s_mark_is_no_part_of_the_header(table, like, tmp_path):
    (job,) = read_plan(table("input,edit\na.mp4,smile\n", "utf-8-sig"), (), like, tmp_path)
    assert job.job.source == tmp_path / "a.mp4"


def test_an_edit_that_is_a_file_lies_beside_the_table(table, like, tmp_path, monkeypatch):
    with pytest.raises(InputError, match=f"unknown edit '{tmp_path}/mine.safetensors'"):
        read_plan(table("input,edit\na.mp4,mine.safetensors:0.5\n"), (), like, tmp_path)


def test_a_folder_times_edits(like, tmp_path):
    for name in ("b.mp4", "a.MOV", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "c.mp4").mkdir()
    plan = read_plan(tmp_path, ["smile", "age:0.6"], like, tmp_path / "out")
    assert [job.name for job in plan] == ["a_smile", "a_age+0.6", "b_smile", "b_age+0.6"]
    assert [job.job.source.name for job in plan] == ["a.MOV", "a.MOV", "b.mp4", "b.mp4"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("input,edit\na.mp4,grin\n", "line 2: unknown edit 'grin'"),
        ("input,edit\na.mp4,smile\na.mp4,smile:9\n", "line 3: the strength of --edit smile:9 is outside"),
        ("input,edit,preset\na.mp4,smile,slow\n", "line 2: unknown preset 'slow'"),
        ("input,edit,model\na.mp4,smile,nobody\n", "line 2: unknown model 'nobody'"),
        ("input,edit,inversion\na.mp4,smile,none\n", "line 2: unknown inversion 'none'"),
        ("input,edit,frames\na.mp4,smile,7\n", "line 2: '7' is not a range of frames"),
        ("input,edit,seed\na.mp4,smile,x\n", "line 2: seed 'x' is not a whole number"),
        ("input,edit,face\na.mp4,smile,0\n", "line 2: --face 0"),
        ("input,edit\n,smile\n", "line 2: the cell `input` is empty"),
        ("input,edit\na.mp4,\n", "line 2: the cell `edit` is empty"),
        ("input,edit\na.mp4,smile,fast\n", "line 2: there are more cells"),
        ("input,edits\na.mp4,smile\n", "unknown column 'edits'; the columns are input, edit, out"),
        ("input\na.mp4\n", "no column 'edit'"),
        ("input,edit\n", "no jobs below the header"),
        ("", "no column 'input'"),
        ("input,edit\na.mp4,smile\nb/a.mp4,smile\n", "would both write into .*a_smile"),
    ],
)
def test_what_is_wrong_with_a_table(table, like, tmp_path, rows, said):
    with pytest.raises(InputError, match=said):
        read_plan(table(rows), (), like, tmp_path / "out")


def test_what_is_no_table(like, tmp_path):
    (tmp_path / "video.mp4").write_bytes(bytes(range(256)))
    (tmp_path / "empty").mkdir()
    for source, edits, said in (
        ("missing.csv", (), "No such file"),
        ("video.mp4", (), "not a table in UTF-8"),
        ("empty", ("smile",), "no videos"),
        ("empty", (), "say with --edit"),
        ("video.mp4", ("smile",), "--edit is for a folder"),
    ):
        with pytest.raises(InputError, match=said):
            read_plan(tmp_path / source, edits, like, tmp_path / "out")


def test_jobs_of_a_clip_share_its_inversion_unless_they_invert_otherwise(table, like, tmp_path):
    rows = "input,edit,preset,frames,seed,inversion,out\n" + "".join(
        f"{row},{index}\n"
        for index, row in enumerate(
            ["a.mp4,smile,,,,", "a.mp4,age,,,,", "a.mp4,smile,direct,,,", "a.mp4,smile,fast,,,", "a.mp4,smile,stit,,,",
             "a.mp4,smile,,0:9,,", "a.mp4,smile,,,1,", "a.mp4,smile,,,,independent", "b.mp4,smile,,,,"]
        )
    )  # fmt: skip
    clips = [job.clip for job in read_plan(table(rows), (), like, tmp_path)]
    assert clips[0] == clips[1] == clips[2]
    assert len(set(clips)) == 7


def test_a_changed_source_is_another_job(like, tmp_path):
    (tmp_path / "a.mp4").touch()
    (before,) = read_plan(tmp_path, ["smile"], like, tmp_path / "out")
    (same,) = read_plan(tmp_path, ["smile"], like, tmp_path / "out")
    assert before.key == same.key
    (tmp_path / "a.mp4").write_text("longer", encoding="utf-8")
    (other,) = read_plan(tmp_path, ["smile"], like, tmp_path / "out")
    assert before.key != other.key
