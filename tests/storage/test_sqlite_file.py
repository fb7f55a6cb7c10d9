"""What is particular to SQLite: one file, its log, other processes beside this one."""

import asyncio
import gc
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, bindparam, insert, select

from refdesk.errors import DataError
from refdesk.storage import SqliteDatabase, prepare
from refdesk.storage.sqlite.file_systems import kind_of, network_file_system

ITEM = Table("item", MetaData(), Column("id", Integer, primary_key=True), Column("name", String))
ADD = prepare(insert(ITEM).values(name=bindparam("name")))
NAMES = prepare(select(ITEM.c.name).order_by(ITEM.c.id))
REMOVE_ALL = prepare(ITEM.delete())
MOUNTS = r"""
proc /proc proc rw 0 0
/dev/sda1 / ext4 rw 0 0
server:/team /mnt nfs4 rw 0 0
/dev/sdb1 /mnt/local xfs rw 0 0
//server/library /srv/our\040library cifs rw 0 0
tmpfs /srv tmpfs rw 0 0
""".lstrip()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "items.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    connection.close()
    return file


@pytest.fixture
def database(path: Path) -> Iterator[SqliteDatabase]:
    opened = SqliteDatabase(path)
    yield opened
    opened.close()


def names(database: SqliteDatabase) -> list[str]:
    return [row["name"] for row in database.read_blocking(lambda tx: tx.all(NAMES))]


async def test_what_is_answered_is_on_the_disk(database: SqliteDatabase, path: Path) -> None:
    await database.write(lambda tx: tx.run(ADD, name="durable"))
    other = sqlite3.connect(path)
    assert other.execute("SELECT name FROM item").fetchall() == [("durable",)]
    other.close()


def test_closing_empties_the_log(path: Path) -> None:
    database = SqliteDatabase(path)
    database.write_blocking(lambda tx: tx.run(ADD, name="queued"))
    database.close()
    assert not path.with_name("items.db-wal").exists()
    other = sqlite3.connect(path)
    assert other.execute("SELECT count(*) FROM item").fetchone() == (1,)
    other.close()


def test_a_thread_that_ends_gives_its_connection_back(database: SqliteDatabase) -> None:
    for _ in range(50):
        thread = threading.Thread(target=database.read_blocking, args=(lambda tx: tx.all(NAMES),))
        thread.start()
        thread.join()
    gc.collect()
    assert len(database._readers._all) <= 1


async def test_another_process_that_writes_is_waited_for(
    database: SqliteDatabase, path: Path
) -> None:
    other = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(database.write(lambda tx: tx.run(ADD, name="after")))
    await asyncio.sleep(0.05)
    assert not writing.done()
    other.execute("INSERT INTO item (name) VALUES ('import')")
    other.execute("COMMIT")
    other.close()
    await writing
    assert names(database) == ["import", "after"]


def test_deleted_text_is_overwritten_on_the_disk(path: Path) -> None:
    database = SqliteDatabase(path)
    marker = "a secret that has to go 4711"
    database.write_blocking(lambda tx: tx.run(ADD, name=marker))
    database.write_blocking(lambda tx: tx.run(REMOVE_ALL))
    database.close()
    left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert marker.encode() not in left


def test_a_file_that_cannot_be_opened_is_refused_clearly(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be used now"):
        SqliteDatabase(tmp_path / "missing" / "items.db")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/refdesk", "ext4"),
        ("/mnt/team/refdesk", "nfs4"),
        ("/mnt/local/refdesk", "xfs"),
        ("/mnt2", "ext4"),
        ("/srv/our library/refdesk", "cifs"),
        ("/srv/other", "tmpfs"),
    ],
)
def test_the_kind_of_the_file_system_is_found(path: str, kind: str) -> None:
    assert kind_of(Path(path), MOUNTS) == kind


def test_this_machine_s_own_disk_is_no_network(tmp_path: Path) -> None:
    assert network_file_system(tmp_path) is None
