"""Which writer belongs to a file, and how does a half-written one never take its place?"""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from refdesk.errors import DataError
from refdesk.knowledge_base.entries import Entry
from refdesk.knowledge_base.formats.csv_table import write_csv
from refdesk.knowledge_base.formats.json_lines import write_json_lines
from refdesk.knowledge_base.formats.markdown import write_markdown
from refdesk.knowledge_base.formats.workbook import write_workbook

_WRITERS = {".jsonl": write_json_lines, ".csv": write_csv, ".xlsx": write_workbook}


def write_file(path: Path, entries: Iterable[Entry]) -> None:
    """Write entries to a file, or to a Markdown folder when the path has no suffix or is one.

    Raises `DataError` when the suffix is not known or the place cannot be written.
    """
    try:
        if path.is_dir() or not path.suffix:
            write_markdown(path, entries)
            return
        writer = _WRITERS.get(path.suffix.lower())
        if writer is None:
            raise DataError(
                f"{path} has an unknown suffix. Use .jsonl, .csv or .xlsx, "
                "or a folder name for Markdown."
            )
        descriptor, aside = tempfile.mkstemp(dir=path.parent, suffix=path.suffix)
        os.close(descriptor)
        try:
            writer(Path(aside), entries)
            Path(aside).replace(path)
        finally:
            Path(aside).unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise DataError(f"{path} cannot be written ({reason}). Choose another place.") from None
