"""Which plugins and adapters are there? (`refdesk plugins list`, `refdesk adapters list`)"""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace

import typer

from refdesk.app import App
from refdesk.cli import plugin_check, plugin_new, plugin_switch
from refdesk.cli.folders import ConfigOption, DataOption, JsonOption, chosen_deployment
from refdesk.core.hosting.plugin_loading import LoadReport

plugins_app = typer.Typer(help="Show the plugins.", no_args_is_help=True)
adapters_app = typer.Typer(help="Show the adapters.", no_args_is_help=True)


plugins_app.command("new")(plugin_new.new)
plugins_app.command("check")(plugin_check.check)
plugins_app.command("off")(plugin_switch.off)
plugins_app.command("on")(plugin_switch.on)


@adapters_app.callback()
def _group() -> None:
    """Keep `list` a command of its own although it is the only one."""


@plugins_app.command("list")
def list_plugins(
    *, data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """List plugins in the order they are asked: loaded, off, disabled, or quarantined and why."""
    with closing(chosen_deployment(data, config)) as deployment:
        app = App(deployment)
        loaded = [report for report in app.plugin_reports if report.condition == "loaded"]
        off = {report.name: app.host.off_accounts(report.name) for report in loaded}
        _show(
            [_as_switched(one, off.get(one.name, frozenset())) for one in app.plugin_reports],
            as_json,
        )


@adapters_app.command("list")
def list_adapters(
    *, data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """List adapters: loaded, disabled, or quarantined and why."""
    with closing(chosen_deployment(data, config)) as deployment:
        app = App(deployment)
        _show(app.adapter_reports, as_json)


def _as_switched(report: LoadReport, accounts: frozenset[str]) -> LoadReport:
    """Say of a loaded plugin that it is switched off, or for which accounts."""
    if report.condition != "loaded":
        return report
    if "" in accounts:
        return replace(report, condition="off", reason="switched off while running")
    if accounts:
        return replace(report, reason=f"off for {', '.join(sorted(accounts))}")
    return report


def _show(reports: Sequence[LoadReport], as_json: bool) -> None:
    if as_json:
        rows = [{**asdict(report), "order": n} for n, report in enumerate(reports, start=1)]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for number, report in enumerate(reports, start=1):
        line = f"{number:>2}  {report.name:<16} {report.condition:<12} {report.import_ms:>7.1f} ms"
        typer.echo(f"{line}  {report.reason}".rstrip())
