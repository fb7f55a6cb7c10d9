"""How does the index stay true to the database, whoever else writes to either?"""

import threading
from collections.abc import Callable
from typing import Literal, TypeVar

import structlog

from refdesk.knowledge_base import store
from refdesk.knowledge_base.index import BROKEN, EntryIndex, Marker, View
from refdesk.knowledge_base.store import Position
from refdesk.storage import Database, Transaction

Followed = Literal["current", "followed", "rebuilt"]
Result = TypeVar("Result")

_log = structlog.get_logger(__name__)


class FollowingIndex:
    """The index of one library's entries, as a searcher that is never older than asked for."""

    def __init__(self, database: Database, index: EntryIndex, library: str) -> None:
        """Open the index, which is brought up to the database or rebuilt."""
        self._database = database
        self._index = index
        self._library = library
        self._following = threading.Lock()
        self._asking = threading.Lock()
        self._mended = False
        self._view: View
        self._follow()

    def follow(self) -> Followed:
        """Bring the index up to the database; costs one look-up when nothing has changed.

        A missing, torn or foreign index is rebuilt, and the log says so.
        """
        if self._view.marker.position == self._newest():
            return "current"
        with self._following:
            return self._follow()

    def rebuild(self) -> int:
        """Build the index anew from the database; return how many entries it holds."""
        with self._following, self._index.writing():
            return self._rebuild("asked").documents

    def ask(self, question: Callable[[View], Result]) -> Result:
        """Return what `question` finds in the present view; one question at a time.

        Damage that shows only now is mended by a rebuild, once: if the question fails again it
        is the question's own fault.
        """
        try:
            with self._asking:
                return question(self._view)
        except BROKEN:
            if self._mended:
                raise
            self._mended = True
        with self._following, self._index.writing():
            self._rebuild("torn")
        with self._asking:
            return question(self._view)

    def _follow(self) -> Followed:
        with self._index.writing():
            newest = self._newest()
            marker = self._index.marker()
            trouble = "missing" if marker is None else self._trouble(marker, newest)
            if marker is not None and trouble is None:
                try:
                    if marker.position != newest:
                        marker = self._apply(marker)
                    self._show(self._index.open(marker))
                except BROKEN:
                    trouble = "torn"
                else:
                    return "followed"
            self._rebuild(trouble or "missing")
            return "rebuilt"

    def _trouble(self, marker: Marker, newest: Position) -> str | None:
        """Say why the index cannot be that of this database, or None."""
        known = self._database.read_blocking(
            lambda tx: store.position_of(tx, self._library, marker.change)
        )
        ahead = marker.change > newest.number
        return "foreign" if ahead or known != marker.position else None

    def _apply(self, marker: Marker) -> Marker:
        def apply(tx: Transaction) -> Marker:
            upto = store.last_position(tx, self._library)
            changes = store.changed_since(tx, self._library, marker.change)
            return self._index.apply(marker, changes, upto)

        return self._database.read_blocking(apply)

    def _rebuild(self, why: str) -> Marker:
        def build(tx: Transaction) -> Marker:
            upto = store.last_position(tx, self._library)
            return self._index.rebuild(store.published(tx, self._library), upto)

        marker = self._database.read_blocking(build)
        self._show(self._index.open(marker))
        if marker.documents or why != "missing":
            _log.info("knowledge_base_index_rebuilt", why=why, entries=marker.documents)
        return marker

    def _show(self, view: View) -> None:
        with self._asking:
            before = getattr(self, "_view", None)
            self._view = view
            if before is not None:
                before.close()

    def _newest(self) -> Position:
        return self._database.read_blocking(lambda tx: store.last_position(tx, self._library))
