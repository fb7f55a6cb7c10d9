"""Which commands of `refdesk vault` look after the keys of readers' addresses?"""

import json
from contextlib import closing

import typer

from refdesk.cli.folders import (
    ConfigOption,
    ExistingDataOption,
    JsonOption,
    existing_deployment,
)
from refdesk.cli.progress import shown_progress
from refdesk.core.vault import rotation as vault_rotation
from refdesk.core.vault.keys import VaultKeys

vault_app = typer.Typer(help="Look after the keys of readers' addresses.", no_args_is_help=True)


@vault_app.callback()
def _group() -> None:
    """Look after the keys of readers' addresses."""


@vault_app.command()
def rotate(
    *, data: ExistingDataOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Encrypt readers' addresses under a new key while servers run; goes on if interrupted."""
    with closing(existing_deployment(data, config)) as deployment:
        keys = VaultKeys(deployment.folder, deployment.settings.vault)
        library = deployment.settings.library.id
        with shown_progress("addresses") as progress:
            done = vault_rotation.rotate(deployment.database, library, keys, progress)
    if as_json:
        document = {"addresses": done.addresses, "key": done.key_id, "old_keys": done.old_keys}
        typer.echo(json.dumps(document))
        return
    typer.echo(f"{done.addresses} addresses encrypted under the key {done.key_id}.")
    if done.old_keys == "dropped":
        typer.echo(
            "The old key is gone from here. Backups made until now need it: keep it with them, "
            "and make a backup now."
        )
    elif done.old_keys == "to be taken out of your secret":
        typer.echo("Take the old key out of your secret once every server has started anew.")
