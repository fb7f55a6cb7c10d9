"""Is a room booked once, and confirmed once, when the server is killed at any step?

A real server, a real room system, a reader on a real socket. Afterwards the room system, the log on
disk and what the reader has seen are the judges.
"""

import asyncio
import importlib.util
import json
import os
import signal
import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession

from tests.reader_page import Frame, Pages, ReaderPage, said
from tests.served import Server

pytest_plugins = ["pytester"]
EXAMPLE = Path(__file__).parents[2] / "examples/room_booking"
PROJECT = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))
SETTINGS = """
[plugins]
local_services = ["127.0.0.1:{port}"]

[plugins.room_booking]
address = "http://127.0.0.1:{port}"
"""
# Each with the words of the question that it answers.
ANSWERS = (
    ("book a room", "What would you like"),
    ("tomorrow", "For which day?"),
    ("14:00", "From what time?"),
    ("16:00", "Until what time?"),
    ("3", "How many people?"),
    ("Room A1, 4 seats", "Which room?"),
    ("Chess", "What is your group called?"),
    ("confirm", "is this right?"),
)
PATIENCE_SECONDS = 60.0


def room_system() -> Any:
    """Return a new room system of the example."""
    spec = importlib.util.spec_from_file_location("rooms_to_try", EXAMPLE / "rooms_to_try.py")
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.RoomSystem()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that has the example installed, as pip would; it is not started yet."""
    points = PROJECT["project"]["entry-points"]["refdesk.plugins"]
    installed = tmp_path / "site/refdesk_room_booking-0.1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: refdesk-room-booking\n")
    lines = [f"{name} = {value}\n" for name, value in points.items()]
    (installed / "entry_points.txt").write_text("[refdesk.plugins]\n" + "".join(lines))
    folder = tmp_path / "library"
    folder.mkdir()
    paths = (str(installed.parent), str(EXAMPLE), os.environ.get("PYTHONPATH", ""))
    made = Server(folder, {"PYTHONPATH": os.pathsep.join(filter(None, paths))})
    yield made
    if made.port:
        made.end(signal.SIGKILL)


class Visit:
    """A reader who answers the form's questions and opens the page again when it is lost."""

    def __init__(self, server: Server, pages: Pages) -> None:
        self.server = server
        self.pages = pages
        self.page: ReaderPage | None = None
        self.token: str | None = None
        self.consultation: str | None = None
        self.seen: dict[int, Frame] = {}

    @property
    def heard(self) -> list[str]:
        return [said(self.seen[seq]) for seq in sorted(self.seen)]

    async def opened(self) -> ReaderPage:
        """Return a page that is open, a new one when the last was lost."""
        while self.page is None:
            try:
                page = await self.pages.open()
                welcome = await page.hello(self.token, self.consultation, max(self.seen, default=0))
            except (ClientError, ConnectionError, AssertionError):
                await asyncio.sleep(0.05)  # the server is being started again
                continue
            self.token, self.page = welcome["token"], page
        return self.page

    async def say(self, words: str, number: int) -> None:
        """Say something, under the same id until it is accepted."""
        while True:
            page = await self.opened()
            try:
                accepted = await page.say(words, f"word-{number}")
            except (ClientError, ConnectionError, AssertionError):
                self._lost()
                continue
            self.consultation = accepted["consultation"]
            self._remember(page)
            return

    async def hears(self, words: str) -> None:
        """Return when something with these words has been shown."""
        while not any(words in text for text in self.heard):
            page = await self.opened()
            try:
                await page.event()
            except (ClientError, ConnectionError, AssertionError):
                self._lost()
                continue
            self._remember(page)

    def _remember(self, page: ReaderPage) -> None:
        for frame in page.events:
            self.seen.setdefault(frame["seq"], frame)

    def _lost(self) -> None:
        if self.page is not None:
            self._remember(self.page)
        self.page = None


class Killing:
    """Kills the server once, at a named step, and starts it again."""

    def __init__(self, server: Server, step: str) -> None:
        self.server = server
        self.step = step
        self.kills = 0

    async def at(self, step: str) -> None:
        if step == self.step and not self.kills:
            self.kills += 1
            os.kill(self.server.pid, signal.SIGKILL)
            await asyncio.to_thread(self.server.end, signal.SIGKILL)
            await asyncio.to_thread(self.server.start)


