"""How are entries read from and written to CSV?"""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from refdesk.errors import ImportFileError
from refdesk.knowledge_base.entries import Entry
from refdesk.knowledge_base.formats.columns import fields_of, record_values, row_of
from refdesk.knowledge_base.formats.records import FIELDS, Record
from refdesk.knowledge_base.formats.text_files import read_text

LARGEST_CELL = 1024 * 1024


def read_csv(path: Path) -> Iterator[Record]:
    """Yield a record a row; comma, semicolon or tab is seen from the first line."""
    name, text = str(path), read_text(path)
    rows = _rows(text, name)
    line, header = next(rows, (1, []))
    if not any(cell.strip() for cell in header):
        raise ImportFileError(name, 1, "the first line must name the columns")
    fields = fields_of(header, name, line)
    for number, cells in rows:
        if any(cell.strip() for cell in cells):
            yield Record(name, number, record_values(fields, cells))


def write_csv(path: Path, entries: Iterable[Entry]) -> None:
    """Write a table in UTF-8 with the mark that makes spreadsheet programs read it as such."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        for entry in entries:
            writer.writerow(row_of(entry))


def _rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line of its beginning, cells) for each row."""
    first_line = text.split("\n", 1)[0]
    delimiter = max((",", ";", "\t"), key=first_line.count)
    before = csv.field_size_limit(LARGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begin = 1
    try:
        for cells in reader:
            yield begin, cells
            begin = reader.line_num + 1
    except csv.Error:
        raise ImportFileError(
            name, begin, "the row that begins here is broken; is a quotation mark not closed?"
        ) from None
    finally:
        csv.field_size_limit(before)
