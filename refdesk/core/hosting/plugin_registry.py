"""Which plugins are registered, in which order are they asked, and what do they bring at start?

This is where pluggy is used: for markers, the validation of names and arguments, and ordering.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pluggy

from refdesk.core import hookspecs
from refdesk.core.hosting.hook_checks import check_functions, result_type, with_nearest_hook
from refdesk.core.hosting.plugin_frames import place_of
from refdesk.core.hosting.plugin_work import PluginWork
from refdesk.errors import NotFoundError, PluginError, RefdeskError

R = TypeVar("R")
_SWITCH_OFF = "Repair it, or switch it off in refdesk.toml, [plugins] disabled."


@dataclass(frozen=True, slots=True)
class Implementation:
    """One plugin's function for one hook, with the arguments it wants."""

    work: PluginWork
    function: Callable[..., Any]
    arguments: tuple[str, ...]


class PluginRegistry:
    """The registered plugins: the first registered is the first asked."""

    def __init__(self) -> None:
        """Begin with none."""
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._works: dict[str, PluginWork] = {}
        self._implementations: dict[str, tuple[Implementation, ...]] = {}
        self._expected: dict[str, Any] = {}

    def add(self, name: str, plugin: object) -> None:
        """Register a plugin.

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
        self._works[name] = PluginWork(name)
        self._implementations.clear()

    def remove(self, name: str) -> PluginWork:
        """Take a plugin off; return what was known about it."""
        self._manager.unregister(name=name)
        self._implementations.clear()
        return self._works.pop(name)

    def works(self) -> list[PluginWork]:
        """Return every plugin's work, in asking order."""
        return list(self._works.values())

    def find(self, name: str) -> PluginWork | None:
        """Return the work of a plugin, or None."""
        return self._works.get(name)

    def work_of(self, name: str) -> PluginWork:
        """Return the work of a plugin; raises `NotFoundError`."""
        work = self._works.get(name)
        if work is None:
            raise NotFoundError(
                f"There is no plugin {name}. Running are: {', '.join(self._works)}."
            )
        return work

    def implementations(self, hook: str) -> tuple[Implementation, ...]:
        """Return who implements a hook, in asking order, looked up once."""
        found = self._implementations.get(hook)
        if found is None:
            found = self._implementations[hook] = self._looked_up(hook)
        return found

    def collect(self, spec: Callable[[], R]) -> list[tuple[str, R]]:
        """Call a `register_*` hook of every plugin.

        A start is strict: raises `PluginError` naming the plugin that fails or returns nonsense.
        """
        return [
            (one.work.name, self._collected(spec, one))
            for one in self.implementations(spec.__name__)
        ]

    def result_type(self, spec: Callable[..., Any]) -> Any:
        """Return what a hook's results are instances of, looked up once."""
        expected = self._expected.get(spec.__name__)
        if expected is None:
            expected = self._expected[spec.__name__] = result_type(spec)
        return expected

    def hooks_of(self, name: str) -> tuple[str, ...]:
        """Return the hooks that a plugin implements, by name."""
        callers = self._manager.get_hookcallers(self._manager.get_plugin(name)) or ()
        return tuple(sorted(caller.name for caller in callers))

    def files(self) -> dict[str, str]:
        """Return where the plugins' code lies, a module's file or a package's folder, and whose."""
        found = {}
        for name in self._works:
            file = getattr(self._manager.get_plugin(name), "__file__", None)
            if isinstance(file, str):
                is_package = Path(file).name == "__init__.py"
                found[f"{Path(file).parent}/" if is_package else file] = name
        return found

    def _looked_up(self, hook: str) -> tuple[Implementation, ...]:
        order = {name: place for place, name in enumerate(self._works)}
        # pluggy keeps last-called first; tryfirst and trylast stay at their ends.
        implementations = list(reversed(getattr(self._manager.hook, hook).get_hookimpls()))
        implementations.sort(
            key=lambda one: (one.trylast, not one.tryfirst, order[one.plugin_name])
        )
        return tuple(
            Implementation(self._works[one.plugin_name], one.function, tuple(one.argnames))
            for one in implementations
        )

    def _collected(self, spec: Callable[[], R], implementation: Implementation) -> R:
        hook, plugin = spec.__name__, implementation.work.name
        try:
            value: R = implementation.function()
        except (RefdeskError, KeyboardInterrupt):
            raise
        except BaseException as error:  # the border: foreign code may raise anything
            raise PluginError(
                f"Plugin {plugin} failed in {hook} ({type(error).__name__}, {place_of(error)}). "
                f"{_SWITCH_OFF}"
            ) from error
        if not isinstance(value, self.result_type(spec)):
            raise PluginError(
                f"Plugin {plugin} returned {type(value).__name__} from {hook}. {_SWITCH_OFF}"
            )
        return value
