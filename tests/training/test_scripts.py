"""The scripts of `training/` and `benchmarks/` fit the package: they import, and say what they take."""

import importlib.util
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest
import torch

from steadyface.clip.folder import to_image, to_tensor
from steadyface.editing.catalogue import STYLES
from steadyface.editing.style import Style
from steadyface.errors import InputError
from steadyface.faces.mask import PersonMask
from steadyface.gan.base import sample_codes, synthesise
from steadyface.gan.load import load_generator
from steadyface.inversion.psp_network import Kind, PspNetwork, Shape

ROOT = Path(__file__).resolve().parents[2]
PLACES = (ROOT / "training", ROOT / "benchmarks")
SCRIPTS = [
    path for place in PLACES for path in sorted(place.glob("*.py")) if "__main__" in path.read_text(encoding="utf-8")
]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], ModuleType]:
    """Import a script, with those that lie beside it."""

    def loaded(path: Path) -> ModuleType:
        monkeypatch.syspath_prepend(str(path.parent))
        spec = importlib.util.spec_from_file_location(f"script_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        script = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, script)  # dataclasses look themselves up
        spec.loader.exec_module(script)
        return script

    return loaded


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_script_says_what_it_takes(path: Path, load, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", [path.name, "--help"])
    with pytest.raises(SystemExit) as left:
        load(path).main()
    assert left.value.code == 0
    assert "usage:" in capsys.readouterr().out


@torch.no_grad()
def test_styles_that_ship_draw_what_their_filters_draw_and_leave_walls_alone(load) -> None:
    lessons, find = load(ROOT / "training" / "train_styles.py").LESSONS, PersonMask.load()
    plain = load_generator("mobile-ffhq-256")
    ws = torch.cat(sample_codes(plain, 4, seed=5))
    photographs = synthesise(plain, ws)
    images = [to_image(each) for each in photographs]
    persons = torch.stack([torch.from_numpy(find.find(image)) for image in images])
    wall = persons[:, None].expand_as(photographs) < 0.05
    assert {path.stem for path in STYLES.glob("*.safetensors")} == set(lessons)
    for name, lesson in lessons.items():
        goal = torch.cat([to_tensor(lesson.goal(image, find)) for image in images])
        styled = synthesise(Style.load(STYLES / f"{name}.safetensors")(plain), ws)
        assert (styled - goal).abs().mean() < 0.85 * (photographs - goal).abs().mean(), name
        if lesson.person_only:
            repainted = torch.cat([to_tensor(lesson.draw(image)) for image in images])
            here, by_filter = ((each - photographs).abs()[wall].mean() for each in (styled, repainted))
            assert here < 0.5 * by_filter, name


@torch.no_grad()
@pytest.mark.parametrize(("kind", "rows"), [("restyle-e4e", 1), ("restyle-psp", 3)])
def test_restyle_adds_a_part_of_what_its_two_copies_read_apart(kind: Kind, rows: int, load) -> None:
    script = load(ROOT / "training" / "train_psp.py")
    torch.manual_seed(0)
    single = PspNetwork(Shape(kind, rows, width=16, w_dim=12, head=10, side=64))
    for module in single.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # all of the statistics of one batch: with none, little of a picture comes through
    single(torch.rand(4, 6, 64, 64))
    single.eval()
    picture, shown = torch.rand(2, 1, 3, 64, 64)
    first, second = (single(script.alone(each, single.shape)) for each in (picture, shown))
    added = script.twins(single)(torch.cat([picture, shown], dim=1))
    torch.testing.assert_close(added, script.STEP * (first - second), rtol=1e-3, atol=1e-3 * float(added.std()))
    assert added.std() > 0.01 * first.std()


def test_a_face_in_other_colours_goes_to_the_lesson_beside_its_own_code(load) -> None:
    faces = load(ROOT / "training" / "psp_faces.py")
    views = torch.randint(40, 216, (3, faces.VIEWS, 3, faces.SIDE, faces.SIDE), dtype=torch.uint8)

    def mean_colours(images: torch.Tensor) -> torch.Tensor:
        return images.mean((2, 3))

    read = faces.read(mean_colours, views, first=0)
    assert read["ws"].shape == (3, faces.RECOLOURED, 3)
    torch.testing.assert_close(read["views"][:, 0], views[:, 0])
    seen = read["views"].flatten(0, 1).float() / 127.5 - 1
    torch.testing.assert_close(read["ws"].flatten(0, 1), mean_colours(seen), atol=0.02, rtol=0)
    assert (read["ws"][:, 1:] - read["ws"][:, :1]).abs().mean() > 0.05
    again = faces.read(mean_colours, views, first=0)
    torch.testing.assert_close(again["views"], read["views"])


def test_calls_that_fill_the_tables_beside_each_other_lose_nothing(load, tmp_path: Path) -> None:
    script = load(ROOT / "benchmarks" / "paper_tables.py")
    finished = script.cells_of(ROOT / "docs" / "tables" / "tables.json", "0:16")
    metrics = finished["independent"][script.IN_DOMAIN]["direct"]["grid_sbia1a smile"]
    runs = [f"clip{number} smile" for number in range(12)]

    def fill(run: str) -> None:
        script.put(tmp_path, "0:16", "joint", run, {"direct": metrics}, script.IN_DOMAIN)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(fill, runs))
    cells = script.cells_of(tmp_path / "tables.json", "0:16")
    assert sorted(cells["joint"][script.IN_DOMAIN]["direct"]) == sorted(runs)
    assert "clip7 smile" in (tmp_path / "tables.md").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="frames 0:16, not 0:8"):
        script.put(tmp_path, "0:8", "joint", "clip smile", {"direct": metrics}, script.IN_DOMAIN)


