"""How is a plugin switched off and on from the command line? (`refdesk plugins off|on NAME`)"""

from contextlib import closing
from typing import Annotated

import typer

from refdesk.cli.folders import ConfigOption, DataOption, chosen_deployment
from refdesk.cli.known_names import refuse_unknown_account, refuse_unknown_plugin
from refdesk.core.hosting.plugin_host import Position
from refdesk.core.hosting.plugin_switches import PluginSwitches

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
            refuse_unknown_plugin(name)
            if account:
                refuse_unknown_account(account, deployment)
        switches.turn_blocking(name, position, account, by="command line")
    where = f" for {account}" if account else ""
    typer.echo(f"{name} is {position}{where}. A running server follows within a second.")
