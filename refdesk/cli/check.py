"""Is this deployment healthy and safely configured? (`refdesk check`)"""

import json
import stat
from collections.abc import Iterator
from contextlib import closing
from sqlite3 import sqlite_version
from typing import Literal

import typer
from sqlalchemy import text

from refdesk.app import App
from refdesk.cli.folders import ConfigOption, DataOption, JsonOption, chosen_deployment
from refdesk.core.backup.backup_archive import KEYS
from refdesk.core.staff.staff_accounts import StaffAccounts
from refdesk.core.vault import condition as vault_condition
from refdesk.core.vault.keys import VaultKeys
from refdesk.deployment import Deployment
from refdesk.knowledge_base.checking import check as check_base
from refdesk.storage import Database, Prepared, SqliteDatabase, prepare

Finding = tuple[Literal["problem", "advice"], str]
# What goes to this machine itself leaves nothing on a network.
_PRIVATE_ON_THE_WAY = ("https://", "http://localhost", "http://127.0.0.1", "http://[::1]")
_INTEGRITY = prepare(text("PRAGMA quick_check(5)"))
_SERVER_VERSION = prepare(text("SHOW server_version"))
_PROMISES_OF_A_SERVER = [
    (prepare(text(f"SHOW {name}")), name) for name in ("fsync", "full_page_writes")
]
_FOREIGN_KEYS = prepare(text("PRAGMA foreign_key_check"))


def check(
    *, data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Look for problems; exit 1 when there is one. Advice alone is no failure."""
    with closing(chosen_deployment(data, config)) as deployment:
        findings = list(_findings(deployment))
        engine = _engine(deployment.database)
    problems = [sentence for kind, sentence in findings if kind == "problem"]
    if as_json:
        advice = [sentence for kind, sentence in findings if kind == "advice"]
        word = "unhealthy" if problems else "healthy"
        found = {"health": word, "database": engine, "problems": problems, "advice": advice}
        typer.echo(json.dumps(found))
    else:
        typer.echo(f"database: {engine}")
        for kind, sentence in findings:
            typer.echo(f"{kind}: {sentence}")
        typer.echo(f"{len(problems)} problems, {len(findings) - len(problems)} pieces of advice")
    if problems:
        raise typer.Exit(1)


def _engine(database: Database) -> str:
    """Return the engine and its version; it has been reached, or this command had not come here."""
    if isinstance(database, SqliteDatabase):
        return f"SQLite {sqlite_version}, {database.path}"
    return f"PostgreSQL {_shown(database, _SERVER_VERSION)}"


def _shown(database: Database, statement: Prepared) -> str:
    row = database.read_blocking(lambda tx: tx.one(statement))
    return str(row[0]) if row else ""


def _findings(deployment: Deployment) -> Iterator[Finding]:
    yield from _files(deployment)
    yield from _database(deployment)
    yield from _vault(deployment)
    health = check_base(deployment.knowledge_base)
    yield from (("problem", one) for one in health.index_problems)
    yield from (("advice", one) for one in health.entry_problems)
    yield from _components(deployment)
    yield from _configuration(deployment)


def _files(deployment: Deployment) -> Iterator[Finding]:
    paths = [deployment.folder]
    if isinstance(deployment.database, SqliteDatabase):
        paths.append(deployment.database.path)
    paths += [path for name in KEYS if (path := deployment.folder / name).exists()]
    for path in paths:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield "problem", f"{path} is open to other users of this machine: chmod go= it."


def _database(deployment: Deployment) -> Iterator[Finding]:
    if deployment.database.engine == "sqlite":
        yield from _database_file(deployment)
    else:
        yield from _database_server(deployment)


def _database_server(deployment: Deployment) -> Iterator[Finding]:
    for statement, name in _PROMISES_OF_A_SERVER:
        if _shown(deployment.database, statement) == "off":
            yield "problem", f"PostgreSQL runs with {name} = off: a power cut loses messages."


def _database_file(deployment: Deployment) -> Iterator[Finding]:
    rows = deployment.database.read_blocking(lambda tx: tx.all(_INTEGRITY))
    if [row[0] for row in rows] != ["ok"]:
        yield "problem", "The database file is damaged. Restore a backup."
    if deployment.database.read_blocking(lambda tx: tx.all(_FOREIGN_KEYS)):
        yield "problem", "The database has rows that refer to missing ones. Restore a backup."


def _vault(deployment: Deployment) -> Iterator[Finding]:
    keys = VaultKeys(deployment.folder, deployment.settings.vault)
    library = deployment.settings.library.id
    if vault_condition.readable(deployment.database, library, keys) == "key missing":
        missing = f"Addresses of readers cannot be read: {keys.origin} is missing or another one."
        yield (
            "problem",
            f"{missing} Restore it from your copy of the keys, or copy it from another server.",
        )


def _components(deployment: Deployment) -> Iterator[Finding]:
    app = App(deployment)
    for kind, reports in (("plugin", app.plugin_reports), ("adapter", app.adapter_reports)):
        for report in reports:
            if report.condition == "quarantined":
                yield "problem", f"The {kind} {report.name} is in quarantine: {report.reason}"


def _configuration(deployment: Deployment) -> Iterator[Finding]:
    settings = deployment.settings
    staff = StaffAccounts(deployment.database, settings.library.id).all()
    if not any(one.state == "active" for one in staff):
        yield "advice", "Nobody can sign in to the desk: refdesk staff add NAME --role librarian."
    if settings.hours is None:
        yield "advice", "There are no opening hours: readers cannot be told when the desk is open."
    if not settings.web.public_url:
        yield "advice", "[web] public_url is empty: set the address that readers see."
    elif not settings.web.public_url.startswith(_PRIVATE_ON_THE_WAY):
        yield "problem", "[web] public_url is not https: conversations could be read on the way."
    if deployment.knowledge_base.entry_count == 0:
        yield "advice", "The knowledge base is empty: refdesk kb import FILE."
