"""What do the plugins say to this, and which of them may speak at the moment?

Registration is in `plugin_registry`, the protection of one call in `plugin_calls`. pluggy is
synchronous, so calling is done here and nowhere else.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Literal, ParamSpec, TypeVar

from refdesk.core.hosting.plugin_calls import Answered, PluginCalls
from refdesk.core.hosting.plugin_frames import Standing
from refdesk.core.hosting.plugin_registry import Implementation, PluginRegistry
from refdesk.core.hosting.plugin_resources import PluginResources
from refdesk.core.hosting.plugin_work import HookStatistics, PluginWork
from refdesk.core.plugin_context import PluginContext
from refdesk.logs import get_logger

__all__ = ["Answered", "PluginHost", "Position"]
P = ParamSpec("P")
R = TypeVar("R")
Position = Literal["on", "off"]
log = get_logger(__name__)


class PluginHost:
    """The plugins of one app, and the only place that calls them."""

    def __init__(
        self,
        deadline_seconds: float = 3.0,
        trace: str = "off",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Give each call `deadline_seconds`; `trace="on"` logs every call (REFDESK_TRACE_HOOKS)."""
        self._clock = clock
        self._calls = PluginCalls(deadline_seconds, trace, clock)
        self._registry = PluginRegistry()
        self._off: dict[str, frozenset[str]] = {}
        self.resources = PluginResources()

    def register(self, name: str, plugin: object) -> None:
        """Add a plugin: the first registered is the first asked.

        Raises `PluginError` when it does not fit the hooks.
        """
        self._registry.add(name, plugin)

    async def unregister(self, name: str) -> None:
        """Remove a plugin: nothing asks it any more, and what it has left running ends."""
        self._off.pop(name, None)
        await self._let_go(self._registry.remove(name))

    def names(self) -> list[str]:
        """Return the plugins in the order they are asked."""
        return [work.name for work in self._registry.works()]

    def collect(self, spec: Callable[[], R]) -> list[tuple[str, R]]:
        """Call a `register_*` hook of every plugin; return what each of them brings.

        A start is strict: raises `PluginError` naming the plugin that fails or returns nonsense.
        """
        return self._registry.collect(spec)

    async def ask_all(
        self, spec: Callable[P, Awaitable[R | None]], *_args: P.args, **arguments: P.kwargs
    ) -> Sequence[Answered[R]]:
        """Ask every plugin, side by side; return what came back, in the plugins' order.

        All together take as long as the slowest, so one that hangs does not use up the time in
        which a platform wants its answer.
        """
        asked = [self._ask(spec, one, arguments) for one in self._asked(spec, arguments)]
        answers = await asyncio.gather(*asked) if len(asked) > 1 else [await one for one in asked]
        return [answer for answer in answers if answer is not None]

    async def ask_first(
        self, spec: Callable[P, Awaitable[R | None]], *_args: P.args, **arguments: P.kwargs
    ) -> Answered[R] | None:
        """Ask plugins in order; return the first result that is not None."""
        for implementation in self._asked(spec, arguments):
            answer: Answered[R] | None = await self._ask(spec, implementation, arguments)
            if answer is not None:
                return answer
        return None

    async def run(
        self,
        plugin: str,
        what: str,
        function: Callable[..., Awaitable[R]],
        *arguments: Any,
        expected: Any = object,
        seconds: float | None = None,
    ) -> Answered[R] | None:
        """Run one handler of a plugin under the same protection; its context comes last.

        `seconds` is its deadline where it has one of its own. None when it failed, which includes
        a result that is no instance of `expected`, and when the plugin is switched off.
        """
        work = self._registry.find(plugin)
        if work is None or (self._off and not self.serves(plugin, "")):
            return None
        last = arguments[-1] if arguments else None
        context = last if isinstance(last, PluginContext) else None
        return await self._calls.call(
            work, what, expected, function, arguments, {}, context, seconds
        )

    async def switch(self, plugin: str, position: Position, account: str = "") -> None:
        """Switch a plugin on or off while the program runs; `account` empty: everywhere.

        From this moment on its offers, commands, buttons and pages are gone, or back. When it is
        off everywhere, its tasks end and what it has opened is closed; switched on again, its
        failures are forgotten. Raises `NotFoundError` when there is no such plugin.
        """
        work = self._registry.work_of(plugin)
        before = self.off_accounts(plugin)
        after = before | {account} if position == "off" else before - {account}
        if after == before:
            return
        self._off.pop(plugin, None)
        if after:
            self._off[plugin] = after
        log.info("plugin_switched", plugin=plugin, position=position, account=account or "all")
        if not account and position == "on":
            work.forgive()
        elif not account:
            await self._let_go(work)

    def begin_off(self, off: Iterable[tuple[str, str]]) -> None:
        """Begin with these pairs of plugin and account switched off; nothing runs yet."""
        for plugin, account in off:
            self._off[plugin] = self.off_accounts(plugin) | {account}

    def off_accounts(self, plugin: str) -> frozenset[str]:
        """Return the channel accounts a plugin is switched off for; "" stands for everywhere."""
        return self._off.get(plugin, frozenset())

    def serves(self, plugin: str, account: str) -> bool:
        """Say whether a plugin is switched on for a channel account."""
        off = self._off.get(plugin)
        return off is None or ("" not in off and account not in off)

    def work_of(self, plugin: str) -> PluginWork:
        """Return what is known of a plugin at work; raises `NotFoundError`."""
        return self._registry.work_of(plugin)

    def condition(self, plugin: str) -> str:
        """Return `working`, `off`, `set aside` after repeated failures, `blocked` or `gone`.

        Blocked: as many of its plain functions hang in threads as are allowed. Gone: there is no
        such plugin.
        """
        work = self._registry.find(plugin)
        if work is None:
            return "gone"
        return work.condition(self._clock()) if self.serves(plugin, "") else "off"

    def statistics(self) -> list[HookStatistics]:
        """Return calls, failures and times since the start, by plugin and hook."""
        return [one for work in self._registry.works() for one in work.statistics()]

    def hooks_of(self, plugin: str) -> tuple[str, ...]:
        """Return the hooks that a plugin implements, by name."""
        return self._registry.hooks_of(plugin)

    def files(self) -> dict[str, str]:
        """Return where the plugins' code lies, a module's file or a package's folder, and whose."""
        return self._registry.files()

    def blocking(self, standing: Standing) -> None:
        """Hear from the watchdog's thread that a plugin holds everybody up at this moment."""
        work = self._registry.find(standing.plugin)
        if work is not None:
            work.blockages += 1

    def blocked(self, standing: Standing, seconds: float) -> None:
        """Hear that a plugin has held everybody up for so long: a failure like any other."""
        work = self._registry.find(standing.plugin)
        if work is not None:
            count = work.count(standing.hook)
            count.failures += 1
            count.blocked_seconds += seconds
            work.breaker.failed(self._clock())

    async def close(self) -> None:
        """Close what the plugins have opened and end what they have left running."""
        await asyncio.gather(*(self._let_go(work) for work in self._registry.works()))

    async def _let_go(self, work: PluginWork) -> None:
        work.requests.end()
        await self.resources.close(work.name)
        await work.tasks.end()

    async def _ask(
        self, spec: Callable[..., Any], implementation: Implementation, arguments: dict[str, Any]
    ) -> Answered[Any] | None:
        work = implementation.work
        given = {name: arguments[name] for name in implementation.arguments}
        context = given.get("context")
        if isinstance(context, PluginContext):
            context = given["context"] = context.bound_to(work.name)
        expected, function = self._registry.result_type(spec), implementation.function
        answer = await self._calls.call(work, spec.__name__, expected, function, (), given, context)
        return None if answer is None or answer.value is None else answer

    def _asked(
        self, spec: Callable[..., Any], arguments: dict[str, Any]
    ) -> Sequence[Implementation]:
        """Return the implementations of the plugins that are switched on here."""
        everybody = self._registry.implementations(spec.__name__)
        if not self._off:
            return everybody
        account = getattr(arguments.get("consultation"), "account", "")
        return [one for one in everybody if self.serves(one.work.name, account)]
