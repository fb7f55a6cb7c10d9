"""Which plugins are there, and what becomes of one that cannot be loaded?

Entry points are loaded one by one, so that a broken one is put in quarantine with its reason and
the others work. Whether one is wanted is decided before it is imported.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any, Literal

from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.hosting.plugin_names import found_entry_points, refused_entry_points
from refdesk.errors import PluginError
from refdesk.logs import get_logger

log = get_logger(__name__)
Condition = Literal["loaded", "off", "quarantined", "disabled"]


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of one plugin or adapter; `import_ms` is CPU time."""

    name: str
    condition: Condition
    reason: str = ""
    version: str = ""
    import_ms: float = 0.0


def load_plugins(
    host: PluginHost, disabled: Sequence[str], first: Sequence[str]
) -> list[LoadReport]:
    """Register every wanted plugin: those named in `first` in that order, then by name."""
    reports = []
    for point in found_entry_points("refdesk.plugins", first):
        plugin, report = load_entry_point(point, disabled)
        if plugin is not None:
            try:
                host.register(point.name, plugin)
            except PluginError as error:
                report = LoadReport(point.name, "quarantined", str(error), report.version)
        reports.append(report)
    reports += refused_names("refdesk.plugins")
    for report in reports:
        if report.condition == "quarantined":
            log.error("plugin_quarantined", plugin=report.name, reason=report.reason)
    return reports


def refused_names(group: str) -> list[LoadReport]:
    """Report those who bear another's name; they are not imported."""
    return [
        LoadReport(point.name, "quarantined", reason, _version(point))
        for point, reason in refused_entry_points(group)
    ]


def load_entry_point(point: EntryPoint, disabled: Sequence[str]) -> tuple[Any | None, LoadReport]:
    """Import what an entry point names; None and the reason when that fails."""
    version = _version(point)
    if point.name in disabled:
        return None, LoadReport(point.name, "disabled", "switched off in refdesk.toml", version)
    began = time.process_time()
    try:
        loaded = point.load()
    except KeyboardInterrupt:
        raise  # somebody at the terminal wants the program to end
    except BaseException as error:  # the border: importing runs foreign code
        reason = f"{type(error).__name__}: {error}"
        return None, LoadReport(point.name, "quarantined", reason, version)
    took = round((time.process_time() - began) * 1000, 1)
    return loaded, LoadReport(point.name, "loaded", "", version, took)


def _version(point: EntryPoint) -> str:
    return point.dist.version if point.dist else ""
