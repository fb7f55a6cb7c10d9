"""How are entries read from and written to an Excel workbook?"""

import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree.ElementTree import ParseError

from refdesk.errors import EntryError, ImportFileError
from refdesk.knowledge_base.entries import Entry
from refdesk.knowledge_base.formats.columns import fields_of, record_values, row_of
from refdesk.knowledge_base.formats.records import FIELDS, Record
from refdesk.knowledge_base.formats.text_files import read_bytes

LARGEST_UNPACKED = 256 * 1024 * 1024
MOST_PARTS = 2_000
# Beyond the last column of any list of entries; a sheet may claim 16,384.
MOST_COLUMNS = 64
# Excel's own limit for the text of a cell.
LONGEST_CELL = 32_767

_BROKEN = (zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, EOFError, ParseError)


def read_workbook(path: Path) -> Iterator[Record]:
    """Yield a record a row of the first sheet."""
    name = str(path)
    content = read_bytes(path)
    _refuse_bombs(content, name)
    try:
        yield from _records(content, name)
    except _BROKEN:
        raise ImportFileError(name, None, _NOT_A_WORKBOOK) from None


def write_workbook(path: Path, entries: Iterable[Entry]) -> None:
    """Write one sheet of entries.

    Raises `EntryError` for a text beyond what a cell can hold, before anything is written.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - a spreadsheet library, needed only here
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    rows = [row_of(entry) for entry in entries]
    for row in rows:
        if max(map(len, row)) > LONGEST_CELL:
            raise EntryError(
                f"Entry {row[0]} has a text longer than a cell can hold "
                f"({LONGEST_CELL} characters). Export to .jsonl instead."
            )
    book = Workbook(write_only=True)
    sheet = book.create_sheet("entries")
    for row in [list(FIELDS), *rows]:
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value=text)
            # A text that looks like an error value or a formula is a text all the same.
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    book.save(path)


_NOT_A_WORKBOOK = "this is not a workbook that can be read; save it again as .xlsx"


def _records(content: bytes, name: str) -> Iterator[Record]:
    from openpyxl import load_workbook  # noqa: PLC0415 - see write_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions, which do not matter here
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0] if book.worksheets else None
        if sheet is None:
            raise ImportFileError(name, None, "the workbook has no sheet")
        fields: list[str | None] | None = None
        for number, row in enumerate(
            sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), start=1
        ):
            cells = list(row)
            if not any(str(cell).strip() for cell in cells if cell is not None):
                continue
            if fields is None:
                fields = fields_of(cells, name, number)
            else:
                yield Record(name, number, record_values(fields, cells))
        book.close()
    if fields is None:
        raise ImportFileError(name, 1, "the first line must name the columns")


def _refuse_bombs(content: bytes, name: str) -> None:
    """Look at the sizes the archive claims; Python's reader stops at them."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError):
        raise ImportFileError(name, None, _NOT_A_WORKBOOK) from None
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise ImportFileError(name, None, "the workbook unpacks to more than 256 MiB; split it")
