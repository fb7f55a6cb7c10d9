"""How are entries read from and written to JSON Lines?"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from refdesk.errors import ImportFileError
from refdesk.knowledge_base.entries import Entry
from refdesk.knowledge_base.formats.records import Record, values_of
from refdesk.knowledge_base.formats.text_files import read_text

LONGEST_LINE = 1024 * 1024


def read_json_lines(path: Path) -> Iterator[Record]:
    """Yield one record a line; empty lines are passed over."""
    name = str(path)
    # Not splitlines(): JSON strings may hold other line separators.
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if len(line) > LONGEST_LINE:
            raise ImportFileError(name, number, "the line is longer than 1 MiB")
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            raise ImportFileError(
                name, number, "this is not a JSON object; is the line cut off?"
            ) from None
        if not isinstance(values, dict):
            raise ImportFileError(name, number, "a JSON object in braces is expected")
        yield Record(name, number, values)


def write_json_lines(path: Path, entries: Iterable[Entry]) -> None:
    """Write one entry a line in UTF-8."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for entry in entries:
            json.dump(values_of(entry), file, ensure_ascii=False)
            file.write("\n")
