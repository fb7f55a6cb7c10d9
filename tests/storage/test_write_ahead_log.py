"""Is the write-ahead log emptied when it must be, and does nobody hold it by accident?"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from refdesk.storage import SqliteDatabase, Transaction, prepare
from refdesk.storage.schema import CORE_MIGRATIONS, bring_up_to_date
from refdesk.storage.sqlite.connections import connect
from refdesk.storage.sqlite.write_ahead_log import empty_write_ahead_log

ADD = prepare(text("INSERT INTO staff VALUES (:name, 'main', 'a', 'editor', 'h', 'active', 0.0)"))
ALL = prepare(text("SELECT name FROM staff"))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    path = tmp_path / "refdesk.db"
    bring_up_to_date(path, CORE_MIGRATIONS)
    opened = SqliteDatabase(path)
    for name in ("one", "two", "three"):
        opened.write_blocking(lambda tx, name=name: tx.run(ADD, name=name))
    yield opened
    opened.close()


def log(database: SqliteDatabase) -> Path:
    return database.path.with_name("refdesk.db-wal")


def half_read(tx: Transaction) -> None:
    """Look at the first of several rows, as a unit of work may."""
    assert tx.one(ALL) is not None
    next(iter(tx.each(ALL)))


def test_a_log_that_nobody_reads_is_emptied_beside_an_open_database(
    database: SqliteDatabase,
) -> None:
    database.write_blocking(half_read)
    database.read_blocking(half_read)
    assert log(database).stat().st_size > 0
    assert empty_write_ahead_log(database.path, 0.1) == "emptied"
    assert log(database).stat().st_size == 0


def test_somebody_who_reads_an_older_state_is_told_of(database: SqliteDatabase) -> None:
    with closing(connect(database.path, "read")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT name FROM staff").fetchone()
        database.write_blocking(lambda tx: tx.run(ADD, name="four"))
        assert empty_write_ahead_log(database.path, 0.1) == "in use"
        reader.execute("COMMIT")
    assert empty_write_ahead_log(database.path, 0.1) == "emptied"


def test_a_closed_database_leaves_no_log_behind(database: SqliteDatabase) -> None:
    database.write_blocking(half_read)
    database.read_blocking(half_read)
    database.close()
    assert [file.name for file in database.path.parent.iterdir()] == ["refdesk.db"]