def test_a_table_shows_the_direct_edit_on_both_inversions_where_there_are_both(load) -> None:
    script = load(ROOT / "benchmarks" / "paper_tables.py")
    runs = script.cells_of(ROOT / "docs" / "tables" / "tables.json", "0:16")["independent"][script.IN_DOMAIN]["direct"]
    both = {name: {script.IN_DOMAIN: {"direct": runs}} for name in ("joint", "independent")}
    less = {"grid_sbia1a smile": runs["grid_sbia1a smile"]}
    text = script.written(both | {"independent": {script.IN_DOMAIN: {"direct": runs, "default": less}}}, "0:16")
    joint, independent = text.split("## independent inversion")
    assert joint.count("| direct, independent |") == 1
    assert independent.count("| direct, joint |") == 2  # over all runs, and over the one that has two methods
    rows = [line.split("|")[2:5] for line in text.splitlines() if line.startswith("| direct")]
    assert len({tuple(figures) for figures in rows[:2]}) == 1  # the same runs here, the same figures
    both["joint"][script.IN_DOMAIN]["direct"] = less
    assert script.written(both, "0:16").count("| direct, joint |") == 0


def test_runs_are_shown_one_by_one_with_gaps_where_there_is_none(load) -> None:
    script = load(ROOT / "benchmarks" / "paper_tables.py")
    made = script.cells_of(ROOT / "docs" / "tables" / "tables.json", "0:16")["independent"][script.IN_DOMAIN]
    first, second = "grid_sbia1a age", "grid_sbia1a smile"
    by_method = {
        "smooth": {second: made["smooth"][second]},
        "direct": {run: made["direct"][run] for run in (first, second)},
    }
    title, text = script.one_by_one("E / E(direct)", "to_direct", by_method)
    assert title.startswith("### E / E(direct)")
    head, _, *rows = [[each.strip() for each in line.strip("|").split("|")] for line in text.splitlines()]
    assert head == ["clip and edit", "direct", "smooth"]
    assert [row[:2] for row in rows] == [[first, "1.00"], [second, "1.00"]]
    errors = [made[method][second]["warping_error"]["1"]["edited"] for method in ("smooth", "direct")]
    assert rows[0][2] == "-"
    assert float(rows[1][2]) == pytest.approx(errors[0] / errors[1], abs=0.006)
    assert (
        script.one_by_one("Strength kept", "kept", {"direct": {"a": {**made["direct"][first], "attributes": []}}}) == []
    )


def test_a_frown_is_told_from_a_face_that_is_nearer_or_elsewhere(load) -> None:
    shape_of = load(ROOT / "training" / "train_anger.py").shape_of
    points = torch.rand(68, 2, generator=torch.Generator().manual_seed(0))
    plain = shape_of(points)
    torch.testing.assert_close(shape_of(2 * points + torch.tensor([0.1, -0.3])), plain)
    apart = (points[36:42].mean(0) - points[42:48].mean(0)).norm()
    frowning = points.clone()
    frowning[17:27, 1] += 0.1 * apart  # y goes down
    torch.testing.assert_close(shape_of(frowning) - plain, torch.tensor([-0.1, -0.1, 0, 0, 0, 0]), atol=1e-6, rtol=0)
    frowning[[48, 54], 1] += 0.2 * apart
    torch.testing.assert_close((shape_of(frowning) - plain)[2:], torch.tensor([-0.2, 0, 0, 0]), atol=1e-6, rtol=0)
    frowning[65:68, 1] += 0.3 * apart
    assert float((shape_of(frowning) - plain)[3]) == pytest.approx(0.3, abs=1e-5)


def test_the_picture_of_the_stages_is_that_of_the_list(load) -> None:
    drawn = load(ROOT / "benchmarks" / "stage_picture.py").drawn()
    assert (ROOT / "docs" / "stages.svg").read_text(encoding="utf-8") == drawn
