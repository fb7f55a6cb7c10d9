"""Would this plugin work here? (Its own process asks: `refdesk plugins check`.)"""

import inspect
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

from refdesk.core import hookspecs
from refdesk.core.commands import CommandTable
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.hosting.plugin_loading import load_entry_point, load_plugins
from refdesk.core.hosting.plugin_names import OWN, taken_name
from refdesk.errors import DataError, RefdeskError

GROUP = "refdesk.plugins"


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found out about one plugin; without problems it would work.

    `import_ms` is CPU time. Advice is no problem.
    """

    name: str
    version: str
    import_ms: float
    hooks: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


def entry_points_of(path: Path) -> list[EntryPoint]:
    """Return the plugins that a project's pyproject.toml names, or the one module at `path`.

    Raises `DataError` when there is neither.
    """
    project = path / "pyproject.toml"
    if not project.is_file():
        if path.suffix == ".py" or (path / "__init__.py").is_file():
            return [EntryPoint(path.stem.removeprefix("refdesk_"), path.stem, GROUP)]
        raise DataError(f"{path} has no pyproject.toml and is no Python module.")
    try:
        found = tomllib.loads(project.read_text("utf-8"))["project"]["entry-points"][GROUP]
        return [EntryPoint(str(name), str(value), GROUP) for name, value in found.items()]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{project} is not valid TOML: {error}.") from error
    except (KeyError, AttributeError, TypeError) as error:
        raise DataError(
            f'{project} names no plugin. Add [project.entry-points."{GROUP}"] with name = "module".'
        ) from error


def distribution_of(path: Path) -> str:
    """Return the name of the project at `path`; "" for a bare module."""
    if path.is_relative_to(Path(hookspecs.__file__).parents[1]):
        return OWN
    project = path / "pyproject.toml"
    if not project.is_file():
        return ""
    return str(tomllib.loads(project.read_text("utf-8"))["project"].get("name", ""))


def check_plugin(point: EntryPoint, distribution: str = "") -> Checked:
    """Load a plugin beside the installed ones, and ask it for all it brings at start.

    `distribution` is the name of the project that brings it.
    """
    owner = taken_name(GROUP, point, distribution)
    if owner is not None:
        taken = f"The name {point.name!r} is taken: {owner} has a plugin of this name. Rename it."
        return Checked(point.name, "", 0.0, problems=(taken,))
    plugin, report = load_entry_point(point, ())
    if plugin is None:
        return Checked(point.name, report.version, report.import_ms, problems=(report.reason,))
    host = PluginHost()
    # The same plugin may be installed: then this is the one that counts.
    load_plugins(host, (point.name,), ())
    try:
        host.register(point.name, plugin)
    except RefdeskError as error:
        return Checked(point.name, report.version, report.import_ms, problems=(str(error),))
    hooks = host.hooks_of(point.name)
    return Checked(
        point.name,
        report.version,
        report.import_ms,
        hooks,
        tuple(_problems(host, point.name)),
        tuple(_advice(host, point.name, plugin)),
    )


def _problems(host: PluginHost, name: str) -> Iterator[str]:
    if not host.hooks_of(name):
        yield "It implements no hook: mark its functions with @hookimpl."
    for hook in hooks_at_start():
        try:
            brought = host.collect(getattr(hookspecs, hook))
            if hook == "register_commands":
                CommandTable((who, one) for who, commands in brought for one in commands)
            if hook == "register_tables":
                tables = dict(brought).get(name)
                for table in tables.metadata.tables if tables else ():
                    if not table.startswith(f"{name}_"):
                        yield f"The name of the table {table} does not begin with {name}_."
        except RefdeskError as error:
            yield str(error)


def _advice(host: PluginHost, name: str, plugin: object) -> Iterator[str]:
    for hook in host.hooks_of(name):
        function = getattr(plugin, hook, None)
        asks = inspect.iscoroutinefunction(getattr(hookspecs, hook))
        if asks and function is not None and not inspect.iscoroutinefunction(function):
            yield f"{hook} is a plain def: each call takes a thread. Prefer async def."
    if "register_settings" in host.hooks_of(name):
        model = getattr(plugin, "register_settings")()  # noqa: B009 - it has it, as was just asked
        for key, field in model.model_fields.items():
            if field.is_required() or not field.description:
                yield f"The setting {key} should have a default and a description."


def hooks_at_start() -> list[str]:
    """Return the names of the hooks that collect."""
    return [name for name in dir(hookspecs) if name.startswith("register_")]
