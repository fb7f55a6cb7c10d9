"""What does a plugin keep open between two calls, and who closes it? (`context.opened`)

A connection to a catalogue, a listener, a file: opened when it is first needed, kept for the next
call, closed by the host when the plugin is switched off or the program stops.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from refdesk.core.hosting.plugin_frames import boundary
from refdesk.core.hosting.plugin_tasks import PluginTasks, working_for
from refdesk.logs import get_logger
from refdesk.loops import running_loop

log = get_logger(__name__)
T = TypeVar("T")
Opener = Callable[[], AbstractAsyncContextManager[T]]
# So long closing may take before it is cancelled, and then once more until it is abandoned.
CLOSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Kept:
    value: "asyncio.Future[Any]"
    close: asyncio.Event
    task: "asyncio.Task[None]"


class PluginResources:
    """What the plugins of one app keep open."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._kept: dict[tuple[str, Opener[Any]], _Kept] = {}

    async def opened(self, plugin: str, opener: Opener[T]) -> T:
        """Return what `opener` opens; it is called once and its context stays entered.

        Raises what the opening raises; the next call tries again. When the caller's deadline ends
        first, the opening goes on and the next call finds it done.
        """
        kept = self._kept.get((plugin, opener))
        if kept is None or kept.value.get_loop() is not running_loop():
            kept = self._kept[plugin, opener] = self._begin(plugin, opener)
        value: T = await asyncio.shield(kept.value)
        return value

    async def close(self, plugin: str) -> None:
        """Close everything that a plugin has opened; what does not close in time is named."""
        mine = [(key, kept) for key, kept in self._kept.items() if key[0] == plugin]
        for key, kept in mine:
            self._kept.pop(key, None)
            kept.close.set()
        running = {kept.task for _key, kept in mine if kept.value.get_loop() is running_loop()}
        for _attempt in ("in good order", "cancelled"):
            if running:
                _closed, running = await asyncio.wait(running, timeout=CLOSE_SECONDS)
            for task in running:
                log.warning("plugin_resource_does_not_close", plugin=plugin, task=task.get_name())
                task.cancel()

    def _begin(self, plugin: str, opener: Opener[Any]) -> _Kept:
        value = running_loop().create_future()
        value.add_done_callback(_heard)
        close = asyncio.Event()
        work = self._keep(plugin, opener, value, close, working_for.get())
        # A task of its own, since some things must be closed by the task that opened them.
        name = getattr(opener, "__qualname__", type(opener).__qualname__)
        return _Kept(value, close, asyncio.create_task(work, name=name))

    @boundary
    async def _keep(
        self,
        plugin: str,
        opener: Opener[Any],
        value: "asyncio.Future[Any]",
        close: asyncio.Event,
        owner: PluginTasks | None,
    ) -> None:
        hook = f"opened {getattr(opener, '__qualname__', '')}"
        working_for.set(owner)
        try:
            async with opener() as opened:
                value.set_result(opened)
                await close.wait()
        except asyncio.CancelledError:
            value.cancel()
            raise
        except BaseException as error:  # the border: foreign code may raise anything
            if value.done():
                log.warning("plugin_failed", plugin=plugin, hook=hook, problem=type(error).__name__)
            else:
                value.set_exception(error)
        finally:
            self._kept.pop((plugin, opener), None)


def _heard(value: "asyncio.Future[Any]") -> None:
    """Keep the loop from complaining when nobody waits for an opening that failed any more."""
    if not value.cancelled():
        value.exception()
