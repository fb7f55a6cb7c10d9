"""Does a PostgreSQL database get the same tables, by the same scripts, one server at a time?"""

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Inspector, MetaData, create_engine, inspect
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

import refdesk.app
from refdesk.core import hookspecs
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.hosting.plugin_loading import load_plugins
from refdesk.errors import DataError, SchemaError
from refdesk.storage.postgresql.database import PostgresDatabase
from refdesk.storage.postgresql.migrating import migrate
from refdesk.storage.schema import CORE_MIGRATIONS, Migrations, bring_up_to_date
from tests.databases import sqlite_place
from tests.postgres_server import PostgresServer

assert refdesk.app  # which imports whatever describes a table
MIGRATE = """
import sys
from refdesk.storage.schema import CORE_MIGRATIONS, bring_up_to_date
bring_up_to_date(sys.argv[1], CORE_MIGRATIONS)
"""


@pytest.fixture
def dsn(postgres: PostgresServer) -> str:
    return postgres.empty_database()


def inspected(dsn: str, look: Any) -> Any:
    """Return what `look` finds with SQLAlchemy's inspector."""
    found: list[Any] = []

    def work(connection: Connection) -> None:
        found.append(look(inspect(connection)))

    migrate(dsn, work)
    return found[0]


def columns(inspector: Inspector, metadata: MetaData) -> dict[str, dict[str, Any]]:
    return {
        name: {
            column["name"]: (
                column["type"].compile(postgresql.dialect()),
                column["nullable"],
                column["name"] in inspector.get_pk_constraint(name)["constrained_columns"],
            )
            for column in inspector.get_columns(name)
        }
        for name in metadata.tables
    }


def described(metadata: MetaData) -> dict[str, dict[str, Any]]:
    long_names = {"FLOAT": "DOUBLE PRECISION"}
    return {
        table.name: {
            column.name: (
                long_names.get(kind := column.type.compile(postgresql.dialect()), kind),
                column.nullable,
                column.primary_key,
            )
            for column in table.columns
        }
        for table in metadata.sorted_tables
    }


def indexes(inspector: Inspector) -> dict[tuple[str, str], tuple[list[str | None], bool, bool]]:
    """Return each index: its columns, whether it is unique, whether it is partial."""
    found = {}
    for table in inspector.get_table_names():
        for index in inspector.get_indexes(table):
            partial = any(key.endswith("_where") for key in index.get("dialect_options", {}))
            key = (table, str(index["name"]))
            found[key] = (index["column_names"], bool(index["unique"]), partial)
    return found


def checks(inspector: Inspector) -> set[tuple[str, str | None]]:
    return {
        (table, check["name"])
        for table in inspector.get_table_names()
        for check in inspector.get_check_constraints(table)
    }


def plugin_tables() -> list[tuple[MetaData, Migrations]]:
    host = PluginHost()
    load_plugins(host, (), ())
    tables = host.collect(hookspecs.register_tables)
    return [(one.metadata, one.migrations) for _plugin, one in tables]


def test_an_empty_database_gets_the_tables_that_are_described(dsn: str) -> None:
    bring_up_to_date(dsn, CORE_MIGRATIONS)
    expected = described(SQLModel.metadata)
    assert inspected(dsn, lambda one: columns(one, SQLModel.metadata)) == expected
    assert set(inspected(dsn, lambda one: one.get_table_names())) == {*expected, "alembic_version"}


def test_indexes_and_rules_are_those_of_sqlite(dsn: str, tmp_path: Path) -> None:
    """One open consultation for each reader: without its condition the index refused the second."""
    bring_up_to_date(dsn, CORE_MIGRATIONS)
    engine = create_engine(f"sqlite:///{sqlite_place(tmp_path).where}")
    assert inspected(dsn, indexes) == indexes(inspect(engine))
    assert inspected(dsn, checks) == checks(inspect(engine))
    engine.dispose()


def test_a_plugin_s_tables_are_those_it_describes(dsn: str) -> None:
    with closing(PostgresDatabase(dsn)) as database:
        for metadata, migrations in plugin_tables():
            database.migrate(migrations)
            found = inspected(dsn, lambda one, tables=metadata: columns(one, tables))
            assert found == described(metadata)


def test_a_second_time_does_not_cost_the_import_of_alembic(dsn: str) -> None:
    bring_up_to_date(dsn, CORE_MIGRATIONS)
    code = f"{MIGRATE}\nassert 'alembic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code, dsn], check=True, stdout=subprocess.DEVNULL)


def test_of_servers_that_start_together_one_migrates(dsn: str) -> None:
    starts = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, dsn], stdout=subprocess.DEVNULL)
        for _ in range(3)
    ]
    assert [one.wait(timeout=60) for one in starts] == [0, 0, 0]


def test_a_script_that_fails_leaves_nothing_half_done(dsn: str, tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text("from refdesk.storage.migration_run import run\n\nrun()\n")
    (tmp_path / "versions" / "0001_broken.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        "revision = '0001'\ndown_revision = None\n\n\n"
        "def upgrade():\n"
        "    op.create_table('first', sa.Column('id', sa.Integer, primary_key=True))\n"
        "    op.execute('SELECT * FROM nowhere')\n"
    )
    with pytest.raises(Exception, match="nowhere"):
        bring_up_to_date(dsn, Migrations(tmp_path, "0001", "broken_version"))
    assert inspected(dsn, lambda one: one.get_table_names()) == []


def test_a_newer_schema_is_refused_clearly_and_left_alone(
    dsn: str, postgres: PostgresServer
) -> None:
    bring_up_to_date(dsn, CORE_MIGRATIONS)
    postgres.execute("UPDATE alembic_version SET version_num = '9999'", dsn)
    with pytest.raises(SchemaError, match=r"has schema 9999.*Install the newer refdesk"):
        bring_up_to_date(dsn, CORE_MIGRATIONS)
    rows = postgres.execute("SELECT version_num FROM alembic_version", dsn)
    assert [row["version_num"] for row in rows] == ["9999"]


async def test_migrating_works_where_an_event_loop_runs(dsn: str) -> None:
    bring_up_to_date(dsn, CORE_MIGRATIONS)


def test_a_database_in_another_encoding_is_refused(postgres: PostgresServer) -> None:
    dsn = postgres.empty_database(encoding="LATIN1")
    with pytest.raises(DataError, match="UTF8"):
        bring_up_to_date(dsn, CORE_MIGRATIONS)
