"""How is a plugin switched off and on from the command line? (`refdesk plugins off|on NAME`)"""

from contextlib import closing
from difflib import get_close_matches
from typing import Annotated

import typer

from refdesk.cli.folders import ConfigOption, DataOption, chosen_deployment
from refdesk.core.hosting.plugin_host import Position
from refdesk.core.hosting.plugin_names import found_entry_points
from refdesk.core.hosting.plugin_switches import PluginSwitches
from refdesk.errors import NotFoundError

NameArgument = Annotated[str, typer.Argument(help="The plugin's name, as `plugins list` shows it.")]
AccountOption = Annotated[
    str, typer.Option("--account", help="Only for this channel account; else for all.")
]


def off(
    name: NameArgument,
    account: AccountOption = "",
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Switch a plugin off; a running server follows within a second."""
    _turn(name, "off", account, data, config)


def on(
    name: NameArgument,
    account: AccountOption = "",
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Switch a plugin on again; a running server follows within a second."""
    _turn(name, "on", account, data, config)


def _turn(
    name: str, position: Position, account: str, data: DataOption, config: ConfigOption
) -> None:
    with closing(chosen_deployment(data, config)) as deployment:
        switches = PluginSwitches(deployment.database, deployment.settings.library.id)
        if position == "off":  # what is gone may still be switched on, that is, forgotten
            _known(name, "plugin", "refdesk.plugins")
            adapters = deployment.settings.adapters.model_extra or {}
            if account:
                _known(account, "channel account", "refdesk.adapters", *adapters)
        switches.turn_blocking(name, position, account, by="command line")
    where = f" for {account}" if account else ""
    typer.echo(f"{name} is {position}{where}. A running server follows within a second.")


def _known(name: str, kind: str, group: str, *others: str) -> None:
    names = [*(point.name for point in found_entry_points(group)), *others]
    if name not in names:
        near = get_close_matches(name, names, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known are: {', '.join(names)}."
        raise NotFoundError(f"There is no {kind} {name!r}. {hint}")
