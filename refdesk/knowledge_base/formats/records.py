"""How does a record of a file become an entry, and an entry a record?

A record maps the names of fields (docs/reference/entries.md) to values as a file holds them.
Spreadsheets and Markdown have only text, so lists and numbers are also read from text.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from refdesk.errors import EntryError
from refdesk.knowledge_base.entries import Entry, make_entry

FIELDS = (
    "_id", "title", "text", "variants", "short_answer", "language", "translation_of", "level",
    "tags", "source", "valid_until", "kind",
)  # fmt: skip
LISTS = ("variants", "tags")
_SEPARATORS = re.compile(r"[;；|]")
_WHOLE_NUMBER = re.compile(r"[+-]?\d{1,9}(\.0+)?")


@dataclass(frozen=True, slots=True)
class Record:
    """What a file says about one entry, and where: `line` 1 is the first."""

    file: str
    line: int | None
    values: Mapping[str, Any] = field(repr=False)


def entry_from(values: Mapping[str, Any]) -> Entry:
    """Return the checked entry of a record; keys that are no fields are passed over.

    Raises `EntryError` with a sentence that names the field.
    """
    identity = _text(values, "_id").strip()
    if not identity:
        raise EntryError("_id is missing; give each entry a name of its own")
    return make_entry(
        identity,
        _text(values, "title"),
        _text(values, "text"),
        kind=_text(values, "kind").strip().lower() or None,
        language=_text(values, "language").strip() or None,
        short_answer=_text(values, "short_answer"),
        translation_of=_text(values, "translation_of"),
        level=_level(values.get("level")),
        source=_text(values, "source"),
        valid_until=_day(values.get("valid_until")),
        tags=_list(values, "tags"),
        variants=_list(values, "variants"),
    )


def values_of(entry: Entry) -> dict[str, Any]:
    """Return an entry's record; fields at their defaults are left out, guessed ones are not."""
    values: dict[str, Any] = {
        "_id": entry.id,
        "title": entry.title,
        "text": entry.text,
        "variants": list(entry.variants),
        "short_answer": entry.short_answer,
        "language": entry.language,
        "translation_of": entry.translation_of,
        "level": entry.level,
        "tags": list(entry.tags),
        "source": entry.source,
        "valid_until": entry.valid_until.isoformat() if entry.valid_until else None,
        "kind": entry.kind,
    }
    return {name: value for name, value in values.items() if value}


def list_to_text(values: list[str]) -> str:
    """Return a list as the text of one cell: an item a line, JSON where that would be misread."""
    if len(values) == 1 and (_SEPARATORS.search(values[0]) or values[0].startswith("[")):
        return json.dumps(values, ensure_ascii=False)
    return "\n".join(values)


def text_to_list(text: str) -> list[str]:
    """Return the items of a cell: lines, a JSON list, or what semicolons and bars part."""
    text = text.strip()
    if "\n" in text:
        return text.split("\n")
    if text.startswith("["):
        try:
            items = json.loads(text)
        except (ValueError, RecursionError):
            items = None
        if isinstance(items, list):
            return [str(item) for item in items]
    return _SEPARATORS.split(text)


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(int(value)) if value == value // 1 else str(value)
    raise EntryError(f"{name} must be a text")


def _level(value: Any) -> int:
    if value is None or value == "":
        return 0
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value.strip()):
        return int(float(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise EntryError("level must be a whole number from 0 (public) to 5 (administrator)")


def _day(value: Any) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip()[:10])
        except ValueError:
            pass
    raise EntryError("valid_until must be a day such as 2026-12-31")


def _list(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = values.get(name)
    if value is None:
        return ()
    items = text_to_list(value) if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise EntryError(f"{name} must be a list of texts")
    return tuple(items)
