"""How is a deployment made from a backup? (`refdesk restore`)"""

import json
from pathlib import Path
from typing import Annotated

import typer

from refdesk.cli.folders import ConfigOption, DataOption, JsonOption, chosen_place
from refdesk.cli.progress import shown_progress
from refdesk.cli.restoring import Restored, Target
from refdesk.cli.restoring import restore as restore_backup


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `refdesk backup` has written.")],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Keep the present database beside the restored one.")
    ] = False,
    journal: Annotated[
        list[Path] | None,
        typer.Option("--journal", help="A further erasures.jsonl; may be given several times."),
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a deployment of a backup; readers who were erased since are erased in it again."""
    folder, settings_file = chosen_place(data, config)
    target = Target(folder, settings_file, "set aside" if replace else "refuse")
    with shown_progress("") as progress:
        done = restore_backup(file, target, journal or [], progress)
    if as_json:
        typer.echo(json.dumps(_document(done)))
        return
    for line in _lines(done, folder):
        typer.echo(line)


def _document(done: Restored) -> dict[str, object]:
    return {
        "made_at": done.manifest.made_at,
        "schema": done.manifest.schema,
        "erased": done.erased,
        "replies_unknown": done.held_back.replies,
        "effects_unknown": done.held_back.effects,
        "entries": done.entries,
        "addresses": done.addresses,
        "settings": done.settings,
        "set_aside": done.set_aside,
    }


def _lines(done: Restored, folder: Path) -> list[str]:
    lines = [
        f"{folder} is as it was at {done.manifest.made_at}.",
        f"{done.erased} readers erased again, {done.entries} entries indexed.",
        "Every colleague has to sign in again; see who may: refdesk staff list.",
    ]
    if done.held_back.replies or done.held_back.effects:
        held = f"{done.held_back.replies} replies and {done.held_back.effects} effects"
        lines.append(
            f"{held} were on their way then. Whether they arrived, staff have to find out."
        )
    if done.settings == "kept":
        lines.append("The refdesk.toml that was here was kept.")
    if done.addresses == "key missing":
        lines.append(
            "vault.key is missing or another one: put the right one here before you start the "
            "server, or readers on other platforms cannot be reached."
        )
    if done.set_aside:
        names = ", ".join(done.set_aside)
        lines.append(f"Kept beside it, delete when no longer needed: {names}")
    return lines
