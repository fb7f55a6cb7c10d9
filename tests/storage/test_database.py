"""Are rows durable, ordered and apart on either engine, whatever else is written beside them?"""

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)

from refdesk.errors import ConstraintError, StorageError
from refdesk.storage import Database, Transaction, prepare
from refdesk.storage.listed_values import listed_values
from refdesk.storage.writer import LARGEST_GROUP
from tests.databases import Place

ITEM = Table(
    "item",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    CheckConstraint("name <> 'forbidden'", name="item_name"),
)
SEAT = Table("seat", MetaData(), Column("number", Integer, primary_key=True), Column("at", Float))
ADD = prepare(insert(ITEM).values(name=bindparam("name")))
PUT = prepare(insert(ITEM))
RENAME = prepare(update(ITEM).where(ITEM.c.name == bindparam("old")).values(name=bindparam("new")))
NAMES = prepare(select(ITEM.c.name).order_by(ITEM.c.id))
COUNT = prepare(select(func.count().label("number")).select_from(ITEM))
TAKE = prepare(insert(SEAT))
NEWEST_SEAT = prepare(select(func.max(SEAT.c.number).label("number")))


@pytest.fixture
def place(place: Place) -> Place:
    place.create(ITEM)
    place.create(SEAT)
    return place


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    with closing(place.open()) as opened:
        yield opened


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


async def test_a_refused_row_costs_only_its_unit(database: Database) -> None:
    texts = ["fine" if number % 3 else "forbidden" for number in range(30)]
    results = await asyncio.gather(
        *(database.write(lambda tx, n=name: tx.run(ADD, name=n)) for name in texts),
        return_exceptions=True,
    )
    for name, result in zip(texts, results, strict=True):
        assert isinstance(result, ConstraintError) == (name == "forbidden")
    assert names(database) == ["fine"] * 20


async def test_a_unit_sees_what_units_before_it_wrote(database: Database) -> None:
    def add_next(tx: Transaction) -> None:
        tx.run(ADD, name=str(len(tx.all(NAMES))))

    await asyncio.gather(*(database.write(add_next) for _ in range(50)))
    assert names(database) == [str(number) for number in range(50)]


async def test_what_is_answered_is_there_for_everybody(database: Database, place: Place) -> None:
    """Another process sees it at once: nothing is held back in this one."""
    await database.write(lambda tx: tx.run(ADD, name="durable"))
    with closing(place.open()) as other:
        assert names(other) == ["durable"]


async def test_what_is_written_can_be_read_at_once(database: Database) -> None:
    for number in range(50):
        await database.write(lambda tx, n=number: tx.run(ADD, name=str(n)))
        row = await database.read(lambda tx: tx.one(COUNT))
        assert row is not None
        assert row["number"] == number + 1


async def test_one_who_stops_waiting_disturbs_nobody(database: Database) -> None:
    waiting = asyncio.create_task(database.write(lambda tx: tx.run(ADD, name="first")))
    reading = asyncio.create_task(database.read(lambda tx: tx.all(NAMES)))
    await asyncio.sleep(0)
    waiting.cancel()
    reading.cancel()
    await database.write(lambda tx: tx.run(ADD, name="second"))
    assert names(database)[-1] == "second"


async def test_reading_cannot_change_anything(database: Database) -> None:
    with pytest.raises(StorageError):
        await database.read(lambda tx: tx.run(ADD, name="x"))
    with pytest.raises(StorageError):
        database.read_blocking(lambda tx: tx.run(ADD, name="x"))
    assert names(database) == []


async def test_a_reading_unit_sees_one_moment(database: Database, place: Place) -> None:
    database.write_blocking(lambda tx: tx.run(ADD, name="a"))
    with closing(place.open()) as other:

        def look_twice(tx: Transaction) -> list[int]:
            before = len(tx.all(NAMES))
            other.write_blocking(lambda beside: beside.run(ADD, name="between"))
            return [before, len(tx.all(NAMES))]

        assert await database.read(look_twice) == [1, 1]
    assert names(database) == ["a", "between"]


def test_threads_read_side_by_side(database: Database) -> None:
    database.write_blocking(lambda tx: tx.run(ADD, name="a"))
    together = threading.Barrier(4, timeout=20)

    def look(tx: Transaction) -> None:
        together.wait()
        assert len(tx.all(NAMES)) == 1

    in_threads(look, database.read_blocking, 4)
    assert not together.broken


