"""Files that entries come from and go to: JSON Lines, CSV, XLSX, Markdown folders."""

from refdesk.knowledge_base.formats.reading import read_file
from refdesk.knowledge_base.formats.records import Record, entry_from
from refdesk.knowledge_base.formats.writing import write_file

__all__ = ["Record", "entry_from", "read_file", "write_file"]
