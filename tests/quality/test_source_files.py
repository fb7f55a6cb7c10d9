"""Are the source files small, introduced and named by what they are about?"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "refdesk").rglob("*.py"))
CEILING = 400
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
EMPTY_ENDINGS = ("_utils", "_util", "_helpers", "_helper", "_manager")

every_source = pytest.mark.parametrize(
    "file", SOURCES, ids=[str(file.relative_to(ROOT)) for file in SOURCES]
)


@every_source
def test_a_source_file_stays_below_the_ceiling(file: Path) -> None:
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= CEILING, f"{file.name} has {lines} lines: which two questions does it answer?"


@every_source
def test_the_first_line_of_a_source_file_says_which_question_it_answers(file: Path) -> None:
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    first_line = docstring.partition("\n")[0]
    assert len(first_line.split()) >= 3, f"first line: {first_line!r}"


@every_source
def test_no_file_or_folder_has_a_name_that_says_nothing(file: Path) -> None:
    names = [part.removesuffix(".py").strip("_") for part in file.relative_to(ROOT).parts]
    assert [name for name in names if name in EMPTY_NAMES or name.endswith(EMPTY_ENDINGS)] == []
