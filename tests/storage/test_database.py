"""Are rows durable, ordered and apart, whatever else is written beside them?"""

import asyncio
import gc
import itertools
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, bindparam, insert, select

from refdesk.errors import StorageError
from refdesk.storage import Database, SqliteDatabase, Transaction, prepare
from refdesk.storage.writer import LARGEST_GROUP

ITEM = Table("item", MetaData(), Column("id", Integer, primary_key=True), Column("name", String))
ADD = prepare(insert(ITEM).values(name=bindparam("name")))
PUT = prepare(insert(ITEM))
NAMES = prepare(select(ITEM.c.name).order_by(ITEM.c.id))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "items.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    connection.close()
    return file


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = SqliteDatabase(path)
    yield opened
    opened.close()


def names(database: Database) -> list[str]:
    return [row["name"] for row in database.read_blocking(lambda tx: tx.all(NAMES))]


async def test_many_writers_are_served_in_the_order_they_asked(database: Database) -> None:
    wanted = [str(number) for number in range(3 * LARGEST_GROUP)]
    keys = await asyncio.gather(
        *(database.write(lambda tx, n=name: tx.insert(ADD, name=n)) for name in wanted)
    )
    assert names(database) == wanted
    assert keys == sorted(keys)


async def test_a_failing_unit_costs_only_itself(database: Database) -> None:
    def work(number: int, tx: Transaction) -> int:
        tx.run(ADD, name=f"before {number}")
        if number % 3 == 0:
            raise ValueError(number)
        return number

    results = await asyncio.gather(
        *(database.write(lambda tx, n=number: work(n, tx)) for number in range(30)),
        return_exceptions=True,
    )
    for number, result in enumerate(results):
        assert isinstance(result, ValueError) == (number % 3 == 0)
    assert names(database) == [f"before {number}" for number in range(30) if number % 3]


async def test_a_unit_sees_what_units_before_it_wrote(database: Database) -> None:
    def add_next(tx: Transaction) -> None:
        tx.run(ADD, name=str(len(tx.all(NAMES))))

    await asyncio.gather(*(database.write(add_next) for _ in range(50)))
    assert names(database) == [str(number) for number in range(50)]


async def test_what_is_answered_is_on_the_disk(database: Database, path: Path) -> None:
    """Another process sees it at once: nothing is held back in this one."""
    await database.write(lambda tx: tx.run(ADD, name="durable"))
    other = sqlite3.connect(path)
    assert other.execute("SELECT name FROM item").fetchall() == [("durable",)]
    other.close()


async def test_one_who_stops_waiting_disturbs_nobody(database: Database) -> None:
    waiting = asyncio.create_task(database.write(lambda tx: tx.run(ADD, name="first")))
    await asyncio.sleep(0)
    waiting.cancel()
    await database.write(lambda tx: tx.run(ADD, name="second"))
    assert names(database)[-1] == "second"


async def test_reading_cannot_change_anything(database: Database) -> None:
    with pytest.raises(StorageError, match="readonly"):
        await database.read(lambda tx: tx.run(ADD, name="x"))
    assert names(database) == []


async def test_a_reading_unit_sees_one_moment(database: Database, path: Path) -> None:
    database.write_blocking(lambda tx: tx.run(ADD, name="a"))

    def look_twice(tx: Transaction) -> list[int]:
        before = len(tx.all(NAMES))
        other = sqlite3.connect(path)
        other.execute("INSERT INTO item (name) VALUES ('between')")
        other.commit()
        other.close()
        return [before, len(tx.all(NAMES))]

    assert await database.read(look_twice) == [1, 1]
    assert names(database) == ["a", "between"]


def test_threads_read_side_by_side(database: Database) -> None:
    database.write_blocking(lambda tx: tx.run(ADD, name="a"))
    together = threading.Barrier(4, timeout=20)

    def look(tx: Transaction) -> None:
        together.wait()
        assert len(tx.all(NAMES)) == 1

    threads = [threading.Thread(target=database.read_blocking, args=(look,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not together.broken


def test_closing_finishes_what_is_queued_and_empties_the_log(path: Path) -> None:
    database = SqliteDatabase(path)
    writers = [
        threading.Thread(
            target=database.write_blocking, args=(lambda tx: tx.run(ADD, name="queued"),)
        )
        for _ in range(20)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    database.close()
    database.close()
    assert not path.with_name("items.db-wal").exists()
    other = sqlite3.connect(path)
    assert other.execute("SELECT count(*) FROM item").fetchone() == (20,)
    other.close()


def test_a_closed_database_says_so(path: Path) -> None:
    database = SqliteDatabase(path)
    database.close()
    with pytest.raises(RuntimeError, match="closed"):
        database.write_blocking(lambda tx: tx.run(ADD, name="x"))


def test_closing_waits_for_the_units_under_way(path: Path) -> None:
    database = SqliteDatabase(path)
    reading, go_on = threading.Event(), threading.Event()
    results: list[object] = []

    def look(tx: Transaction) -> None:
        reading.set()
        go_on.wait(20)
        results.append(len(tx.all(NAMES)))

    threads = [
        threading.Thread(target=database.read_blocking, args=(look,)),
        threading.Thread(target=database.close),
    ]
    threads[0].start()
    reading.wait(20)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join()
    assert results == [0]
    with pytest.raises(RuntimeError, match="closed"):
        database.read_blocking(look)


def test_a_thread_that_ends_gives_its_connection_back(database: Database) -> None:
    for _ in range(50):
        thread = threading.Thread(target=database.read_blocking, args=(lambda tx: tx.all(NAMES),))
        thread.start()
        thread.join()
    gc.collect()
    assert len(database._readers._all) <= 1


async def test_another_process_that_writes_is_waited_for(database: Database, path: Path) -> None:
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


def test_values_are_never_text_of_a_statement(database: Database) -> None:
    evil = "'); DROP TABLE item; --"
    database.write_blocking(lambda tx: tx.run(ADD, name=evil))
    assert names(database) == [evil]


def test_rows_are_read_one_at_a_time_or_all_at_once(database: Database) -> None:
    rows = [{"id": number, "name": str(number)} for number in (1, 2, 3)]
    database.write_blocking(lambda tx: tx.run_many(PUT, rows))
    each = database.read_blocking(
        lambda tx: [row["id"] for row in itertools.islice(tx.each(NAMES_AND_IDS), 2)]
    )
    assert each == [1, 2]
    assert database.read_blocking(lambda tx: tx.one(NAMES))["name"] == "1"  # type: ignore[index]


NAMES_AND_IDS = prepare(select(ITEM).order_by(ITEM.c.id))


def test_deleted_text_is_overwritten_on_the_disk(path: Path) -> None:
    database = SqliteDatabase(path)
    marker = "a secret that has to go 4711"
    database.write_blocking(lambda tx: tx.run(ADD, name=marker))
    database.write_blocking(lambda tx: tx.run(prepare(ITEM.delete())))
    database.close()
    left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert marker.encode() not in left
