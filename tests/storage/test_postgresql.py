"""What is particular to PostgreSQL: connections end, servers restart, answers get lost."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from urllib.parse import urlsplit, urlunsplit

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, bindparam, insert, select

from refdesk.errors import ConstraintError, StorageError
from refdesk.storage import Database, Transaction, prepare
from refdesk.storage.postgresql.database import PostgresDatabase
from refdesk.storage.postgresql.hints import TOGETHER_SECONDS
from tests.databases import Engine, Place
from tests.postgres_server import OwnServer, own_server

ITEM = Table("item", MetaData(), Column("id", Integer, primary_key=True), Column("name", String))
ADD = prepare(insert(ITEM).values(name=bindparam("name")))
PUT = prepare(insert(ITEM))
NAMES = prepare(select(ITEM.c.name).order_by(ITEM.c.id))
OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
SPEAKERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND query LIKE '%pg_notify%'"
)
PATIENCE_SECONDS = 0.5


@pytest.fixture
def engine() -> Engine:
    return "postgresql"


@pytest.fixture
def place(place: Place) -> Place:
    place.create(ITEM)
    return place


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    with closing(place.open()) as opened:
        yield opened


def names(database: Database) -> list[str]:
    return [row["name"] for row in database.read_blocking(lambda tx: tx.all(NAMES))]


async def test_connections_that_the_server_ended_are_made_anew(
    database: Database, place: Place
) -> None:
    for number in range(3):
        await database.write(lambda tx, n=number: tx.run(ADD, name=str(n)))
        assert len(await database.read(lambda tx: tx.all(NAMES))) == number + 1
        place.execute(OTHERS)
    assert names(database) == ["0", "1", "2"]


def test_a_unit_whose_connection_ends_is_run_again_and_stored_once(
    database: Database, place: Place
) -> None:
    runs: list[str] = []

    def lose_the_connection(tx: Transaction) -> None:
        tx.run(ADD, name="x")
        runs.append("run")
        if len(runs) == 1:
            place.execute(OTHERS)
        tx.run(ADD, name="y")

    database.write_blocking(lose_the_connection)
    assert runs == ["run", "run"]
    assert names(database) == ["x", "y"]


def test_a_unit_that_always_loses_the_connection_is_given_up(
    database: Database, place: Place
) -> None:
    def lose_the_connection(tx: Transaction) -> None:
        place.execute(OTHERS)
        tx.run(ADD, name="x")

    with pytest.raises(StorageError):
        database.write_blocking(lose_the_connection)
    database.write_blocking(lambda tx: tx.run(ADD, name="fine"))
    assert names(database) == ["fine"]


def test_a_unit_that_goes_on_after_a_failure_stores_nothing(database: Database) -> None:
    def go_on(tx: Transaction) -> None:
        tx.run(PUT, id=1, name="x")
        with suppress(ConstraintError):
            tx.run(PUT, id=1, name="y")

    with pytest.raises(ConstraintError, match="went on"):
        database.write_blocking(go_on)
    assert names(database) == []


def test_reading_that_loses_its_connection_says_so(database: Database, place: Place) -> None:
    def lose_the_connection(tx: Transaction) -> list[object]:
        place.execute(OTHERS)
        return list(tx.all(NAMES))

    with pytest.raises(StorageError, match="Try again"):
        database.read_blocking(lose_the_connection)
    assert names(database) == []


async def test_more_readers_than_connections_take_turns(database: Database) -> None:
    results = await asyncio.gather(*(database.read(lambda tx: tx.all(NAMES)) for _ in range(100)))
    assert results == [[]] * 100


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    """A server that only this file uses, since it is stopped and started."""
    with own_server() as server:
        yield server


@pytest.fixture
def restarting(server: OwnServer) -> Iterator[Database]:
    dsn = server.database()
    Place(dsn, server).create(ITEM)
    with closing(PostgresDatabase(dsn, PATIENCE_SECONDS)) as opened:
        yield opened


async def test_while_the_server_is_down_everything_fails_in_time_and_works_again_afterwards(
    restarting: Database, server: OwnServer
) -> None:
    await restarting.write(lambda tx: tx.run(ADD, name="before"))
    assert names(restarting) == ["before"]
    server.stop()
    for _ in range(3):
        with pytest.raises(StorageError):
            await asyncio.wait_for(restarting.write(lambda tx: tx.run(ADD, name="lost")), 20)
        with pytest.raises(StorageError):
            await asyncio.wait_for(restarting.read(lambda tx: tx.all(NAMES)), 20)
    server.start()
    await restarting.write(lambda tx: tx.run(ADD, name="after"))
    assert [row["name"] for row in await restarting.read(lambda tx: tx.all(NAMES))] == [
        "before",
        "after",
    ]


async def test_work_under_way_waits_for_a_server_that_restarts(server: OwnServer) -> None:
    dsn = server.database()
    Place(dsn, server).create(ITEM)
    with closing(PostgresDatabase(dsn, patience_seconds=30)) as database:
        await database.write(lambda tx: tx.run(ADD, name="before"))
        server.stop()
        writing = asyncio.create_task(database.write(lambda tx: tx.run(ADD, name="meanwhile")))
        reading = asyncio.create_task(database.read(lambda tx: len(tx.all(NAMES))))
        await asyncio.to_thread(server.start)
        assert await writing == 1
        assert await reading in (1, 2)
        assert names(database) == ["before", "meanwhile"]


class CutAtCommit:
    """Stands between refdesk and the server; once, it passes COMMIT on and loses the answer."""

    def __init__(self, dsn: str) -> None:
        parts = urlsplit(dsn)
        self._server = (parts.hostname, parts.port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        self.dsn = urlunsplit(parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}"))
        self.cut = threading.Event()
        self.armed = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(20)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listening.accept()
                thread = threading.Thread(target=self._serve, args=(client,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._server) as server:
            back = threading.Thread(target=self._pass_back, args=(server, client))
            back.start()
            with suppress(OSError):
                while data := client.recv(65536):
                    if b"COMMIT" in data and self.armed.is_set():
                        self.armed.clear()
                        self.cut.set()
                    server.sendall(data)
                    if self.cut.is_set():
                        server.shutdown(socket.SHUT_WR)
                        break
            back.join()

    def _pass_back(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if not self.cut.is_set():
                    client.sendall(data)
            self.cut.clear()
            client.shutdown(socket.SHUT_RDWR)


def test_a_commit_whose_answer_is_lost_is_not_run_again(place: Place) -> None:
    assert isinstance(place.where, str)
    runs: list[str] = []

    def add(tx: Transaction) -> None:
        runs.append("run")
        tx.run(ADD, name="x")

    with (
        closing(CutAtCommit(place.where)) as between,
        closing(PostgresDatabase(between.dsn)) as database,
    ):
        database.write_blocking(lambda tx: tx.run(ADD, name="before"))
        between.armed.set()
        with pytest.raises(StorageError, match="not known whether it was stored"):
            database.write_blocking(add)
        assert runs == ["run"]
        assert names(database) == ["before", "x"], "here it had been committed"
        database.write_blocking(lambda tx: tx.run(ADD, name="after"))


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://refdesk:a-secret-4711@127.0.0.1:1/refdesk",
        "postgresql://refdesk:a-secret-4711@127.0.0.1:x/refdesk",
        "mysql://refdesk:a-secret-4711@127.0.0.1/refdesk",
        "a-secret-4711",
    ],
)
def test_a_server_that_cannot_be_reached_is_told_without_the_password(dsn: str) -> None:
    with (
        closing(PostgresDatabase(dsn, patience_seconds=0)) as database,
        pytest.raises(StorageError) as raised,
    ):
        database.read_blocking(lambda tx: tx.all(NAMES))
    assert "4711" not in str(raised.value)


def test_a_database_that_does_not_exist_is_told_at_once(place: Place) -> None:
    assert isinstance(place.where, str)
    with (
        closing(PostgresDatabase(place.where + "_missing")) as database,
        pytest.raises(StorageError, match="Check user, password and database"),
    ):
        database.write_blocking(lambda tx: tx.run(ADD, name="x"))


async def test_a_hint_is_told_although_the_connection_breaks_as_it_is_spoken(place: Place) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    listening: asyncio.Queue[str] = asyncio.Queue()

    def hear(words: list[str]) -> None:
        for word in words:
            heard.put_nowait(word)

    with closing(place.open()) as one, closing(place.open()) as other:
        assert isinstance(one, PostgresDatabase)
        assert isinstance(other, PostgresDatabase)
        speaker = one.hints("c", "one", lambda _words: None, lambda: listening.put_nowait("one"))
        hearer = other.hints("c", "other", hear, lambda: listening.put_nowait("other"))
        tasks = [asyncio.create_task(each.run()) for each in (speaker, hearer)]
        try:
            async with asyncio.timeout(60):
                assert {await listening.get(), await listening.get()} == {"one", "other"}
                for number in range(4):
                    speaker.tell(f"a{number}")
                    assert await heard.get() == f"a{number}"
                    speaker.tell(f"b{number}")
                    # Just when it is about to speak: nobody has told it that the line is dead.
                    await asyncio.sleep(TOGETHER_SECONDS / 2)
                    place.execute(SPEAKERS)
                    assert await heard.get() == f"b{number}"
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in ended] == [asyncio.CancelledError] * 2
