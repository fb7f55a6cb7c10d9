"""How are plugins called, so that a bad one costs only its own answer?

pluggy registers and validates; it is synchronous, so calling is done here and nowhere else. Each
call has a deadline, its failure is logged with the plugin's name and counted, and a plugin that
keeps failing is set aside for a while.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Generic, ParamSpec, TypeVar

import pluggy

from refdesk.core import hookspecs
from refdesk.core.circuit_breaker import CircuitBreaker
from refdesk.core.deadlines import within
from refdesk.core.hook_checks import check_functions, result_type, with_nearest_hook
from refdesk.core.intents import Intent
from refdesk.core.plugin_context import PluginContext
from refdesk.core.plugin_threads import PluginThreads
from refdesk.errors import PluginError, RefdeskError
from refdesk.logs import get_logger

P = ParamSpec("P")
R = TypeVar("R")
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answered(Generic[R]):
    """What one plugin returned, and what it wants to happen if it wins."""

    plugin: str
    value: R
    intents: tuple[Intent, ...] = ()


@dataclass(frozen=True, slots=True)
class _Implementation:
    plugin: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]


class PluginHost:
    """The registered plugins of one app, and the only place that calls them."""

    def __init__(
        self,
        deadline_seconds: float = 3.0,
        trace: str = "off",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Give each call `deadline_seconds`; `trace="on"` logs every call (REFDESK_TRACE_HOOKS)."""
        self._deadline = deadline_seconds
        self._clock = clock
        self._trace = trace == "on"
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._breakers: dict[str, CircuitBreaker] = {}
        self._threads: dict[str, PluginThreads] = {}
        self._implementations: dict[str, tuple[_Implementation, ...]] = {}
        self._expected: dict[str, Any] = {}

    def register(self, name: str, plugin: object) -> None:
        """Add a plugin: the first registered is the first asked.

        Raises `PluginError` when it implements a hook that does not exist, wants arguments that a
        hook does not have, or wraps an asking hook.
        """
        try:
            self._manager.register(plugin, name)
            self._manager.check_pending()
            check_functions(self._manager, name)
        except (pluggy.PluginValidationError, PluginError) as error:
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            raise PluginError(with_nearest_hook(str(error))) from error
        except ValueError as error:
            raise PluginError(f"{name} is registered already, perhaps by another name") from error
        self._breakers[name] = CircuitBreaker()
        self._threads[name] = PluginThreads(name)
        self._implementations.clear()

    def unregister(self, name: str) -> None:
        """Remove a plugin; nothing asks it any more."""
        self._manager.unregister(name=name)
        del self._breakers[name], self._threads[name]
        self._implementations.clear()

    def names(self) -> list[str]:
        """Return the plugins in the order they are asked."""
        return list(self._breakers)

    def condition(self, plugin: str) -> str:
        """Return `working`, or `set aside` after repeated failures."""
        return self._breakers[plugin].condition(self._clock())

    def collect(self, spec: Callable[[], R]) -> list[tuple[str, R]]:
        """Call a `register_*` hook of every plugin.

        A start is strict: raises `PluginError` naming the plugin that fails or returns nonsense.
        """
        return [(one.plugin, self._collected(spec, one)) for one in self._of(spec.__name__)]

    async def ask_all(
        self, spec: Callable[P, Awaitable[R | None]], *_args: P.args, **arguments: P.kwargs
    ) -> Sequence[Answered[R]]:
        """Ask every plugin, side by side; return what came back, in the plugins' order.

        All together take as long as the slowest, so one that hangs does not use up the time in
        which a platform wants its answer.
        """
        asked = [self._ask(spec, one, arguments) for one in self._of(spec.__name__)]
        answers = await asyncio.gather(*asked) if len(asked) > 1 else [await one for one in asked]
        return [answer for answer in answers if answer is not None]

    async def ask_first(
        self, spec: Callable[P, Awaitable[R | None]], *_args: P.args, **arguments: P.kwargs
    ) -> Answered[R] | None:
        """Ask plugins in order; return the first result that is not None."""
        for implementation in self._of(spec.__name__):
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
    ) -> Answered[R] | None:
        """Run one handler of a plugin under the same protection.

        None when it failed, which includes a result that is no instance of `expected`.
        """
        return await self._call(plugin, what, expected, function, arguments, {})

    async def _ask(
        self, spec: Callable[..., Any], implementation: _Implementation, arguments: dict[str, Any]
    ) -> Answered[Any] | None:
        plugin, function = implementation.plugin, implementation.function
        given = {name: arguments[name] for name in implementation.arguments}
        context = given.get("context")
        if isinstance(context, PluginContext):
            context = given["context"] = context.bound_to(plugin)
        expected = self._result_type(spec)
        answer = await self._call(plugin, spec.__name__, expected, function, (), given)
        if answer is None or answer.value is None:
            return None
        intents = tuple(context.intents) if isinstance(context, PluginContext) else ()
        return Answered(answer.plugin, answer.value, intents)

    async def _call(
        self,
        plugin: str,
        what: str,
        expected: Any,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        named: dict[str, Any],
    ) -> Answered[Any] | None:
        """Let a plugin work, with everything that keeps a bad one from harming others."""
        breaker = self._breakers[plugin]
        began = self._clock()
        if breaker.is_open(began):
            return None
        try:
            started = self._started(plugin, function, arguments, named)
            value = await within(self._deadline, started)
            if not isinstance(value, expected):
                raise PluginError(f"{what} returned {type(value).__name__}")  # noqa: TRY301 - a failure like any other
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody has cancelled us: the plugin let its own cancelled work escape.
            self._note_failure(plugin, what, breaker, error)
            return None
        except (KeyboardInterrupt, GeneratorExit):
            raise  # the program ends
        except BaseException as error:  # the border: foreign code may raise anything
            self._note_failure(plugin, what, breaker, error)
            return None
        breaker.succeeded()
        if self._trace:
            took = round((self._clock() - began) * 1000, 3)
            log.info("hook_called", plugin=plugin, hook=what, ms=took, result=type(value).__name__)
        return Answered(plugin, value)

    def _of(self, hook: str) -> tuple[_Implementation, ...]:
        """Return a hook's implementations in asking order, looked up once."""
        found = self._implementations.get(hook)
        if found is None:
            order = {name: place for place, name in enumerate(self._breakers)}
            caller = getattr(self._manager.hook, hook)
            # pluggy keeps last-called first; tryfirst and trylast stay at their ends.
            implementations = list(reversed(caller.get_hookimpls()))
            implementations.sort(
                key=lambda one: (one.trylast, not one.tryfirst, order[one.plugin_name])
            )
            found = self._implementations[hook] = tuple(
                _Implementation(one.plugin_name, one.function, tuple(one.argnames))
                for one in implementations
            )
        return found

    def _collected(self, spec: Callable[[], R], implementation: _Implementation) -> R:
        hook, plugin = spec.__name__, implementation.plugin
        switch_off = "Repair it, or switch it off in refdesk.toml, [plugins] disabled."
        try:
            value: R = implementation.function()
        except (RefdeskError, KeyboardInterrupt):
            raise
        except BaseException as error:  # the border, as above
            raise PluginError(
                f"Plugin {plugin} failed in {hook} ({type(error).__name__}, {_place(error)}). "
                f"{switch_off}"
            ) from error
        if not isinstance(value, self._result_type(spec)):
            raise PluginError(
                f"Plugin {plugin} returned {type(value).__name__} from {hook}. {switch_off}"
            )
        return value

    def _result_type(self, spec: Callable[..., Any]) -> Any:
        """Return what a hook's results are instances of, looked up once."""
        expected = self._expected.get(spec.__name__)
        if expected is None:
            expected = self._expected[spec.__name__] = result_type(spec)
        return expected

    def _started(
        self,
        plugin: str,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        named: dict[str, Any],
    ) -> Coroutine[Any, Any, Any]:
        """Return a coroutine of the call; a plain function runs in a thread."""
        if _is_asynchronous(function):
            coroutine: Coroutine[Any, Any, Any] = function(*arguments, **named)
            return coroutine
        return self._in_thread(plugin, partial(function, *arguments, **named))

    async def _in_thread(self, plugin: str, function: Callable[[], Any]) -> Any:
        value = await self._threads[plugin].call(function)
        # A lambda or partial of an `async def` is a plain function that returns a coroutine.
        return await value if inspect.isawaitable(value) else value

    def _note_failure(
        self, plugin: str, what: str, breaker: CircuitBreaker, error: BaseException
    ) -> None:
        breaker.failed(self._clock())
        log.warning(
            "plugin_failed",
            plugin=plugin,
            hook=what,
            problem="deadline passed" if isinstance(error, TimeoutError) else type(error).__name__,
            condition=breaker.condition(self._clock()),
            where=_place(error),
        )


def _place(error: BaseException) -> str:
    """Name file and line where it was raised: enough to find it, no reader's text in it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""


@lru_cache(maxsize=4096)
def _is_asynchronous(function: Callable[..., Any]) -> bool:
    """Say whether a call gives a coroutine; remembered, since finding out costs 5 us each time."""
    return inspect.iscoroutinefunction(function)
