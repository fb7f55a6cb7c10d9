"""Which deployment does a command work on? (`--data DIR` or `--config FILE`)"""

from pathlib import Path
from typing import Annotated

import typer

from refdesk.core.settings import Settings, load_settings
from refdesk.deployment import DATABASE_FILE, SETTINGS_FILE, Deployment, open_deployment
from refdesk.errors import DataError

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder of the deployment; created if absent.")
]
ExistingDataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder of the deployment; there must be one.")
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Configuration file; its folder is the deployment.")
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output.")
]
DEFAULT_FOLDER = Path("refdesk-data")


def chosen_deployment(data: Path | None, config: Path | None) -> Deployment:
    """Open what the options name; without either, `./refdesk-data`."""
    folder, _file = chosen_place(data, config)
    return open_deployment(folder, config)


def existing_deployment(data: Path | None, config: Path | None) -> Deployment:
    """Open what the options name; a mistyped folder does not become a new, empty library.

    Raises `DataError` where there is no library, and has made nothing then.
    """
    folder, file = chosen_place(data, config)
    settings = load_settings(file) if config is not None or file.exists() else Settings()
    if settings.storage.dsn is None and not (folder / DATABASE_FILE).exists():
        raise DataError(
            f"{folder} holds no library: there is no {DATABASE_FILE}. Nothing was made."
        )
    return open_deployment(folder, config)


def chosen_place(data: Path | None, config: Path | None) -> tuple[Path, Path]:
    """Return the folder that the options name and its configuration file; opens neither."""
    if data is not None and config is not None:
        raise typer.BadParameter("give --data or --config, not both")
    if config is not None:
        return config.resolve().parent, config
    folder = data or DEFAULT_FOLDER
    return folder, folder / SETTINGS_FILE
