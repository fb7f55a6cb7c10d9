"""How are the plugins? (What administrators see at the desk and in the staff API.)"""

from collections.abc import Sequence
from dataclasses import dataclass

from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.hosting.plugin_loading import LoadReport


@dataclass(frozen=True, slots=True)
class PluginRow:
    """One plugin as it is now.

    `condition` is `working`, `set aside`, `blocked` or `off` for one that was loaded, else
    `quarantined` or `disabled` with the `reason`. Calls, failures and seconds are counted since
    the start; `tasks` of its own run at this moment; it is off for the accounts of `off_for`.
    """

    name: str
    order: int
    condition: str
    reason: str
    version: str
    import_ms: float
    calls: int = 0
    failures: int = 0
    seconds: float = 0.0
    blocked_seconds: float = 0.0
    tasks: int = 0
    off_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PluginOverview:
    """What is known of all plugins, loaded or not."""

    host: PluginHost
    reports: Sequence[LoadReport]

    def rows(self) -> list[PluginRow]:
        """Return every plugin, in asking order."""
        return [self._row(order, report) for order, report in enumerate(self.reports, start=1)]

    def _row(self, order: int, report: LoadReport) -> PluginRow:
        name = report.name
        if report.condition != "loaded":
            return PluginRow(
                name, order, report.condition, report.reason, report.version, report.import_ms
            )
        work = self.host.work_of(name)
        counts = work.statistics()
        return PluginRow(
            name,
            order,
            self.host.condition(name),
            report.reason,
            report.version,
            report.import_ms,
            calls=sum(one.calls for one in counts),
            failures=sum(one.failures for one in counts),
            seconds=sum(one.seconds for one in counts),
            blocked_seconds=sum(one.blocked_seconds for one in counts),
            tasks=len(work.tasks),
            off_for=tuple(sorted(self.host.off_accounts(name) - {""})),
        )
