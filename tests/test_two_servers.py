"""Do two servers on one PostgreSQL database look like one, to readers and to librarians?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from refdesk.app import App
from refdesk.core.log.live import Live
from refdesk.core.log.log_changes import LogChanges
from refdesk.core.messages import InboundMessage
from refdesk.core.settings import Settings
from refdesk.core.staff.authorise import Role, StaffActor
from refdesk.core.staff.desk_work import Desk
from refdesk.deployment import Deployment
from refdesk.knowledge_base import KnowledgeBase, make_entry
from tests.databases import Engine, Place
from tests.reader_page import said, serving

LI = StaffActor("li", "Ms Li", Role.LIBRARIAN)
RENEW = make_entry("renew", "How do I renew a book?", "Press Renew.", language="en")


@pytest.fixture
def engine() -> Engine:
    return "postgresql"


@asynccontextmanager
async def running(place: Place, folder: Path) -> AsyncIterator[App]:
    """One of the servers; like every node it has a folder of its own, and the same secret key."""
    _prepare(folder)
    database = place.open()
    knowledge_base = KnowledgeBase.open(database, folder / "index", library="main")
    app = App(Deployment(folder, Settings(), database, knowledge_base))
    await app.start()
    try:
        yield app
    finally:
        await app.stop()
        database.close()


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.joinpath("secret.key").write_bytes(b"k" * 32)


async def test_a_reader_at_one_server_talks_with_a_librarian_at_another(
    place: Place, tmp_path: Path
) -> None:
    async with (
        running(place, tmp_path / "one") as one,
        running(place, tmp_path / "other") as other,
        serving(one.server) as pages,
    ):
        page = await pages.open()
        await page.hello()
        accepted = await page.say("librarian")
        await page.event("system")
        assert (await other.desk.claim(LI, accepted["consultation"])).word == "done"
        assert "Ms Li" in said(await page.event("system"))
        for number in range(5):
            await other.desk.reply(LI, accepted["consultation"], f"line {number}", str(number))
            await page.say(f"answer {number}")
        seen = sorted(f["seq"] for f in page.frames if f["type"] == "event")
        while len(seen) < 5 + 5 + 3:
            await page.event()
            seen = [f["seq"] for f in page.frames if f["type"] == "event"]
        shown = [f["seq"] for f in page.frames if f["type"] == "event"]
        assert shown == sorted(shown), "in order, whoever committed it"


async def test_what_was_stored_although_nobody_heard_of_it_is_shown_when_it_is_sent_again(
    place: Place, tmp_path: Path
) -> None:
    """As when the line to the database breaks during the commit: the sender tries again."""
    async with (
        running(place, tmp_path / "one") as one,
        running(place, tmp_path / "other") as other,
        serving(one.server) as pages,
    ):
        page = await pages.open()
        await page.hello()
        accepted = await page.say("librarian")
        await page.event("system")
        consultation = accepted["consultation"]
        assert (await other.desk.claim(LI, consultation)).word == "done"
        assert "Ms Li" in said(await page.event("system"))
        database = other.deployment.database
        unheard = Desk(LogChanges(database, "main", Live(), lambda _account: False))
        assert (await unheard.reply(LI, consultation, "It is upstairs.", "k1")).word == "done"
        assert (await other.desk.reply(LI, consultation, "It is upstairs.", "k1")).word == "repeat"
        assert said(await page.event("librarian")) == "It is upstairs."


async def test_an_entry_put_at_one_server_is_found_at_the_other(
    place: Place, tmp_path: Path
) -> None:
    async with (
        running(place, tmp_path / "one") as one,
        running(place, tmp_path / "other") as other,
        serving(other.server) as pages,
    ):
        await asyncio.to_thread(one.deployment.knowledge_base.put, [RENEW], author="tests")
        await asyncio.to_thread(other.deployment.knowledge_base.follow)
        page = await pages.open()
        await page.hello()
        await page.say("How do I renew a book?")
        assert "Press Renew." in said(await page.event("bot"))


async def test_what_a_server_leaves_unfinished_the_other_answers(
    place: Place, tmp_path: Path
) -> None:
    async with running(place, tmp_path / "other") as other:
        async with running(place, tmp_path / "one") as one:
            message = InboundMessage("web_chat", "r1", "r1:a", "librarian", one.clock(), "en")
            # Accepted, and the server is gone before it has done anything.
            accepted = await one.store.accept(message)
        async with asyncio.timeout(20):
            while not (events := await _answers(other, accepted.consultation)):  # noqa: ASYNC110 - only looked at
                await asyncio.sleep(0.05)
        assert len(events) == 1


async def _answers(app: App, consultation: str) -> list[int]:
    events = await app.desk.reading.events(consultation, 0)
    return [event.seq for event in events if event.sender != "reader"]
