"""How does a call get a time limit that costs nothing when it does not wait?

Most handlers answer without waiting for anything. They are run to their end at once; only one that
really suspends pays for a timer.
"""

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

R = TypeVar("R")


async def within(seconds: float, coroutine: Coroutine[Any, Any, R]) -> R:
    """Await `coroutine`, cancelling it when it takes longer than `seconds`.

    Raises `TimeoutError` then. Code that blocks the event loop cannot be interrupted by anybody.
    """
    try:
        waiting_for = coroutine.send(None)
    except StopIteration as finished:
        result: R = finished.value
        return result
    async with asyncio.timeout(seconds):
        return await _resume(coroutine, waiting_for)


@types.coroutine
def _resume(coroutine: Coroutine[Any, Any, R], waiting_for: Any) -> Generator[Any, Any, R]:
    """Go on with a coroutine that has been started and waits for `waiting_for`."""
    while True:
        try:
            sent = yield waiting_for
        except BaseException as error:  # cancellation included: it belongs to the coroutine
            step = _throw(coroutine, error)
        else:
            step = _send(coroutine, sent)
        if isinstance(step, _Finished):
            result: R = step.value
            return result
        waiting_for = step


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
