"""Does every database get exactly the schema that the tables describe, or a clear refusal?"""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, create_engine, inspect
from sqlalchemy.dialects import sqlite
from sqlmodel import SQLModel

import refdesk.core.hosting.plugin_switches
import refdesk.core.tables
import refdesk.core.vault.tables
import refdesk.knowledge_base.tables
from refdesk.core import hookspecs
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.hosting.plugin_loading import load_plugins
from refdesk.errors import DataError, SchemaError
from refdesk.storage.schema import CORE_MIGRATIONS, Migrations, bring_up_to_date

assert refdesk.core.hosting.plugin_switches
assert refdesk.core.tables
assert refdesk.core.vault.tables
assert refdesk.knowledge_base.tables
MIGRATE = """
import sys
from pathlib import Path
from refdesk.storage.schema import CORE_MIGRATIONS, bring_up_to_date
bring_up_to_date(Path(sys.argv[1]), CORE_MIGRATIONS)
"""
KILLED_AFTER = """
import itertools, os, sys
from sqlalchemy import Engine, event

numbers = itertools.count(1)

@event.listens_for(Engine, "after_cursor_execute")
def count(*_arguments):
    if next(numbers) == int(sys.argv[2]):
        os.kill(os.getpid(), 9)
"""


def described(metadata: MetaData) -> dict[str, dict[str, Any]]:
    return {
        table.name: {
            column.name: (
                column.type.compile(sqlite.dialect()),
                column.nullable,
                column.primary_key,
                sorted(key.target_fullname for key in column.foreign_keys),
            )
            for column in table.columns
        }
        for table in metadata.sorted_tables
    }


def found(path: Path, tables: set[str]) -> dict[str, dict[str, Any]]:
    engine = create_engine(f"sqlite:///{path}")
    reflected = MetaData()
    reflected.reflect(engine, only=lambda name, _: name in tables)
    columns = described(reflected)
    engine.dispose()
    return columns


def plugin_tables() -> list[tuple[MetaData, Migrations]]:
    host = PluginHost()
    load_plugins(host, (), ())
    tables = host.collect(hookspecs.register_tables)
    return [(one.metadata, one.migrations) for _plugin, one in tables]


def test_an_empty_file_gets_the_schema_that_the_tables_describe(tmp_path: Path) -> None:
    path = tmp_path / "refdesk.db"
    bring_up_to_date(path, CORE_MIGRATIONS)
    expected = described(SQLModel.metadata)
    assert set(expected) >= {"consultation", "event", "inbox", "outbox", "staff", "kb_entry"}
    assert found(path, set(expected)) == expected


def test_a_plugin_s_tables_are_those_it_describes(tmp_path: Path) -> None:
    path = tmp_path / "refdesk.db"
    for metadata, migrations in plugin_tables():
        bring_up_to_date(path, migrations)
        assert found(path, set(metadata.tables)) == described(metadata)


def test_no_table_is_there_that_nobody_describes(tmp_path: Path) -> None:
    path = tmp_path / "refdesk.db"
    bring_up_to_date(path, CORE_MIGRATIONS)
    described_names = set(SQLModel.metadata.tables) | {CORE_MIGRATIONS.version_table}
    engine = create_engine(f"sqlite:///{path}")
    assert set(inspect(engine).get_table_names()) == described_names
    engine.dispose()


def test_every_table_bears_the_library(tmp_path: Path) -> None:
    path = tmp_path / "refdesk.db"
    bring_up_to_date(path, CORE_MIGRATIONS)
    for metadata, migrations in [(SQLModel.metadata, CORE_MIGRATIONS), *plugin_tables()]:
        bring_up_to_date(path, migrations)
        for name, columns in found(path, set(metadata.tables)).items():
            assert columns["library"][:2] == ("VARCHAR", False), name


def test_the_newest_script_is_the_head() -> None:
    for migrations in (CORE_MIGRATIONS, *(one for _metadata, one in plugin_tables())):
        names = sorted(file.name for file in (migrations.folder / "versions").glob("*.py"))
        assert names[-1].startswith(f"{migrations.head}_")


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "refdesk.db"
    bring_up_to_date(path, CORE_MIGRATIONS)
    before = path.read_bytes()
    bring_up_to_date(path, CORE_MIGRATIONS)
    assert path.read_bytes() == before


def test_a_current_schema_does_not_cost_the_import_of_alembic(tmp_path: Path) -> None:
    path = tmp_path / "refdesk.db"
    bring_up_to_date(path, CORE_MIGRATIONS)
    code = f"{MIGRATE}\nassert 'alembic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, stdout=subprocess.DEVNULL)


def test_a_newer_schema_is_refused_clearly_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "refdesk.db"
    bring_up_to_date(path, CORE_MIGRATIONS)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(SchemaError, match=r"has schema 9999.*Install the newer refdesk"):
        bring_up_to_date(path, CORE_MIGRATIONS)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"x" * 5000, b"PK\x03\x04 a spreadsheet" * 300])
def test_a_file_that_is_no_database_is_refused_clearly(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "refdesk.db"
    path.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read as a database"):
        bring_up_to_date(path, CORE_MIGRATIONS)
    assert path.read_bytes() == content


def test_the_file_is_the_owner_s_only(tmp_path: Path) -> None:
    path = tmp_path / "refdesk.db"
    bring_up_to_date(path, CORE_MIGRATIONS)
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("folder", ["a?b", "50%", "with space", "#1", "图书馆"])
def test_any_folder_name_will_do(folder: str, tmp_path: Path) -> None:
    path = tmp_path / folder / "refdesk.db"
    path.parent.mkdir()
    bring_up_to_date(path, CORE_MIGRATIONS)
    assert [file.name for file in path.parent.iterdir()] == ["refdesk.db"]


def test_two_that_start_together_both_find_it_done(tmp_path: Path) -> None:
    path = tmp_path / "refdesk.db"
    starts = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, str(path)], stdout=subprocess.DEVNULL)
        for _ in range(2)
    ]
    assert [one.wait(timeout=60) for one in starts] == [0, 0]


@pytest.mark.parametrize("statements", [3, 9, 15, 21])
def test_a_kill_in_the_middle_leaves_nothing_half_done(statements: int, tmp_path: Path) -> None:
    path = tmp_path / "refdesk.db"
    command = [sys.executable, "-c", KILLED_AFTER + MIGRATE, str(path), str(statements)]
    victim = subprocess.run(command, check=False, timeout=60)
    assert victim.returncode == -signal.SIGKILL
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    bring_up_to_date(path, CORE_MIGRATIONS)
    assert found(path, {"event"})["event"]
