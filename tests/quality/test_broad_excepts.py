"""Where may code catch every exception? Only where somebody else's code meets ours, and says so."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BROAD = {"Exception", "BaseException"}

# File -> why a broad `except` belongs there. A new line here is a decision, not a convenience.
ALLOWED = {
    "refdesk/app.py": "a background loop survives one bad round, and says so",
    "refdesk/core/hosting/deadlines.py": "what is thrown into a coroutine is handed on to it",
    "refdesk/core/outbox/sending.py": "an adapter may raise anything; its message is unknown then",
    "refdesk/core/hosting/plugin_calls.py": "a plugin may raise anything; it costs its own answer",
    "refdesk/core/hosting/plugin_loading.py": "a plugin that fails to import is quarantined",
    "refdesk/core/hosting/plugin_registry.py": "a plugin that fails at start is named by the error",
    "refdesk/core/hosting/plugin_resources.py": "what opening raises is handed to who waits",
    "refdesk/core/hosting/plugin_threads.py": "what a thread raises is handed to the one who waits",
    "refdesk/core/turns/turns.py": "a message that fails is apologised for; those behind it go on",
    "refdesk/core/web/server.py": "the border of HTTP: the visitor gets a plain refusal",
    "refdesk/storage/postgresql/readers.py": "as in refdesk/storage/writer.py, for reading",
    "refdesk/storage/writer.py": "the error of a unit of work is handed to whoever waits for it",
}


@pytest.mark.parametrize(
    "file",
    [str(file.relative_to(ROOT)) for file in sorted((ROOT / "refdesk").rglob("*.py"))],
)
def test_every_exception_is_caught_only_where_a_reason_is_given(file: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    lines = [node.lineno for node in ast.walk(tree) if _catches_everything(node)]
    if file in ALLOWED:
        assert lines, f"{file} catches nothing broad any more: take it off the list"
    else:
        assert not lines, f"{file} catches every exception in lines {lines}"


def test_the_list_names_only_files_that_exist() -> None:
    assert [file for file in ALLOWED if not (ROOT / file).exists()] == []


def _catches_everything(node: ast.AST) -> bool:
    """Whether it is a broad `except` or `suppress` that does not raise again at its end."""
    if isinstance(node, ast.ExceptHandler):
        broad = node.type is None or bool(BROAD & set(_names(node.type)))
        return broad and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)
    if isinstance(node, ast.Call) and "suppress" in _names(node.func):
        return any(BROAD & set(_names(argument)) for argument in node.args)
    return False


def _names(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr
