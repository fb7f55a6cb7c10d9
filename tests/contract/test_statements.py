"""Does each engine understand every statement that the program keeps?

The server itself is asked to plan each one: a function, a type or a column that one of the two
engines does not know is found here, not by a reader.
"""

import asyncio
import importlib
import pkgutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import asyncpg

import refdesk
from refdesk.core import hookspecs
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.hosting.plugin_loading import load_plugins
from refdesk.storage import Prepared
from tests.databases import Place

# What these ask is about one engine; they look which one it is.
OF_ONE_ENGINE = {"refdesk.cli.check"}


def kept() -> dict[str, Prepared]:
    """Return every statement that a module of refdesk holds, by module and name."""
    for module in pkgutil.walk_packages(refdesk.__path__, "refdesk."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return {
        f"{name}.{attribute}": statement
        for name, module in list(sys.modules.items())
        if name.startswith("refdesk.") and name not in OF_ONE_ENGINE
        for attribute, value in vars(module).items()
        for statement in statements_in(value)
    }


def statements_in(value: Any) -> Iterator[Prepared]:
    if isinstance(value, Prepared):
        yield value
    elif isinstance(value, dict):
        yield from (one for one in value.values() if isinstance(one, Prepared))
    elif isinstance(value, list | tuple):
        yield from (one for one in value if isinstance(one, Prepared))


def test_every_statement_is_understood(place: Place) -> None:
    statements = kept()
    assert len(statements) > 100
    with closing(place.open()) as database:
        host = PluginHost()
        load_plugins(host, (), ())
        for _plugin, tables in host.collect(hookspecs.register_tables):
            database.migrate(tables.migrations)
    if isinstance(place.where, str):
        refused = asyncio.run(refused_by_postgresql(place.where, statements))
    else:
        with closing(sqlite3.connect(place.where)) as connection:
            refused = refused_by_sqlite(connection, statements)
    assert refused == {}


async def refused_by_postgresql(dsn: str, statements: dict[str, Prepared]) -> dict[str, str]:
    refused = {}
    connection = await asyncpg.connect(dsn)
    for name, statement in statements.items():
        try:
            await connection.prepare(statement.postgresql.sql)
        except asyncpg.PostgresError as error:
            refused[name] = str(error)
    await connection.close()
    return refused


def refused_by_sqlite(
    connection: sqlite3.Connection, statements: dict[str, Prepared]
) -> dict[str, str]:
    refused = {}
    for name, statement in statements.items():
        compiled = statement.sqlite
        try:
            connection.execute(f"EXPLAIN {compiled.sql}", [None] * len(compiled.names))
        except sqlite3.Error as error:
            refused[name] = str(error)
    return refused
