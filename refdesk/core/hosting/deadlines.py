"""How does a call get a time limit that costs nothing when it does not wait?

Most handlers answer without waiting for anything. They are run to their end at once; only one that
really suspends pays for a timer.
"""

import asyncio
import types
from collections.abc import Coroutine, Generator
from contextlib import suppress
from typing import Any, TypeVar

from refdesk.loops import running_loop

R = TypeVar("R")

# A cancelled call may close what it has opened; one that takes longer than this is abandoned.
GRACE_SECONDS = 1.0


async def within(seconds: float, coroutine: Coroutine[Any, Any, R]) -> R:
    """Await `coroutine`, cancelling it when it takes longer than `seconds`.

    Raises `TimeoutError` then, also when the coroutine ignores its cancellation: it is abandoned
    after `GRACE_SECONDS`. Raises `RuntimeError` when it cancels the task that runs it, which is
    not its own. Code that blocks the event loop cannot be interrupted by anybody.
    """
    task = asyncio.current_task(running_loop())
    before = task.cancelling() if task is not None else 0
    try:
        waiting_for = coroutine.send(None)
    except StopIteration as finished:
        if task is not None and task.cancelling() != before:
            await _take_back(task, before)
        result: R = finished.value
        return result
    except BaseException:
        if task is not None and task.cancelling() != before:
            await _take_back(task, before)
        raise
    if task is not None and task.cancelling() != before:
        _abandon(coroutine)
        await _take_back(task, before)
    async with asyncio.timeout(seconds):
        return await resumed(coroutine, waiting_for)


@types.coroutine
def resumed(coroutine: Coroutine[Any, Any, R], waiting_for: Any) -> Generator[Any, Any, R]:
    """Go on with a coroutine that has been started and waits for `waiting_for`."""
    grace = _Grace()
    task = asyncio.current_task()
    try:
        while True:
            try:
                sent = yield waiting_for
                before = task.cancelling() if task is not None else 0
            except asyncio.CancelledError as cancelled:
                before = task.cancelling() if task is not None else 0
                if grace.is_over():
                    _abandon(coroutine)
                    raise
                grace.begin()
                step = _throw(coroutine, cancelled)
            except BaseException as error:  # what is thrown in belongs to the coroutine
                before = task.cancelling() if task is not None else 0
                step = _throw(coroutine, error)
            else:
                step = _send(coroutine, sent)
            if task is not None and task.cancelling() > before:
                _abandon(coroutine)
                yield from _take_back(task, before).__await__()
            if isinstance(step, _Finished):
                result: R = step.value
                return result
            waiting_for = step
    finally:
        grace.end()


class _Grace:
    """The time a cancelled coroutine has to end; after it the task is cancelled once more."""

    __slots__ = ("_state", "_timer")

    def __init__(self) -> None:
        self._state = "not begun"
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Start the clock at the first cancellation."""
        task = asyncio.current_task()
        if self._state == "not begun" and task is not None:
            self._state = "running"
            self._timer = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._over, task)

    def is_over(self) -> bool:
        """Say whether this cancellation is our own, at the end of the grace."""
        if self._state != "over":
            return False
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
        return True

    def end(self) -> None:
        """Stop the clock."""
        if self._timer is not None:
            self._timer.cancel()

    def _over(self, task: "asyncio.Task[Any]") -> None:
        self._state = "over"
        task.cancel()


class _Finished:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def _send(coroutine: Coroutine[Any, Any, Any], value: Any) -> Any:
    try:
        return coroutine.send(value)
    except StopIteration as finished:
        return _Finished(finished.value)


def _throw(coroutine: Coroutine[Any, Any, Any], error: BaseException) -> Any:
    try:
        return coroutine.throw(error)
    except StopIteration as finished:
        return _Finished(finished.value)


async def _take_back(task: "asyncio.Task[Any]", before: int) -> None:
    """Undo the cancelling of `task` by the code that it runs, and say so."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(0)  # the cancellation arrives here, and ends here
    while task.cancelling() > before:
        task.uncancel()
    raise RuntimeError("it cancelled the task that runs it")


def _abandon(coroutine: Coroutine[Any, Any, Any]) -> None:
    try:
        coroutine.close()
    except RuntimeError:
        return  # it ignores even this; nothing more can be done to it
