"""How does the first version of a plugin come about? (`refdesk plugins new NAME`)"""

import re
from importlib.metadata import EntryPoint
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from refdesk.core.hosting.plugin_checking import GROUP
from refdesk.core.hosting.plugin_names import taken_name
from refdesk.errors import DataError

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FILES = {
    "pyproject.toml": """\
[project]
name = "refdesk-$dashed"
version = "0.1.0"
description = "A plugin for refdesk"
requires-python = ">=3.11"
dependencies = ["refdesk", "pydantic"]

[project.entry-points."refdesk.plugins"]
$name = "refdesk_$name"

[dependency-groups]
dev = ["pytest", "pytest-asyncio"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.pytest.ini_options]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
pythonpath = ["."]
""",
    "README.md": """\
# refdesk-$dashed

> **Reader:** What is $word?
>
> **refdesk:** $word is a plugin of this library.

```sh
pip install -e .          # in the environment that refdesk runs in
refdesk plugins check .
pytest
```
""",
    "refdesk_$name/__init__.py": '''\
"""Answers "what is $word?" (Put here which question your plugin answers.)"""

from pydantic import BaseModel, ConfigDict, Field

from refdesk import Offer, PluginContext, Question, hookimpl

ANSWER = {"en": "$word is a plugin of {library}.", "zh": "$word 是{library}的插件。"}


class Settings(BaseModel):
    """Section `[plugins.$name]`."""

    model_config = ConfigDict(extra="forbid")

    confidence: float = Field(0.9, ge=0, le=1, description="How sure the answer is.")


@hookimpl
def register_settings() -> type[BaseModel]:
    """Bring the section `[plugins.$name]`."""
    return Settings


@hookimpl
async def answer_question(question: Question, context: PluginContext) -> Offer | None:
    """Offer an answer when the question is about $word."""
    if not question.mentions("$word"):
        return None
    text = ANSWER[question.language].format(library=context.library_name)
    return Offer(text, context.settings(Settings).confidence, source="$word")
''',
    "tests/test_$name.py": '''\
"""Does a reader get the answer?"""

import refdesk_$name

from refdesk.testing import MakeLibrary


async def test_the_question_is_answered(library: MakeLibrary) -> None:
    assert "is a plugin of" in await library(refdesk_$name).ask("What is $word?")


async def test_the_question_is_answered_in_chinese(library: MakeLibrary) -> None:
    assert "的插件" in await library(refdesk_$name).ask("$word是什么？")


async def test_other_questions_are_left_to_others(library: MakeLibrary) -> None:
    assert "is a plugin of" not in await library(refdesk_$name).ask("Where is the toilet?")
''',
}


def new(
    name: Annotated[str, typer.Argument(help="Small letters, digits and _: opening_hours.")],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where to put it; else ./refdesk-NAME.")
    ] = None,
) -> None:
    """Write a small working plugin with a test, ready to be installed and changed."""
    if not _NAME.fullmatch(name):
        raise typer.BadParameter("a name has small letters, digits and _, and begins with a letter")
    distribution = f"refdesk-{name.replace('_', '-')}"
    point = EntryPoint(name, f"refdesk_{name}", GROUP)
    owner = taken_name(GROUP, point, distribution)
    if owner is not None:
        raise DataError(f"{owner} has a plugin {name!r} already: take another name.")
    place = folder or Path(distribution)
    if place.exists():
        raise DataError(f"{place} exists already. Nothing was changed.")
    words = {"name": name, "dashed": name.replace("_", "-"), "word": name.replace("_", " ")}
    try:
        for path, text in _FILES.items():
            file = place / Template(path).substitute(words)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(Template(text).substitute(words), "utf-8")
    except OSError as error:
        raise DataError(f"{place} cannot be written: {error.strerror}.") from error
    typer.echo(f"Created {place}. Next: refdesk plugins check {place}, pip install -e {place}.")
