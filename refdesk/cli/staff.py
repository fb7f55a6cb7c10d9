"""Which commands of `refdesk staff` keep the accounts of colleagues?"""

import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer

from refdesk.cli.folders import ConfigOption, DataOption, JsonOption, chosen_deployment
from refdesk.core.staff.authorise import Role
from refdesk.core.staff.staff_accounts import StaffAccounts
from refdesk.errors import DataError

staff_app = typer.Typer(help="Keep the accounts of colleagues.", no_args_is_help=True)

_PASSWORD_BYTES = 12
_LONGEST_LINE = 1_000

NameArgument = Annotated[str, typer.Argument(help="The name to sign in with.")]


@staff_app.command()
def add(
    name: NameArgument,
    role: Annotated[Role, typer.Option("--role", help="What the account is for.")],
    alias: Annotated[
        str | None, typer.Option("--alias", help="The name that readers see; else NAME.")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add an account, or give an existing one this role, alias and a new password."""
    given = _typed_password() if password_stdin else None
    password = given or secrets.token_urlsafe(_PASSWORD_BYTES)
    shown = alias or name
    with _accounts(data, config) as accounts:
        accounts.add(name, shown, role, password)
    if as_json:
        account = {"name": name, "alias": shown, "role": role.value}
        typer.echo(
            json.dumps(account if given else {**account, "password": password}, ensure_ascii=False)
        )
        return
    typer.echo(f"{name} ({role.value}) can sign in; readers see {shown!r}.")
    if given is None:
        typer.echo(f"Password, shown only once: {password}")


@staff_app.command("list")
def list_accounts(
    data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Show every account."""
    with _accounts(data, config) as accounts:
        found = accounts.all()
    if as_json:
        typer.echo(json.dumps([asdict(account) for account in found], ensure_ascii=False))
        return
    for account in found:
        typer.echo(f"{account.name}\t{account.role.value}\t{account.state}\t{account.alias}")
    if not found:
        typer.echo("There are no accounts yet. Next: refdesk staff add NAME --role R.", err=True)


@staff_app.command()
def disable(
    name: NameArgument,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Switch an account off and end its sessions; what it has answered stays."""
    with _accounts(data, config) as accounts:
        accounts.disable(name)
    if as_json:
        typer.echo(json.dumps({"name": name, "state": "disabled"}, ensure_ascii=False))
    else:
        typer.echo(f"{name} is switched off and signed out.")


@contextmanager
def _accounts(data: DataOption, config: ConfigOption) -> Iterator[StaffAccounts]:
    deployment = chosen_deployment(data, config)
    try:
        yield StaffAccounts(deployment.database, deployment.settings.library.id)
    finally:
        deployment.close()


def _typed_password() -> str:
    """Return the first line of standard input."""
    line = sys.stdin.readline(_LONGEST_LINE).rstrip("\r\n")
    if not line:
        raise DataError("No password came on standard input. Nothing was changed.")
    return line
