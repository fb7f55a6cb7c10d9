"""How does the Whoosh index hold entries and follow their changes?

The database is the store of record, the index is derived and may be thrown away at any time. One
folder holds generations of the index and `current.json`, which says which one counts and up to
which change it is true. Everything that writes holds the lock file, so a command beside a running
server cannot disturb it; whoever holds the lock applies what is new by number, and applying a
change twice does no harm. A searcher is opened for each state and never refreshed: Whoosh's
`refresh()` brings deleted texts back in some versions.
"""

import contextlib
import fcntl
import json
import os
import shutil
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from uuid import uuid4

from whoosh import index as whoosh_index
from whoosh.index import IndexError as WhooshIndexError
from whoosh.searching import Searcher
from whoosh.writing import IndexWriter

from refdesk.errors import DataError
from refdesk.knowledge_base.schema import SCHEMA, document
from refdesk.knowledge_base.scoring import EntryScoring
from refdesk.knowledge_base.store import Position, StoredEntry

# Raised whenever analysis, weights or schema change: an index of another form is rebuilt.
FORM = 1
_OPEN_ATTEMPTS = 3
# A missing, torn or foreign Whoosh file shows in one of these ways.
BROKEN = (
    OSError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError, ImportError,
    AssertionError, OverflowError, struct.error, zlib.error, UnpicklingError, WhooshIndexError,
)  # fmt: skip
_WRITER_MEGABYTES = 128


@dataclass(frozen=True, slots=True)
class Marker:
    """Which folder counts, of which form, and up to which change it is true."""

    form: int
    folder: str
    change: int
    stamp: str
    documents: int

    @property
    def position(self) -> Position:
        """Return the last change applied."""
        return Position(self.change, self.stamp)


class View:
    """A searcher over one state of the index.

    Whoosh's files have cursors: only one thread may use a view at a time.
    """

    def __init__(self, marker: Marker, searcher: Any) -> None:
        """Hold `searcher`, opened for the state of `marker`."""
        self.marker = marker
        self.searcher = searcher
        self.scoring: EntryScoring = searcher.weighting
        self.reader = searcher.reader()
        self.hidden: dict[tuple[int, str], set[int]] = {}

    def close(self) -> None:
        """Give back the files; nobody may use the view any more."""
        self.searcher.close()


class EntryIndex:
    """The index in one folder."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, created for its owner only when absent.

        Raises `DataError` when it is no folder or belongs to somebody else.
        """
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        except OSError as error:
            raise DataError(f"{folder} cannot be used for the index: {error.strerror}.") from error
        self.folder = folder

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock that everything that writes needs, across threads and processes."""
        descriptor = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def marker(self) -> Marker | None:
        """Return which state counts, or None when there is none this program can use."""
        try:
            fields = json.loads((self.folder / "current.json").read_text("utf-8"))
            marker = Marker(**fields)
        except (OSError, ValueError, TypeError):
            return None
        usable = marker.form == FORM and Path(marker.folder).name == marker.folder
        return marker if usable else None

    def open(self, marker: Marker) -> View:
        """Open a searcher for the state of `marker`; retried, as another process may commit.

        Raises one of `BROKEN` when the files cannot be used.
        """
        for attempt in range(1, _OPEN_ATTEMPTS + 1):
            try:
                return self._open(marker)
            except BROKEN:
                if attempt == _OPEN_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def apply(self, marker: Marker, changes: Iterable[StoredEntry], upto: Position) -> Marker:
        """Bring the current folder up to `upto`; the caller holds the lock."""
        opened = whoosh_index.open_dir(self.folder / marker.folder)
        try:
            writer = opened.writer(limitmb=_WRITER_MEGABYTES)
            with _or_cancel(writer):
                for stored in changes:
                    writer.delete_by_term("id", stored.entry.id)
                    if stored.state == "published":
                        writer.add_document(**document(stored))
            writer.commit()
            documents = opened.doc_count()
        finally:
            opened.close()
        return self._mark(Marker(FORM, marker.folder, upto.number, upto.stamp, documents))

    def rebuild(self, entries: Iterable[StoredEntry], upto: Position) -> Marker:
        """Build a new folder aside, make it current, drop others; the caller holds the lock."""
        name = f"entries-{uuid4().hex[:12]}"
        aside = self.folder / name
        aside.mkdir(mode=0o700)
        opened = whoosh_index.create_in(aside, SCHEMA)
        try:
            writer = opened.writer(limitmb=_WRITER_MEGABYTES)
            with _or_cancel(writer):
                for stored in entries:
                    writer.add_document(**document(stored))
            writer.commit()
            documents = opened.doc_count()
        finally:
            opened.close()
        marker = self._mark(Marker(FORM, name, upto.number, upto.stamp, documents))
        for other in self.folder.glob("entries-*"):
            if other.name != name:
                shutil.rmtree(other, ignore_errors=True)
        return marker

    def _open(self, marker: Marker) -> View:
        opened = whoosh_index.open_dir(self.folder / marker.folder)
        reader = opened.reader()
        searcher = Searcher(reader, weighting=EntryScoring(reader))
        if reader.doc_count() != marker.documents:
            searcher.close()
            raise ValueError("the index holds another number of entries than it says")
        return View(marker, searcher)

    def _mark(self, marker: Marker) -> Marker:
        waiting = self.folder / "current.json.new"
        with waiting.open("w", encoding="utf-8") as file:
            json.dump(asdict(marker), file)
            file.flush()
            os.fsync(file.fileno())
        waiting.replace(self.folder / "current.json")
        return marker


@contextlib.contextmanager
def _or_cancel(writer: IndexWriter) -> Iterator[None]:
    """Give Whoosh's own lock back when preparing a commit fails."""
    try:
        yield
    except BaseException:
        writer.cancel()
        raise
