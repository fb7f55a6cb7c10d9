"""Does the reference of entries name every field and every heading that an import understands?"""

import json
import re
from pathlib import Path

from refdesk.knowledge_base.formats.columns import _FRIENDLY
from refdesk.knowledge_base.formats.reading import _READERS
from refdesk.knowledge_base.formats.records import FIELDS, entry_from

TEXT = (Path(__file__).parents[2] / "docs/reference/entries.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)` \| ([^|]+)", TEXT, re.MULTILINE)


def test_every_field_is_explained() -> None:
    assert set(FIELDS) - {name for name, _meaning in ROWS} == set()


def test_every_heading_of_a_column_is_named() -> None:
    headings = {name: words.strip() for name, words in ROWS if words.strip() == _FRIENDLY.get(name)}
    assert headings == _FRIENDLY


def test_every_suffix_is_named() -> None:
    assert [suffix for suffix in _READERS if f"`{suffix}`" not in TEXT] == []


def test_the_example_is_an_entry() -> None:
    example = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)[0]
    assert entry_from(json.loads(example)).kind == "faq"
