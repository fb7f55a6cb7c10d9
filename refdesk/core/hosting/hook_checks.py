"""Does what a plugin brings fit the hooks? (Checked once, when it is registered.)"""

import inspect
import re
from collections.abc import Callable
from difflib import get_close_matches
from types import UnionType
from typing import Any, get_origin, get_type_hints

import pluggy

from refdesk.core import hookspecs
from refdesk.errors import PluginError
from refdesk.logs import get_logger

log = get_logger(__name__)
_SPEC_MARK = f"{hookspecs.PROJECT}_spec"


def check_functions(manager: pluggy.PluginManager, name: str) -> None:
    """Look at each function of the registered plugin `name`.

    Raises `PluginError` for a wrapper and for an `async def` where the hook is called at start;
    notes in the log where a plain `def` will run in a thread.
    """
    for caller in manager.get_hookcallers(manager.get_plugin(name)) or ():
        spec = getattr(hookspecs, caller.name, None)
        if spec is None:
            continue  # marked as optional: a hook of another version
        for one in caller.get_hookimpls():
            if one.plugin_name == name:
                _check(one, caller.name, spec)


def _check(implementation: pluggy.HookImpl, hook: str, spec: Callable[..., Any]) -> None:
    if implementation.wrapper or implementation.hookwrapper:
        raise PluginError(
            f"{hook} cannot be wrapped: calls are asynchronous. Use a middleware instead."
        )
    asks = inspect.iscoroutinefunction(spec)
    waits = inspect.iscoroutinefunction(implementation.function)
    if asks and not waits:
        log.info("hook_runs_in_thread", plugin=implementation.plugin_name, hook=hook)
    if waits and not asks:
        raise PluginError(f"{hook} is called at start: use a plain def")


def with_nearest_hook(problem: str) -> str:
    """Add to pluggy's words which hook may have been meant."""
    misspelt = re.search(r"unknown hook '(\w+)'", problem)
    if misspelt is None:
        return problem
    known = [name for name in dir(hookspecs) if hasattr(getattr(hookspecs, name), _SPEC_MARK)]
    near = get_close_matches(misspelt[1], known, n=1)
    return f"{problem}. Did you mean {near[0]!r}?" if near else problem


def result_type(spec: Callable[..., Any]) -> Any:
    """Return what `isinstance` understands of a hook's result."""
    hint = get_type_hints(spec)["return"]
    origin = get_origin(hint)
    return origin if isinstance(origin, type) and origin is not UnionType else hint
