"""How are plugins called, so that a bad one costs only its own answer?

pluggy registers and validates; it is synchronous, so calling is done here and nowhere else. Each
call has a deadline, its failure is logged with the plugin's name and counted, and a plugin that
keeps failing is set aside for a while.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar, get_type_hints

import pluggy

from refdesk.core import hookspecs
from refdesk.core.circuit_breaker import CircuitBreaker
from refdesk.core.deadlines import within
from refdesk.core.intents import Intent
from refdesk.core.plugin_context import PluginContext
from refdesk.errors import PluginError
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

    def __init__(self, deadline_seconds: float = 3.0, trace: str = "off") -> None:
        """Give each call `deadline_seconds`; `trace="on"` logs every call (REFDESK_TRACE_HOOKS)."""
        self._deadline = deadline_seconds
        self._trace = trace == "on"
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._breakers: dict[str, CircuitBreaker] = {}
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
            self._refuse_wrappers(name)
        except (pluggy.PluginValidationError, PluginError) as error:
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            raise PluginError(str(error)) from error
        self._breakers[name] = CircuitBreaker()
        self._implementations.clear()

    def unregister(self, name: str) -> None:
        """Remove a plugin; nothing asks it any more."""
        self._manager.unregister(name=name)
        del self._breakers[name]
        self._implementations.clear()

    def names(self) -> list[str]:
        """Return the plugins in the order they are asked."""
        return list(self._breakers)

    def condition(self, plugin: str) -> str:
        """Return `working`, or `set aside` after repeated failures."""
        return self._breakers[plugin].condition(time.monotonic())

    def collect(self, spec: Callable[[], R]) -> list[tuple[str, R]]:
        """Call a `register_*` hook of every plugin; failures are not caught: a start is strict."""
        return [
            (implementation.plugin, implementation.function())
            for implementation in self._of(spec.__name__)
        ]

    async def ask_all(
        self, spec: Callable[P, Awaitable[R | None]], *_args: P.args, **arguments: P.kwargs
    ) -> Sequence[Answered[R]]:
        """Ask every plugin in order; return what came back, in that order."""
        answers = []
        for implementation in self._of(spec.__name__):
            answer: Answered[R] | None = await self._ask(spec, implementation, arguments)
            if answer is not None:
                answers.append(answer)
        return answers

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
        self, plugin: str, what: str, function: Callable[..., Awaitable[R]], *arguments: Any
    ) -> Answered[R] | None:
        """Run one handler of a plugin under the same protection; None when it failed."""
        breaker = self._breakers[plugin]
        now = time.monotonic()
        if breaker.is_open(now):
            return None
        try:
            value = await within(self._deadline, _started(function, arguments))
        except Exception as error:  # the border: foreign code may raise anything
            self._note_failure(plugin, what, breaker, error)
            return None
        breaker.succeeded()
        if self._trace:
            took = round((time.monotonic() - now) * 1000, 3)
            log.info("hook_called", plugin=plugin, hook=what, ms=took, result=type(value).__name__)
        return Answered(plugin, value)

    async def _ask(
        self, spec: Callable[..., Any], implementation: _Implementation, arguments: dict[str, Any]
    ) -> Answered[Any] | None:
        given = {name: arguments[name] for name in implementation.arguments}
        context = given.get("context")
        if isinstance(context, PluginContext):
            context = given["context"] = context.bound_to(implementation.plugin)
        hook = spec.__name__

        async def call() -> Any:
            value = await _started(implementation.function, (), given)
            if not isinstance(value, self._result_type(spec)):
                raise PluginError(f"{hook} returned {type(value).__name__}")
            return value

        answer = await self.run(implementation.plugin, hook, call)
        if answer is None or answer.value is None:
            return None
        intents = tuple(context.intents) if isinstance(context, PluginContext) else ()
        return Answered(answer.plugin, answer.value, intents)

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

    def _result_type(self, spec: Callable[..., Any]) -> Any:
        expected = self._expected.get(spec.__name__)
        if expected is None:
            expected = self._expected[spec.__name__] = get_type_hints(spec)["return"]
        return expected

    def _refuse_wrappers(self, name: str) -> None:
        for caller in self._manager.get_hookcallers(self._manager.get_plugin(name)) or ():
            for one in caller.get_hookimpls():
                if one.plugin_name == name and (one.wrapper or one.hookwrapper):
                    raise PluginError(
                        f"{caller.name} cannot be wrapped: calls are asynchronous. "
                        "Use a middleware instead."
                    )
                spec = getattr(hookspecs, caller.name)
                if one.plugin_name == name and not inspect.iscoroutinefunction(one.function):
                    if inspect.iscoroutinefunction(spec):
                        log.info("hook_runs_in_thread", plugin=name, hook=caller.name)
                elif one.plugin_name == name and not inspect.iscoroutinefunction(spec):
                    raise PluginError(f"{caller.name} is called at start: use a plain def")

    def _note_failure(
        self, plugin: str, what: str, breaker: CircuitBreaker, error: Exception
    ) -> None:
        breaker.failed(time.monotonic())
        log.warning(
            "plugin_failed",
            plugin=plugin,
            hook=what,
            problem="deadline passed" if isinstance(error, TimeoutError) else type(error).__name__,
            condition=breaker.condition(time.monotonic()),
            where=_place(error),
        )


async def _thread(function: Callable[..., Any], arguments: tuple[Any, ...], named: Any) -> Any:
    return await asyncio.to_thread(function, *arguments, **named)


def _started(
    function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any] | None = None
) -> Any:
    """Return an awaitable of the call; a plain function runs in a thread."""
    if inspect.iscoroutinefunction(function):
        return function(*arguments, **(named or {}))
    return _thread(function, arguments, named or {})


def _place(error: Exception) -> str:
    """Name file and line where it was raised: enough to find it, no reader's text in it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
