"""What can the rest of the program ask of the knowledge base?"""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Self, TypeVar

from refdesk.knowledge_base import search as searching
from refdesk.knowledge_base import store
from refdesk.knowledge_base.analysis import content_terms, question_terms
from refdesk.knowledge_base.entries import Entry
from refdesk.knowledge_base.following import Followed, FollowingIndex
from refdesk.knowledge_base.hits import Hit, make_hits
from refdesk.knowledge_base.index import EntryIndex, View
from refdesk.knowledge_base.search import Found
from refdesk.knowledge_base.store import Signature, StoredEntry, Tally
from refdesk.storage import Database, Transaction

DEFAULT_LIBRARY = "main"
Result = TypeVar("Result")


class KnowledgeBase:
    """The entries of one library and the index that finds them.

    Every method may be called from any thread and blocks: servers use `asyncio.to_thread`.
    Nothing withdrawn or changed is found by its old text: what the index proposes is compared
    with the database, and a difference makes the index follow first.
    """

    def __init__(
        self, database: Database, index: FollowingIndex, library: str, today: Callable[[], date]
    ) -> None:
        """Use `open`, which makes the index ready."""
        self._database = database
        self._index = index
        self._library = library
        self._today = today

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
        index = FollowingIndex(database, EntryIndex(index_dir), library)
        return cls(database, index, library, today)

    def search(
        self, text: str, *, limit: int = 10, level: int = 0, language: str | None = None
    ) -> list[Hit]:
        """Return at most `limit` entries for a reader's question, best first.

        Only entries that `level` may see and that hold today. Of an entry and its translations
        one is returned: in `language` where there is one.
        """
        terms, content = question_terms(text), content_terms(text)
        if not terms or limit < 1:
            return []
        today = self._today().isoformat()
        # The second best is needed to know how clear the lead of the first is.
        wanted = max(limit, 2)

        def ask(view: View) -> list[Found]:
            return searching.rank(view, terms, level=level, today=today, limit=wanted)

        found, entries = self._agreed(ask)
        chosen = self._in_language(found, entries, level, today, language)
        rarities, rarest = self._index.ask(lambda view: searching.rarities(view, content))
        return make_hits(chosen, rarities, rarest, frozenset(terms))[:limit]

    def suggest(
        self, prefix_text: str, *, level: int = 0, language: str | None = None, limit: int = 5
    ) -> list[tuple[str, str]]:
        """Return (entry id, title) for a question being typed; the last word may be unfinished."""
        today = self._today().isoformat()

        def ask(view: View) -> list[Found]:
            return searching.complete(
                view, prefix_text[:200], level=level, today=today, limit=limit
            )

        found, entries = self._agreed(ask)
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
        return self._index.follow()

    def rebuild(self) -> int:
        """Build the index anew from the database; return how many entries it holds."""
        return self._index.rebuild()

    @property
    def entry_count(self) -> int:
        """Return how many entries are published."""
        return self._read(lambda tx: store.count(tx, self._library))

    def entries(self) -> list[StoredEntry]:
        """Return every published entry, in the order of their last changes."""
        return self._read(lambda tx: list(store.published(tx, self._library)))

    def indexed(self) -> dict[str, int]:
        """Return what the index holds: ids with the numbers of the changes they are as of."""
        return self._index.ask(
            lambda view: {
                fields["id"]: fields["change"] for fields in view.reader.all_stored_fields()
            }
        )

    def _agreed(
        self, ask: Callable[[View], list[Found]]
    ) -> tuple[list[Found], dict[str, StoredEntry]]:
        """Ask the index, and again after following when the database says otherwise.

        What differs even then (an entry changing at this moment) is left out.
        """
        found = self._index.ask(ask)
        agreed = self._unchanged(found)
        if len(agreed) < len(found):
            self.follow()
            found = self._index.ask(ask)
            agreed = self._unchanged(found)
        return [one for one in found if one.entry_id in agreed], agreed

    def _unchanged(self, found: Sequence[Found]) -> dict[str, StoredEntry]:
        entries = self._find(one.entry_id for one in found)
        return {
            one.entry_id: entries[one.entry_id]
            for one in found
            if one.entry_id in entries
            and entries[one.entry_id].change == one.change
            and entries[one.entry_id].state == "published"
        }

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
