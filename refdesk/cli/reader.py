"""Which commands of `refdesk reader` find, hand out and erase what one reader has left here?"""

import asyncio
import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import typer

from refdesk.cli.erasing import erasures_of
from refdesk.cli.folders import (
    ConfigOption,
    ExistingDataOption,
    JsonOption,
    existing_deployment,
)
from refdesk.cli.known_names import refuse_unknown_account
from refdesk.core.log.parts_json import plain_text
from refdesk.core.readable_text import readable
from refdesk.core.vault import identity_rows
from refdesk.core.vault.erasing import is_known
from refdesk.core.vault.identity_vault import LONGEST_ADDRESS_CHARACTERS, IdentityVault
from refdesk.core.vault.keys import VaultKeys
from refdesk.core.vault.reader_record import ReaderRecord, logs_of, record_to_json
from refdesk.deployment import Deployment
from refdesk.errors import NotFoundError

reader_app = typer.Typer(
    help="Find, hand out or erase what one reader has left here.", no_args_is_help=True
)
# A random number may begin with a hyphen and is no option then.
_ANY_NUMBER = {"ignore_unknown_options": True}
RidArgument = Annotated[str, typer.Argument(help="The reader's random number.")]


@reader_app.command()
def find(
    account: Annotated[str, typer.Argument(help="The channel account, such as wechat.")],
    data: ExistingDataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which reader has an address; the address is read from standard input."""
    address = sys.stdin.readline(LONGEST_ADDRESS_CHARACTERS + 2).rstrip("\r\n")
    with closing(existing_deployment(data, config)) as deployment:
        library = deployment.settings.library.id
        written_from = deployment.database.read_blocking(
            lambda tx: identity_rows.accounts(tx, library)
        )
        refuse_unknown_account(account, deployment, *written_from)
        rid = asyncio.run(_vault(deployment).known_rid(account, address))
    if rid is None:
        raise NotFoundError(f"Nobody has written from this address on {account}.")
    typer.echo(json.dumps({"rid": rid}) if as_json else rid)


@reader_app.command(context_settings=_ANY_NUMBER)
def export(
    rid: RidArgument,
    data: ExistingDataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a reader's own record: addresses and conversations, without staff's notes."""
    with closing(existing_deployment(data, config)) as deployment:
        record = asyncio.run(_record(deployment, rid))
    if as_json:
        typer.echo(json.dumps(record_to_json(record), ensure_ascii=False))
        return
    typer.echo(f"reader {record.rid}")
    for account, address in record.addresses.items():
        typer.echo(f"address on {account}: {readable(address)}")
    for consultation, events in record.logs:
        typer.echo(f"\n{consultation.account}, {_shown(consultation.opened_at)}")
        for event in events:
            typer.echo(f"{_shown(event.at)} {event.alias or event.sender}: ", nl=False)
            typer.echo(readable(plain_text(event.parts)))


@reader_app.command(context_settings=_ANY_NUMBER)
def erase(
    rid: RidArgument,
    data: ExistingDataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase a reader for good, beside a running server; statistics stay whole."""
    with closing(existing_deployment(data, config)) as deployment:
        done = erasures_of(deployment).erase(rid)
    found = done.erased
    if as_json:
        document = {
            "rid": rid,
            "consultations": found.consultations,
            "events": found.events,
            "other_rows": found.other_rows,
            "disk": done.disk,
            "copies_removed": list(done.copies),
        }
        typer.echo(json.dumps(document))
        return
    typer.echo(f"{rid} is erased: {found.consultations} conversations, {found.events} events.")
    if done.disk == "in use":
        typer.echo(
            "Somebody still reads an older state of the database: a copy of the texts stays in "
            "its write-ahead log until the server has stopped."
        )
    if done.disk == "left to the server":
        typer.echo("PostgreSQL keeps older versions of rows until it vacuums them.")
    for name in done.copies:
        typer.echo(f"{name} knew this reader and was removed.")
    typer.echo("Backups still hold this reader; a restore erases them again by erasures.jsonl.")


async def _record(deployment: Deployment, rid: str) -> ReaderRecord:
    library = deployment.settings.library.id
    known, logs = await deployment.database.read(
        lambda tx: (is_known(tx, library, rid), logs_of(tx, library, rid))
    )
    if not known:
        raise NotFoundError(f"There is no reader {rid}.")
    return ReaderRecord(rid, await _vault(deployment).addresses_of(rid), logs)


def _vault(deployment: Deployment) -> IdentityVault:
    keys = VaultKeys(deployment.folder, deployment.settings.vault)
    return IdentityVault(deployment.database, deployment.settings.library.id, keys)


def _shown(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
