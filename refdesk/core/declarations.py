"""What have the plugins declared under a name: effects, reminders, jobs?"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.errors import PluginError


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Declared = TypeVar("Declared", bound=_Named)


def declared(
    host: PluginHost, spec: Callable[[], Sequence[Declared]], kind: type[Declared]
) -> dict[tuple[str, str], Declared]:
    """Return what a `register_*` hook brings, by plugin and name.

    Raises `PluginError` for what is no `kind`, and for a name that a plugin uses twice.
    """
    found: dict[tuple[str, str], Declared] = {}
    for plugin, brought in host.collect(spec):
        for one in brought:
            if not isinstance(one, kind):
                raise PluginError(
                    f"Plugin {plugin} brings a {type(one).__name__}, not a {kind.__name__}."
                )
            if (plugin, one.name) in found:
                raise PluginError(f"Plugin {plugin} has two of the name {one.name}.")
            found[plugin, one.name] = one
    return found