STEPS = {
    "rooms": "the plugin asks which rooms are free, in the middle of the form",
    "accepted": "the confirmation is accepted",
    "promised": "the form is finished and the effect written",
    "asked": "the request has arrived at the room system, nothing is booked",
    "booked": "it is booked, and the answer not sent",
    "answered": "the answer is sent",
    "stored": "the result is stored",
    "told": "the reader is told",
}


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_any_step_it_books_one_room_and_says_so_once(
    step: str, server: Server
) -> None:
    rooms, killing = room_system(), Killing(server, step)
    rooms.moment = killing.at
    serving = await rooms.serve()
    settings = SETTINGS.format(port=rooms.port)
    (server.folder / "refdesk.toml").write_text(settings, encoding="utf-8")
    await asyncio.to_thread(server.start)
    async with ClientSession() as session, asyncio.timeout(PATIENCE_SECONDS):
        pages = Pages(session, server.address)
        visit = Visit(server, pages)
        await book(visit, killing)
        await visit.hears("Booked:")
        await killing.at("told")
        await visit.say("my bookings", 99)
        await visit.hears("(number R-1001)")
        await pages.close()
    assert killing.kills == 1, "it was killed at this step"
    assert len(rooms.active) == 1
    assert len(rooms.bookings) == 1
    assert len({key for _path, key in rooms.requests}) == 1, "each attempt bears the same key"
    judge(visit, server)
    await serving.cleanup()


async def book(visit: Visit, killing: Killing) -> None:
    """Go through the form; kill at the steps that are seen from here."""
    await visit.opened()
    for number, (words, question) in enumerate(ANSWERS):
        if number:
            await visit.hears(question)
        if words != "confirm":
            await visit.say(words, number)
    saying = asyncio.create_task(visit.say("confirm", len(ANSWERS) - 1))
    if killing.step == "accepted":
        await asyncio.to_thread(wait_for, killing.server, "event", "kind = 'message' AND seq > 14")
        await killing.at("accepted")
    await saying
    if killing.step == "promised":
        await visit.hears("I am booking it")
        await killing.at("promised")
    if killing.step == "stored":
        await asyncio.to_thread(wait_for, killing.server, "effect", "state = 'done'")
        await killing.at("stored")


def wait_for(server: Server, table: str, where: str) -> None:
    """Return when the database on disk has such a row."""
    with closing(sqlite3.connect(server.folder / "refdesk.db")) as database:
        found = None
        while found is None:
            found = database.execute(f"SELECT 1 FROM {table} WHERE {where}").fetchone()  # noqa: S608 - our own words


def judge(visit: Visit, server: Server) -> None:
    """Compare what the reader has seen with the log, and both with what had to happen."""
    with closing(sqlite3.connect(server.folder / "refdesk.db")) as database:
        rows = database.execute(
            "SELECT seq, parts FROM event WHERE audience = 'everybody' AND consultation = ? "
            "ORDER BY seq",
            (visit.consultation,),
        ).fetchall()
        reminders = database.execute("SELECT count(*) FROM reminder WHERE name = 'soon'").fetchone()
    log = {seq: json.loads(parts) for seq, parts in rows}
    assert {seq: frame["parts"] for seq, frame in visit.seen.items()}.items() <= log.items()
    told = [parts[0].get("text") or parts[0].get("prompt") for parts in log.values()]
    promised = [n for n, text in enumerate(told) if text.startswith("I am booking it")]
    booked = [n for n, text in enumerate(told) if text.startswith("Booked:")]
    assert len(promised) == len(booked) == 1, told
    assert promised < booked, "first the promise, then the news"
    assert reminders == (1,)


def test_its_own_tests_pass(pytester: pytest.Pytester) -> None:
    outcome = pytester.runpytest_subprocess(
        "--rootdir", str(EXAMPLE), "-c", str(EXAMPLE / "pyproject.toml"), "-p", "no:cacheprovider",
        str(EXAMPLE / "tests"),
    )  # fmt: skip
    outcome.assert_outcomes(passed=13)
