"""How is a deployment copied to one file? (`refdesk backup`)"""

import json
from pathlib import Path
from typing import Annotated

import typer

from refdesk.cli.folders import ConfigOption, ExistingDataOption, JsonOption, chosen_place
from refdesk.cli.progress import shown_progress
from refdesk.core.backup.backup import Place, back_up
from refdesk.core.backup.backup_archive import KEYS
from refdesk.core.settings import Settings, load_settings
from refdesk.errors import DataError


def backup(
    file: Annotated[Path, typer.Argument(help="The backup; one that is there is replaced.")],
    *,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Put secret.key and vault.key into it.")
    ] = False,
    data: ExistingDataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write database and configuration to one file; servers and commands go on meanwhile."""
    folder, settings_file = chosen_place(data, config)
    settings = load_settings(settings_file) if settings_file.exists() else Settings()
    if settings.storage.dsn is not None:
        raise DataError(
            f"The rows of this deployment are on PostgreSQL: back them up with pg_dump, and keep "
            f"refdesk.toml, erasures.jsonl, secret.key and vault.key of {folder} apart from it."
        )
    place = Place(folder, settings_file, settings.library.id)
    with shown_progress("") as progress:
        made = back_up(place, file, "included" if with_keys else "left out", progress)
    size = file.stat().st_size
    if as_json:
        document = {
            "file": str(file),
            "bytes": size,
            "made_at": made.made_at,
            "schema": made.schema,
            "keys": made.keys,
            "files": list(made.files),
        }
        typer.echo(json.dumps(document))
    else:
        typer.echo(f"{file}: {', '.join(made.files)} of {made.made_at}, {size} bytes")
    if any(name in made.files for name in KEYS):
        typer.echo("It holds the keys: whoever has it can read readers' addresses.", err=True)
    elif not with_keys:
        _tell_about_keys(folder)


def _tell_about_keys(folder: Path) -> None:
    there = [name for name in KEYS if (folder / name).exists()]
    if there:
        names = " and ".join(there)
        typer.echo(
            f"The keys are not in it. Keep {names} of {folder} at another place: without vault.key "
            "readers on other platforms cannot be reached.",
            err=True,
        )
