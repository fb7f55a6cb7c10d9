"""How does one call of a plugin go, so that a bad one costs only its own answer?

Each call has a deadline, what it hands back is checked, its failure is logged with the plugin's
name and counted, and a plugin that keeps failing is set aside for a while.
"""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Generic, TypeVar

from refdesk.core.hosting.deadlines import within
from refdesk.core.hosting.plugin_frames import boundary, place_of
from refdesk.core.hosting.plugin_tasks import working_for
from refdesk.core.hosting.plugin_work import PluginWork
from refdesk.core.hosting.result_limits import problem_with_intents, problem_with_result
from refdesk.core.intents import Intent
from refdesk.core.plugin_context import PluginContext
from refdesk.logs import get_logger

R = TypeVar("R")
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answered(Generic[R]):
    """What one plugin returned, and what it wants to happen if it wins."""

    plugin: str
    value: R
    intents: tuple[Intent, ...] = ()


class PluginCalls:
    """Calls plugins, each call under the same protection."""

    __slots__ = ("_clock", "_deadline", "_trace")

    def __init__(self, deadline_seconds: float, trace: str, clock: Callable[[], float]) -> None:
        """Give each call `deadline_seconds` by `clock` (monotonic); trace `on` logs every call."""
        self._deadline = deadline_seconds
        self._trace = trace == "on"
        self._clock = clock

    @boundary
    async def call(
        self,
        work: PluginWork,
        hook: str,
        expected: Any,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        named: dict[str, Any],
        context: PluginContext | None,
        seconds: float | None = None,
    ) -> Answered[Any] | None:
        """Return what the plugin says; None when it failed or is set aside.

        What it says is an instance of `expected`, what it wants is in `context`. `seconds` stands
        for the usual deadline.
        """
        plugin = work.name  # the watchdog reads `plugin` and `hook` from this frame
        began = self._clock()
        if work.breaker.is_open(began):
            return None
        count = work.count(hook)
        count.calls += 1
        blockages = work.blockages
        called_by = working_for.get()
        working_for.set(work.tasks)
        try:
            value = await within(
                seconds or self._deadline, _started(work, function, arguments, named)
            )
            problem = problem_with_result(value, expected)
            intents = tuple(context.intents) if context is not None else ()
            if intents and not problem:
                problem = problem_with_intents(intents)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody has cancelled us: the plugin let its own cancelled work escape.
            self._note_failure(work, hook, _kind_of(error), place_of(error))
            return None
        except (KeyboardInterrupt, GeneratorExit):
            raise  # the program ends
        except BaseException as error:  # the border: foreign code may raise anything
            self._note_failure(work, hook, _kind_of(error), place_of(error))
            return None
        finally:
            working_for.set(called_by)
            count.seconds += self._clock() - began
        if problem:
            self._note_failure(work, hook, problem, "")
            return None
        if work.blockages == blockages:  # one that has held everybody up is not forgiven for it
            work.breaker.succeeded()
        if self._trace:
            took = round((self._clock() - began) * 1000, 3)
            log.info("hook_called", plugin=plugin, hook=hook, ms=took, result=type(value).__name__)
        return Answered(plugin, value, intents)

    def _note_failure(self, work: PluginWork, hook: str, problem: str, where: str) -> None:
        now = self._clock()
        work.count(hook).failures += 1
        work.breaker.failed(now)
        log.warning(
            "plugin_failed",
            plugin=work.name,
            hook=hook,
            problem=problem,
            condition=work.condition(now),
            where=where,
        )


def _kind_of(error: BaseException) -> str:
    """Name what was raised; its words may quote a reader."""
    return "deadline passed" if isinstance(error, TimeoutError) else type(error).__name__


def _started(
    work: PluginWork,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    named: dict[str, Any],
) -> Coroutine[Any, Any, Any]:
    """Return a coroutine of the call; a plain function runs in a thread."""
    if is_asynchronous(function):
        coroutine: Coroutine[Any, Any, Any] = function(*arguments, **named)
        return coroutine
    return _in_thread(work, partial(function, *arguments, **named))


async def _in_thread(work: PluginWork, function: Callable[[], Any]) -> Any:
    value = await work.threads.call(function)
    # A lambda or partial of an `async def` is a plain function that returns a coroutine.
    return await value if inspect.isawaitable(value) else value


@lru_cache(maxsize=4096)
def is_asynchronous(function: Callable[..., Any]) -> bool:
    """Say whether a call gives a coroutine; remembered, since finding out costs 5 us each time."""
    return inspect.iscoroutinefunction(function)
