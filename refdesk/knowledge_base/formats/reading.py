"""Which reader belongs to a file?"""

from collections.abc import Iterator
from pathlib import Path

from refdesk.errors import ImportFileError
from refdesk.knowledge_base.formats.csv_table import read_csv
from refdesk.knowledge_base.formats.json_lines import read_json_lines
from refdesk.knowledge_base.formats.markdown import read_markdown
from refdesk.knowledge_base.formats.records import Record
from refdesk.knowledge_base.formats.workbook import read_workbook

_READERS = {
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".xlsx": read_workbook,
    ".md": read_markdown,
}
KNOWN = "a .jsonl, .csv, .xlsx or .md file, or a folder of .md files"


def read_file(path: Path) -> Iterator[Record]:
    """Yield the records of a file or Markdown folder, recognised by its suffix.

    Raises `ImportFileError` naming file and line; some only while records are taken.
    """
    if path.is_dir():
        return read_markdown(path)
    if not path.exists():
        raise ImportFileError(str(path), None, "there is no such file")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ImportFileError(str(path), None, f"this kind of file is not known; give {KNOWN}")
    return reader(path)
