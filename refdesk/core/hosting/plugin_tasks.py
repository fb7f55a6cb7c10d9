"""Whose work is a task, and what becomes of it when its plugin is switched off?

A plugin may start tasks of its own while it is called. The event loop notes for whom it makes a
task: whatever a plugin has left running is known, ends with the plugin, and is named in the log.
"""

import asyncio
import contextvars
from collections.abc import Coroutine
from typing import Any

from refdesk.core.hosting.plugin_frames import boundary
from refdesk.errors import PluginError
from refdesk.logs import get_logger

log = get_logger(__name__)
# The plugin for which the code at hand works; tasks and timers that it starts inherit it.
working_for: contextvars.ContextVar["PluginTasks | None"] = contextvars.ContextVar(
    "refdesk_working_for", default=None
)
# What a cancelled task may still tidy up.
END_SECONDS = 1.0


class PluginTasks:
    """The tasks that the code of one plugin has started and that still run."""

    __slots__ = ("_running", "plugin")

    def __init__(self, plugin: str) -> None:
        """Keep the tasks of `plugin`."""
        self.plugin = plugin
        self._running: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def adopt(
        self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **options: Any
    ) -> asyncio.Task[Any]:
        """Make a task of this plugin's."""
        task = asyncio.Task(_carried_out(self.plugin, work), loop=loop, **options)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        # One that is cancelled before its first step would complain that nobody awaited it.
        task.add_done_callback(lambda _task: work.close())
        return task

    async def end(self) -> None:
        """Cancel what still runs and name it; what does not let itself be cancelled is named too.

        The task in which this is called is left alone.
        """
        running = [task for task in self._running if task is not asyncio.current_task()]
        for task in running:
            log.warning("plugin_task_ended", plugin=self.plugin, task=task.get_name())
            task.cancel()
        if not running:
            return
        _ended, deaf = await asyncio.wait(running, timeout=END_SECONDS)
        for task in deaf:
            log.error("plugin_task_does_not_end", plugin=self.plugin, task=task.get_name())


def tell_whose_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Let `loop` note for which plugin it makes a task."""
    loop.set_task_factory(_make_task)  # type: ignore[arg-type]  # typeshed wants every option


def _make_task(
    loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **options: Any
) -> asyncio.Task[Any]:
    plugin = working_for.get()
    if plugin is None or not asyncio.iscoroutine(work):
        return asyncio.Task(work, loop=loop, **options)
    if not _is_ours(work):
        return plugin.adopt(loop, work, **options)
    # The core works for everybody, also when it was a plugin that set it going.
    context = options.pop("context", None) or contextvars.copy_context()
    context.run(working_for.set, None)
    return asyncio.Task(work, loop=loop, context=context, **options)


def _is_ours(work: Coroutine[Any, Any, Any]) -> bool:
    frame = getattr(work, "cr_frame", None)
    module = str(frame.f_globals.get("__name__", "")) if frame else ""
    return module.startswith("refdesk.") and not module.startswith("refdesk.plugins.")


@boundary
async def _carried_out(plugin: str, work: Coroutine[Any, Any, Any]) -> Any:
    hook = getattr(work, "__qualname__", "a task")  # noqa: F841 - read from the frame by the watchdog
    try:
        return await work
    except SystemExit as error:  # a task that raises it ends the whole program
        raise PluginError(f"a task of {plugin} tried to end the program") from error
