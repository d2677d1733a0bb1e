"""The public interface is what `tests/api.txt` says, and the examples on its page run.

A change that is meant: ``python tests/test_api.py`` writes the file anew.
"""

import ast
import dataclasses
import inspect
import re
from pathlib import Path

import torch

import steadyface

ROOT = Path(__file__).resolve().parents[1]
SURFACE = ROOT / "tests" / "api.txt"
EXAMPLE = re.compile(r"^(<!-- runs -->\n)?```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def described(name: str) -> str:
    """A name with its signature, or its fields."""
    thing = getattr(steadyface, name)
    if inspect.isclass(thing) and dataclasses.is_dataclass(thing):
        fields = (f"    {field.name}: {field.type}" for field in dataclasses.fields(thing))
        return "\n".join([f"class {name}", *fields])
    if inspect.isclass(thing):
        members = [key for key in vars(thing) if not key.startswith("_") or key == "__call__"]
        return "\n".join([f"class {name}", *(f"    {key}" for key in members)])
    if inspect.isfunction(thing):
        return re.sub(r"<function <lambda> at \w+>", "a function", f"{name}{inspect.signature(thing)}")
    return f"{name}: {', '.join(thing)}"


def surface() -> str:
    return "\n".join(described(name) for name in steadyface.__all__) + "\n"


def examples() -> list[tuple[bool, str]]:
    return [
        (bool(mark), text) for mark, text in EXAMPLE.findall((ROOT / "docs" / "api.md").read_text(encoding="utf-8"))
    ]


def test_the_surface_is_the_one_that_was_agreed() -> None:
    assert surface() == SURFACE.read_text(encoding="utf-8")


def test_every_name_is_there_and_documented() -> None:
    for name in steadyface.__all__:
        thing = getattr(steadyface, name)
        assert not callable(thing) or inspect.getdoc(thing), name


def test_examples_name_what_there_is() -> None:
    """Their imports are tried, and the arguments that they give to public functions are parameters of these."""
    assert len(examples()) > 4
    for _, text in examples():
        tree = ast.parse(text)
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        exec(compile(ast.Module(imports, []), "api.md", "exec"), {})
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in steadyface.__all__:
                taken = inspect.signature(getattr(steadyface, call.func.id)).parameters
                assert {keyword.arg for keyword in call.keywords} <= taken.keys(), call.func.id


def test_the_method_on_arrays_runs() -> None:
    (text,) = (text for runs, text in examples() if runs)
    torch.manual_seed(0)  # the example draws a person
    names: dict[str, object] = {}
    exec(compile(text, "api.md", "exec"), names)
    changed = names["tuned"].synthesis(names["refined"]) - names["generator"].synthesis(names["edited"])  # type: ignore[attr-defined]
    assert float(changed.abs().max()) > 0
    assert float(changed.abs().mean()) < 0.3


if __name__ == "__main__":
    SURFACE.write_text(surface(), encoding="utf-8")
