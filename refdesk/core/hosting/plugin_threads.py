"""How is a plain function of a plugin run without holding anybody else up?

In a thread of its own that ends with the process. Threads of a shared pool would be used up by a
function that blocks for ever, and a pool waits for its threads before the program may end.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any

from refdesk.errors import PluginError
from refdesk.loops import running_loop

# Calls of one plugin that have passed their deadline and still block; more are refused at once.
MOST_THREADS = 8


class PluginThreads:
    """The threads in which one plugin's plain functions run."""

    def __init__(self, plugin: str) -> None:
        """Run functions of `plugin`."""
        self._plugin = plugin
        self._running = 0

    def are_used_up(self) -> bool:
        """Say whether so many calls hang that a further one is refused."""
        return self._running >= MOST_THREADS

    async def call(self, function: Callable[[], Any]) -> Any:
        """Return the function's result, or raise what it raises.

        Raises `PluginError` when so many earlier calls still block that another would too.
        """
        if self.are_used_up():
            raise PluginError(f"{self._running} earlier calls of {self._plugin} still block")
        loop = running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        context = contextvars.copy_context()

        def finish(result: Any, error: BaseException | None) -> None:
            self._running -= 1
            if done.done():
                return  # nobody waits any more
            if error is None:
                done.set_result(result)
            else:
                done.set_exception(error)

        def work() -> None:
            result: Any = None
            error: BaseException | None = None
            try:
                result = context.run(function)
            except StopIteration:
                error = PluginError("StopIteration cannot leave a function that is awaited")
            except BaseException as raised:  # handed on to the one who waits
                error = raised
            try:
                loop.call_soon_threadsafe(finish, result, error)
            except RuntimeError:
                return  # the loop has ended: nobody is left to be told

        self._running += 1
        threading.Thread(target=work, name=f"plugin-{self._plugin}", daemon=True).start()
        return await done