def test_many_threads_write_and_read(database: Database) -> None:
    def write_and_read(number: int) -> None:
        database.write_blocking(lambda tx: tx.run(ADD, name=str(number)))
        assert str(number) in names(database)

    threads = [threading.Thread(target=write_and_read, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names(database), key=int) == [str(number) for number in range(30)]


def in_threads(work: Callable[[Transaction], object], run: Callable[..., object], n: int) -> None:
    threads = [threading.Thread(target=run, args=(work,)) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


async def test_closing_finishes_what_is_queued(place: Place) -> None:
    database = place.open()
    writing = [
        asyncio.create_task(database.write(lambda tx: tx.run(ADD, name="queued")))
        for _ in range(500)
    ]
    await asyncio.sleep(0)
    await asyncio.to_thread(database.close)
    assert await asyncio.gather(*writing) == [1] * 500
    with closing(place.open()) as again:
        assert names(again) == ["queued"] * 500


async def test_a_closed_database_says_so(place: Place) -> None:
    database = place.open()
    database.close()
    database.close()
    with pytest.raises(RuntimeError, match="closed"):
        database.write_blocking(lambda tx: tx.run(ADD, name="x"))
    with pytest.raises(RuntimeError, match="closed"):
        database.read_blocking(lambda tx: tx.all(NAMES))


def test_closing_waits_for_the_units_under_way(place: Place) -> None:
    database = place.open()
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


def test_values_are_never_text_of_a_statement(database: Database) -> None:
    evil = "'); DROP TABLE item; -- $1 %s ? :name {x}"
    database.write_blocking(lambda tx: tx.run(ADD, name=evil))
    assert names(database) == [evil]


def test_a_text_with_nul_harms_nothing(database: Database) -> None:
    """PostgreSQL does not have this character; a sign-in with such a name is still no failure."""
    rename = {"old": "a\x00b", "new": "found"}
    database.write_blocking(lambda tx: tx.run(ADD, name="a\x00b"))
    assert database.write_blocking(lambda tx: tx.run(RENAME, **rename)) == 1
    assert names(database) == ["found"]


def test_any_number_of_values_is_looked_for_by_one_statement(database: Database) -> None:
    listed = prepare(select(ITEM.c.name).where(ITEM.c.name.in_(listed_values(bindparam("names")))))
    wanted = ["a", "it's", '"b"', "图书馆", "%_"]
    database.write_blocking(lambda tx: tx.run_many(ADD, [{"name": one} for one in [*wanted, "c"]]))
    rows = database.read_blocking(
        lambda tx: tx.all(listed, names='["a","it\'s","\\"b\\"","图书馆","%_","z"]')
    )
    assert sorted(row["name"] for row in rows) == sorted(wanted)


def test_rows_are_read_one_at_a_time_or_all_at_once(database: Database) -> None:
    rows = [{"id": number, "name": str(number)} for number in range(1, 1201)]
    database.write_blocking(lambda tx: tx.run_many(PUT, rows))
    both = prepare(select(ITEM).order_by(ITEM.c.id))
    each = database.read_blocking(
        lambda tx: [row["id"] for row in itertools.islice(tx.each(both), 2)]
    )
    assert each == [1, 2]
    assert database.read_blocking(lambda tx: [dict(row) for row in tx.each(both)]) == rows
    assert database.read_blocking(lambda tx: tx.one(NAMES))["name"] == "1"  # type: ignore[index]


def test_a_change_tells_how_many_rows_it_touched(database: Database) -> None:
    for _ in range(3):
        database.write_blocking(lambda tx: tx.run(ADD, name="a"))
    assert database.write_blocking(lambda tx: tx.run(RENAME, old="a", new="b")) == 3
    assert database.write_blocking(lambda tx: tx.run(RENAME, old="a", new="b")) == 0


@pytest.mark.parametrize(
    ("unit", "error"),
    [
        (lambda tx: tx.run(PUT, id=1, name="a secret 4711"), ConstraintError),
        (lambda tx: tx.run(ADD, name=None), ConstraintError),
        (lambda tx: tx.run(ADD, name="forbidden"), ConstraintError),
        (lambda tx: tx.run(ADD, name=["a secret 4711"]), ConstraintError),
        (lambda tx: tx.run(prepare(text("SELECT 'a secret 4711' FROM nowhere"))), StorageError),
    ],
    ids=["unique", "not null", "check", "type", "no such table"],
)
def test_errors_are_refdesk_s_own_and_repeat_no_values(
    unit: Callable[[Transaction], object], error: type[Exception], database: Database
) -> None:
    database.write_blocking(lambda tx: tx.run(PUT, id=1, name="first"))
    with pytest.raises(error) as raised:
        database.write_blocking(unit)
    assert "4711" not in str(raised.value)
    assert names(database) == ["first"]


async def test_of_two_that_look_and_then_write_the_second_sees_the_first(
    database: Database, place: Place
) -> None:
    """Two servers on one database look at the same moment; then each wants the last free seat."""
    together = threading.Barrier(2)

    def take_a_seat_if_none_is_taken(tx: Transaction) -> str:
        row = tx.one(COUNT)
        assert row is not None
        # On SQLite the second cannot look before the first is done.
        with suppress(threading.BrokenBarrierError):
            together.wait(0.5)
        if row["number"]:
            return "none left"
        tx.run(ADD, name="x")
        return "taken"

    with closing(place.open()) as other:
        words = await asyncio.gather(
            *(one.write(take_a_seat_if_none_is_taken) for one in (database, other))
        )
    assert sorted(words) == ["none left", "taken"]
    assert names(database) == ["x"]


async def test_servers_that_write_the_same_rows_at_once_all_come_to_their_end(
    database: Database, place: Place
) -> None:
    def take_the_next(tx: Transaction) -> int:
        row = tx.one(NEWEST_SEAT)
        assert row is not None
        number: int = (row["number"] or 0) + 1
        tx.run(TAKE, number=number, at=0.0)
        return number

    with closing(place.open()) as second, closing(place.open()) as third:
        numbers: list[int] = []
        for _ in range(10):
            servers = (database, second, third) * 5
            numbers += await asyncio.gather(*(one.write(take_the_next) for one in servers))
    assert sorted(numbers) == list(range(1, 151))
