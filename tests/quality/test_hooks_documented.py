"""Is every hook explained, shown and tested?"""

import ast
import inspect
import re
from pathlib import Path

import pytest

from refdesk.core import hookspecs

ROOT = Path(__file__).parents[2]
HOOKS = sorted(
    name
    for name, function in inspect.getmembers(hookspecs, inspect.isfunction)
    if hasattr(function, f"{hookspecs.PROJECT}_spec")
)

# Where no built-in plugin has an honest use yet, a whole example with tests of its own has.
USED_BY_AN_EXAMPLE = {
    "register_dialogues": "examples/room_booking",
    "register_effects": "examples/room_booking",
    "register_reminders": "examples/room_booking",
}


def test_there_are_hooks() -> None:
    assert "answer_question" in HOOKS


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_says_what_several_implementations_mean(hook: str) -> None:
    docstring = " ".join((inspect.getdoc(getattr(hookspecs, hook)) or "").split())
    assert "If several plugins implement this" in docstring


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_its_place_in_the_reference(hook: str) -> None:
    reference = (ROOT / "docs/reference/hooks.md").read_text(encoding="utf-8")
    assert re.search(rf"^#+ .*\b{hook}\b", reference, re.MULTILINE)


@pytest.mark.parametrize("hook", HOOKS)
def test_the_reference_shows_the_signature_of_a_hook(hook: str) -> None:
    specification = ast.parse(inspect.getsource(getattr(hookspecs, hook))).body[0]
    assert isinstance(specification, ast.FunctionDef | ast.AsyncFunctionDef)
    specification.decorator_list = []
    specification.body = [ast.Pass()]
    signature = ast.unparse(specification).split(":\n")[0]
    reference = (ROOT / "docs/reference/hooks.md").read_text(encoding="utf-8")
    assert f"```py\n{signature}\n```" in reference


@pytest.mark.parametrize("hook", HOOKS)
def test_the_reference_says_what_several_implementations_mean(hook: str) -> None:
    reference = (ROOT / "docs/reference/hooks.md").read_text(encoding="utf-8")
    section = reference.partition(f"\n## {hook}\n")[2].partition("\n## ")[0]
    assert "If several plugins implement this, " in section


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_a_test_named_for_it(hook: str) -> None:
    named = re.compile(rf"def test_\w*{hook}\w*\(")
    tests = (file for file in (ROOT / "tests").rglob("test_*.py") if file != Path(__file__))
    assert any(named.search(file.read_text(encoding="utf-8")) for file in tests)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_built_in_plugin_uses_the_hook(hook: str) -> None:
    implements = re.compile(rf"^(async )?def {hook}\(", re.MULTILINE)
    home = USED_BY_AN_EXAMPLE.get(hook, "refdesk/plugins")
    sources = (ROOT / home).rglob("*.py")
    assert any(implements.search(file.read_text(encoding="utf-8")) for file in sources)
