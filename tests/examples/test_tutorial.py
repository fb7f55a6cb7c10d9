"""Does the tutorial show the files of the example as they are?"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs/tutorial/first-plugin.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```\n", TUTORIAL, re.DOTALL)


def test_the_tutorial_shows_files() -> None:
    assert len(SHOWN) == 3


@pytest.mark.parametrize(("name", "text"), SHOWN, ids=[name for name, _text in SHOWN])
def test_a_file_is_shown_as_it_is(name: str, text: str) -> None:
    assert text == (ROOT / name).read_text(encoding="utf-8")
