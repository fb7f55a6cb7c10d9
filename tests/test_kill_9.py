"""Is nothing that was accepted lost, doubled or out of order when the server is killed?

A real server on a temporary folder, several readers over real sockets, SIGKILL at random moments.
Afterwards the log on disk is the judge.
"""

import asyncio
import json
import random
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import pytest
from aiohttp import ClientError, ClientSession

from tests.reader_page import Pages, ReaderPage
from tests.served import Server

READERS = 6
MESSAGES = 25
KILLS = 5
SETTINGS = "[limits]\nburst = 10000\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "refdesk.toml").write_text(SETTINGS)
    made = Server(tmp_path)
    made.start()
    yield made
    made.end(signal.SIGKILL)


@dataclass
class Reader:
    """One reader who sends one message after the other and does not give up.

    Each message is sent again, with the same id, until it is accepted.
    """

    name: str
    accepted: dict[str, int] = field(default_factory=dict)
    consultation: str = ""
    token: str | None = None

    async def chat(self, pages: Pages) -> None:
        numbers = iter(range(1, MESSAGES + 1))
        number = next(numbers)
        while len(self.accepted) < MESSAGES:
            with suppress(ClientError, ConnectionError, AssertionError):
                page = await pages.open()
                await self.resume(page)
                while len(self.accepted) < MESSAGES:
                    await self.send(page, number)
                    number = next(numbers, 0)
            await asyncio.sleep(0.02)

    async def resume(self, page: ReaderPage) -> None:
        welcome = await page.hello(self.token, self.consultation or None, 0)
        self.token = welcome["token"]

    async def send(self, page: ReaderPage, number: int) -> None:
        client_id = f"{self.name}-{number}"
        # Most are commands, whose answers differ from each other's only by their order.
        text = "thanks" if number % 2 else f"question {client_id} about nothing"
        accepted = await page.say(text, client_id)
        assert accepted["type"] == "accepted"
        assert self.consultation in ("", accepted["consultation"]), "there is one consultation"
        self.consultation = accepted["consultation"]
        self.accepted[client_id] = accepted["seq"]


async def test_nothing_accepted_is_lost_doubled_or_out_of_order(server: Server) -> None:
    readers = [Reader(f"r{number}") for number in range(READERS)]
    chance = random.Random(4711)  # noqa: S311 - moments to kill, no secrets
    async with ClientSession() as session, asyncio.timeout(120):
        pages = Pages(session, server.address)
        chats = [asyncio.create_task(reader.chat(pages)) for reader in readers]
        for kill in range(1, KILLS + 1):
            # Each kill falls into another part of the conversation.
            await passed(readers, READERS * MESSAGES * kill // 7)
            await asyncio.sleep(chance.random() * 0.03)
            await asyncio.to_thread(server.end, signal.SIGKILL)
            await asyncio.to_thread(server.start)
        await asyncio.gather(*chats)
        await asyncio.to_thread(wait_until_answered, server, readers)
        await pages.close()
    assert server.end(signal.SIGTERM) == 0
    server.start()
    with closing(sqlite3.connect(server.folder / "refdesk.db")) as database:
        for reader in readers:
            judge(reader, database)


async def passed(readers: list[Reader], number: int) -> None:
    """Return when so many messages have been accepted."""
    while sum(len(one.accepted) for one in readers) < number:  # noqa: ASYNC110 - only looked at
        await asyncio.sleep(0.002)


def judge(reader: Reader, database: sqlite3.Connection) -> None:
    """Compare what a reader was promised with what stands in the log."""
    rows = database.execute(
        "SELECT seq, kind, sender, parts FROM event WHERE consultation = ? ORDER BY seq",
        (reader.consultation,),
    ).fetchall()
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1)), "numbers without gaps"
    inbox = dict(
        database.execute(
            "SELECT substr(event_key, instr(event_key, ':') + 1), seq FROM inbox "
            "WHERE consultation = ?",
            (reader.consultation,),
        ).fetchall()
    )
    assert inbox == reader.accepted, "each accepted message is there once, under its number"
    wanted = [f"{reader.name}-{number}" for number in range(1, MESSAGES + 1)]
    assert sorted(inbox, key=inbox.__getitem__) == wanted, "in the order in which they were sent"
    messages = [row for row in rows if row[1] == "message"]
    assert [row[0] for row in messages] == sorted(reader.accepted.values())
    answers = [json.loads(row[3]) for row in rows if row[2] in ("bot", "system")]
    assert len(answers) == MESSAGES, "each message is answered once"
    for number, answer in enumerate(answers, start=1):
        said = answer[0].get("text") or answer[0].get("prompt")
        assert said.startswith("You are welcome") == (number % 2 == 1), (number, said)


def wait_until_answered(server: Server, readers: list[Reader]) -> None:
    with closing(sqlite3.connect(server.folder / "refdesk.db")) as database:
        left = READERS
        while left:
            (left,) = database.execute(
                "SELECT count(*) FROM consultation WHERE done_seq < asked_seq"
            ).fetchone()
    assert all(reader.consultation for reader in readers)


def test_a_killed_server_is_ready_again_without_help(server: Server) -> None:
    server.end(signal.SIGKILL)
    server.start()
    with urlopen(f"{server.address}/readyz", timeout=20) as answer:  # noqa: S310 - our own
        assert json.load(answer) == {"status": "ready"}
    assert server.end(signal.SIGTERM) == 0
    server.start()
