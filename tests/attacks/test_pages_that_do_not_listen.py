"""Is a page that takes in nothing of what it is sent let go of, instead of kept for ever?"""

import asyncio
import socket

import pytest

from refdesk.core.staff.authorise import Role, StaffActor
from refdesk.testing import MakeLibrary
from tests.reader_page import PATIENCE_SECONDS, serving

LI = StaffActor("li", "Ms Li", Role.LIBRARIAN)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system has no such limit")
async def test_a_page_that_never_listens_is_cut_off(
    library: MakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("refdesk.core.web.server.TAKE_IN_SECONDS", 0.5)
    asked = library()
    async with serving(asked.app.server) as pages:
        page = await pages.open()
        await page.hello()
        consultation = (await page.say("librarian"))["consultation"]
        await asked.app.settle()
        await asked.app.desk.claim(LI, consultation)
        transport = page.socket._conn.transport
        transport.pause_reading()
        for number in range(1500):
            await asked.app.desk.reply(LI, consultation, "words " * 1300, f"d{number}")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while asked.app.adapter("web_chat")._readers:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.05)
        transport.abort()
