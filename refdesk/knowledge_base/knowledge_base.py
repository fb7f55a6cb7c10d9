"""What can the rest of the program ask of the knowledge base?"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal, Self, TypeVar

from refdesk.knowledge_base import search as searching
from refdesk.knowledge_base import store
from refdesk.knowledge_base.analysis import content_terms, question_terms
from refdesk.knowledge_base.entries import Entry
from refdesk.knowledge_base.hits import Hit, make_hits
from refdesk.knowledge_base.index import BROKEN, EntryIndex, Marker, View
from refdesk.knowledge_base.search import Found
from refdesk.knowledge_base.store import Position, Signature, StoredEntry, Tally
from refdesk.logs import get_logger
from refdesk.storage import Database, Transaction

Followed = Literal["current", "followed", "rebuilt"]
DEFAULT_LIBRARY = "main"
Result = TypeVar("Result")

_log = get_logger(__name__)


class KnowledgeBase:
    """The entries of one library and the index that finds them.

    Every method may be called from any thread and blocks: servers use `asyncio.to_thread`.
    Nothing withdrawn or changed is found by its old text: what the index proposes is compared
    with the database, and a difference makes the index follow first.
    """

    def __init__(
        self, database: Database, index: EntryIndex, library: str, today: Callable[[], date]
    ) -> None:
        """Use `open`, which also makes the index ready."""
        self._database = database
        self._index = index
        self._library = library
        self._today = today
        self._following = threading.Lock()
        self._view: View | None = None

    @classmethod
    def open(
        cls,
        database: Database,
        index_dir: Path,
        *,
        library: str = DEFAULT_LIBRARY,
        today: Callable[[], date] = lambda: datetime.now(UTC).astimezone().date(),
    ) -> Self:
        """Return the base, its index following the database; `today` decides what has expired."""
        base = cls(database, EntryIndex(index_dir), library, today)
        base.follow()
        return base

    def search(
        self, text: str, *, limit: int = 10, level: int = 0, language: str | None = None
    ) -> list[Hit]:
        """Return at most `limit` entries for a reader's question, best first.

        Only entries that `level` may see and that hold today. Of an entry and its translations
        one is returned: in `language` where there is one.
        """
        terms = question_terms(text)
        if not terms or limit < 1:
            return []
        today = self._today().isoformat()

        def ask(view: View) -> list[Found]:
            return searching.rank(view, terms, level=level, today=today, limit=max(limit, 2))

        view, found, entries = self._agreed(ask)
        chosen = self._in_language(found, entries, level, today, language)
        question, rarest = searching.rarities(view, content_terms(text))
        # The second one is needed to know how clear the lead of the first is.
        return make_hits(chosen, question, rarest, frozenset(terms))[:limit]

    def suggest(
        self, prefix_text: str, *, level: int = 0, language: str | None = None, limit: int = 5
    ) -> list[tuple[str, str]]:
        """Return (entry id, title) for a question being typed; the last word may be unfinished."""
        today = self._today().isoformat()

        def ask(view: View) -> list[Found]:
            return searching.complete(
                view, prefix_text[:200], level=level, today=today, limit=limit
            )

        _, found, entries = self._agreed(ask)
        chosen = self._in_language(found, entries, level, today, language)
        return [(shown.id, shown.title) for shown, _, _ in chosen if shown.title]

    def get(self, entry_id: str, level: int = 0) -> Entry | None:
        """Return an entry that is published, holds today and is open to `level`, or None."""
        stored = self._find([entry_id]).get(entry_id)
        today = self._today().isoformat()
        return stored.entry if stored and _may_see(stored, level, today) else None

    def put(
        self, entries: Sequence[Entry], author: str, reason: str = "", *, replace: bool = False
    ) -> Tally:
        """Add or change entries by id, all or none; `replace` withdraws every other one."""
        signature = self._sign(author, reason)
        tally = self._database.write_blocking(
            lambda tx: store.put(tx, signature, entries, replace=replace)
        )
        self.follow()
        return tally

    def withdraw(self, ids: Iterable[str], author: str, reason: str = "") -> int:
        """Take entries out of sight; return how many were published."""
        signature, named = self._sign(author, reason), list(ids)
        count = self._database.write_blocking(lambda tx: store.withdraw(tx, signature, named))
        self.follow()
        return count

    def follow(self) -> Followed:
        """Bring the index up to the database; costs one look-up when nothing has changed.

        A missing, torn or foreign index is rebuilt, and the log says so.
        """
        newest = self._read(lambda tx: store.last_position(tx, self._library))
        view = self._view
        if view is not None and view.marker.position == newest:
            return "current"
        with self._following:
            return self._follow()

    def rebuild(self) -> int:
        """Build the index anew from the database; return how many entries it holds."""
        with self._following, self._index.writing():
            return self._rebuild("asked").documents

    @property
    def entry_count(self) -> int:
        """Return how many entries are published."""
        return self._read(lambda tx: store.count(tx, self._library))

    def entries(self) -> list[StoredEntry]:
        """Return every published entry, in the order of their last changes."""
        return self._read(lambda tx: list(store.published(tx, self._library)))

    def indexed(self) -> dict[str, int]:
        """Return what the index holds: ids with the numbers of the changes they are as of."""
        view = self._opened()
        with view.lock:
            return {fields["id"]: fields["change"] for fields in view.reader.all_stored_fields()}

    def _follow(self) -> Followed:
        with self._index.writing():
            newest = self._read(lambda tx: store.last_position(tx, self._library))
            marker = self._index.marker()
            trouble = "missing" if marker is None else self._trouble(marker, newest)
            if marker is not None and trouble is None:
                try:
                    if marker.position != newest:
                        marker = self._index.apply(marker, self._since(marker.change), newest)
                    self._view = self._index.open(marker)
                except BROKEN:
                    trouble = "torn"
                else:
                    return "followed"
            self._rebuild(trouble or "missing")
            return "rebuilt"

    def _trouble(self, marker: Marker, newest: Position) -> str | None:
        """Say why the index cannot be that of this database, or None."""
        known = self._read(lambda tx: store.position_of(tx, self._library, marker.change))
        ahead = marker.change > newest.number
        return "foreign" if ahead or known != marker.position else None

    def _rebuild(self, why: str) -> Marker:
        def build(tx: Transaction) -> Marker:
            upto = store.last_position(tx, self._library)
            return self._index.rebuild(store.published(tx, self._library), upto)

        marker = self._read(build)
        self._view = self._index.open(marker)
        _log.info("knowledge_base_index_rebuilt", why=why, entries=marker.documents)
        return marker

    def _agreed(
        self, ask: Callable[[View], list[Found]]
    ) -> tuple[View, list[Found], dict[str, StoredEntry]]:
        """Ask the index, and again after following when the database says otherwise.

        What differs even then (an entry changing at this moment) is left out.
        """
        view = self._opened()
        found = ask(view)
        agreed = self._unchanged(found)
        if len(agreed) < len(found):
            self.follow()
            view = self._opened()
            found = ask(view)
            agreed = self._unchanged(found)
        return view, [one for one in found if one.entry_id in agreed], agreed

    def _unchanged(self, found: Sequence[Found]) -> dict[str, StoredEntry]:
        entries = self._find(one.entry_id for one in found)
        return {
            one.entry_id: entries[one.entry_id]
            for one in found
            if one.entry_id in entries
            and entries[one.entry_id].change == one.change
            and entries[one.entry_id].state == "published"
        }

    def _opened(self) -> View:
        view = self._view
        if view is None:
            self.follow()
            view = self._view
        assert view is not None  # noqa: S101 - follow() opens one or raises
        return view

    def _in_language(
        self,
        found: Sequence[Found],
        entries: dict[str, StoredEntry],
        level: int,
        today: str,
        language: str | None,
    ) -> list[tuple[Entry, Entry, float]]:
        """Return (entry to show, entry found, score), a translation standing in where wanted."""
        visible = [
            (entries[one.entry_id].entry, one.score)
            for one in found
            if _may_see(entries[one.entry_id], level, today)
        ]
        foreign = [entry.group for entry, _ in visible if language and entry.language != language]
        stand_ins: dict[str, Entry] = {}
        if foreign:
            for stored in self._read(lambda tx: self._group_members(tx, foreign)):
                if stored.entry.language == language and _may_see(stored, level, today):
                    stand_ins.setdefault(stored.entry.group, stored.entry)
        return [
            (
                entry if entry.language == language else stand_ins.get(entry.group, entry),
                entry,
                score,
            )
            for entry, score in visible
        ]

    def _group_members(self, tx: Transaction, groups: list[str]) -> list[StoredEntry]:
        originals = store.find(tx, self._library, groups)
        return [*originals.values(), *store.translations_of(tx, self._library, groups)]

    def _find(self, ids: Iterable[str]) -> dict[str, StoredEntry]:
        named = list(ids)
        return self._read(lambda tx: store.find(tx, self._library, named))

    def _since(self, number: int) -> list[StoredEntry]:
        return self._read(lambda tx: list(store.changed_since(tx, self._library, number)))

    def _sign(self, author: str, reason: str) -> Signature:
        return Signature(self._library, author, reason, time.time())

    def _read(self, work: Callable[[Transaction], Result]) -> Result:
        return self._database.read_blocking(work)


def _may_see(stored: StoredEntry, level: int, today: str) -> bool:
    """Decide for one entry what the index decides for all: the last word is the database's."""
    until = stored.entry.valid_until
    return (
        stored.state == "published"
        and stored.entry.level <= level
        and (until is None or until.isoformat() >= today)
    )
