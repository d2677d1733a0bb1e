"""What the documentation tells users to type exists, and its examples run."""

import re
import shlex
from pathlib import Path

import pytest

from steadyface.cli.main import build_parser

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"^    (steadyface .*?)(?: +#.*)?$", re.MULTILINE)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    return [line for page in PAGES for line in COMMAND.findall(page.read_text(encoding="utf-8"))]


def test_there_are_commands_to_check() -> None:
    assert len(commands()) > 10


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_commands_are_understood(line: str) -> None:
    assert callable(build_parser().parse_args(shlex.split(line)[1:]).run)


def test_the_example_of_an_edit_makes_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from steadyface.editing.catalogue import Request, load

    (example,) = PYTHON.findall((ROOT / "docs" / "adding-an-edit.md").read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "adding-an-edit.md", "exec"), {})
    assert load(Request("calm.safetensors", 0.8)).card.description == "looks calm"


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
