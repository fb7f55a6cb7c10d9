"""How do many coroutines share one durable writer?

One thread owns the only connection of this process that writes. It takes whatever is queued, runs
it in one transaction and commits once: with 100 waiting messages the disk is asked once, not 100
times. When a unit of work fails, the group is rolled back and each unit is tried alone, so that a
bad one costs only itself.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Literal, Protocol

from refdesk.errors import StorageError
from refdesk.storage.transaction import Transaction

# Above this the latency of the first in the group grows without saving more disk time.
LARGEST_GROUP = 200

Work = Callable[[Transaction], Any]


@dataclass(slots=True, eq=False)
class Unit:
    """One transaction asked for, and where its outcome goes."""

    work: Work
    future: "asyncio.Future[Any] | Future[Any]"
    loop: asyncio.AbstractEventLoop | None
    result: Any = None
    error: BaseException | None = None


class GroupError(StorageError):
    """The group failed as a whole: trying its units alone would not help, or could repeat them."""


class Commits(Protocol):
    """An engine's way to commit; all but its making is called in the writer's thread."""

    def commit(self, works: Sequence[Work]) -> list[Any]:
        """Run units in one transaction and return their results once they are durable.

        On failure nothing of it remains, unless a `GroupError` says that this is not known.
        """

    def close(self) -> None:
        """Close the connection."""


class Writer:
    """The one thread that writes to a database."""

    def __init__(self, commits: Commits) -> None:
        """Start the thread."""
        self._commits = commits
        self._queue: SimpleQueue[Unit | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="refdesk-writer", daemon=True)
        self._thread.start()

    def submit(self, unit: Unit) -> None:
        """Queue a unit of work."""
        if self._closed:
            raise RuntimeError("the writer is closed")
        self._queue.put(unit)

    def close(self) -> None:
        """Finish what is queued, then close the connection."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self._thread.join()
            self._refuse_latecomers()

    def _refuse_latecomers(self) -> None:
        """Answer whoever asked at the very moment of closing, so that nobody waits for ever."""
        units = []
        while not self._queue.empty():
            unit = self._queue.get_nowait()
            if unit is not None:
                unit.error = RuntimeError("the writer is closed")
                units.append(unit)
        report(units)

    def _run(self) -> None:
        stopping = False
        while not stopping:
            group = self._next_group()
            stopping = group[-1] is None
            units = [unit for unit in group if unit is not None]
            if units:
                self._commit_group(units)
                report(units)
        self._commits.close()

    def _next_group(self) -> list[Unit | None]:
        group = [self._queue.get()]
        try:
            while len(group) < LARGEST_GROUP and group[-1] is not None:
                group.append(self._queue.get_nowait())
        except Empty:
            pass
        return group

    def _commit_group(self, units: list[Unit]) -> None:
        if self._try_commit(units) == "each alone" and len(units) > 1:
            for unit in units:
                self._try_commit([unit])

    def _try_commit(self, units: list[Unit]) -> Literal["over", "each alone"]:
        """Note results or errors; say whether the units may be tried each alone."""
        try:
            results = self._commits.commit([unit.work for unit in units])
        except Exception as error:  # handed on to whoever waits, never dropped
            for unit in units:
                unit.error = error
            return "over" if isinstance(error, GroupError) else "each alone"
        for unit, result in zip(units, results, strict=True):
            unit.error, unit.result = None, result
        return "over"


def report(units: list[Unit]) -> None:
    """Hand outcomes to the waiting side, with one wake-up per event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Unit]] = {}
    for unit in units:
        if unit.loop is None:
            _resolve(unit)
        else:
            by_loop.setdefault(unit.loop, []).append(unit)
    for loop, waiting in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve_all, waiting)
        except RuntimeError:
            # The loop has ended: its work is committed, nobody is left to be told.
            continue


def _resolve_all(units: list[Unit]) -> None:
    for unit in units:
        _resolve(unit)


def _resolve(unit: Unit) -> None:
    future = unit.future
    if future.cancelled() or future.done():
        return
    if unit.error is not None:
        future.set_exception(unit.error)
    else:
        future.set_result(unit.result)
