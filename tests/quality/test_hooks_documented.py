"""Is every hook explained, shown and tested?"""

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
def test_a_hook_has_a_test_named_for_it(hook: str) -> None:
    named = re.compile(rf"def test_\w*{hook}\w*\(")
    tests = (file for file in (ROOT / "tests").rglob("test_*.py") if file != Path(__file__))
    assert any(named.search(file.read_text(encoding="utf-8")) for file in tests)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_built_in_plugin_uses_the_hook(hook: str) -> None:
    implements = re.compile(rf"^(async )?def {hook}\(", re.MULTILINE)
    sources = (ROOT / "refdesk/plugins").rglob("*.py")
    assert any(implements.search(file.read_text(encoding="utf-8")) for file in sources)
