"""Do librarians see what could not be sent, each what is theirs, and can they settle it?"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from refdesk.core.channels.capabilities import Capabilities, SendResult
from refdesk.testing import FakeChannel
from tests.desk_server import Desk, Script, running_desk

REFUSED = SendResult("permanent", reason="the reader has left")
ACCEPTED = SendResult("accepted")


@dataclass
class Shift:
    """A desk with one channel, on which a reader talks with Mei."""

    desk: Desk
    channel: FakeChannel
    mei: Script
    consultation: str

    async def sends(self, *answers: Any, text: str = "The map is on floor 3.") -> None:
        """Let Mei write; the platform answers so."""
        self.channel.answers(*answers)
        assert (await self.mei.write(self.consultation, text)).status == 201
        await self.desk.app.settle()

    async def unsent(self, who: Script) -> list[dict[str, Any]]:
        """Return what this colleague is shown."""
        items: list[dict[str, Any]] = (await who.get("/attention")).body["items"]
        return items


@pytest.fixture
async def shift(tmp_path: Path) -> AsyncIterator[Shift]:
    channel = FakeChannel(Capabilities(failures_before_alert=2))
    async with running_desk(tmp_path, adapters={"fake": channel.adapter}) as desk:
        accepted = await channel.delivers("openid-1", "librarian")
        assert accepted is not None
        await desk.app.settle()
        mei = await desk.signed_in("mei")
        await mei.post(f"/consultations/{accepted.consultation}/claim")
        await desk.app.settle()
        yield Shift(desk, channel, mei, accepted.consultation)


async def test_a_refused_message_is_listed_with_its_reason(shift: Shift) -> None:
    await shift.sends(REFUSED)
    (item,) = await shift.unsent(shift.mei)
    assert (item["state"], item["reason"]) == ("failed", "the reader has left")
    assert item["consultation"] == shift.consultation
    assert item["text"] == "The map is on floor 3."
    assert item["account"] == "fake"


async def test_sending_again_really_sends_under_the_same_key(shift: Shift) -> None:
    await shift.sends(REFUSED)
    (item,) = await shift.unsent(shift.mei)
    answer = await shift.mei.post(f"/attention/{item['id']}/resend")
    assert answer.status == 200
    await shift.desk.app.settle()
    first, second = shift.channel.attempts[-2:]
    assert first.message.key == second.message.key
    assert "floor 3" in shift.channel.sent["openid-1"][-1].text
    assert await shift.unsent(shift.mei) == []


async def test_what_is_taken_off_the_list_is_not_sent(shift: Shift) -> None:
    await shift.sends(SendResult("unknown"))
    (item,) = await shift.unsent(shift.mei)
    assert item["state"] == "unknown"
    tried = len(shift.channel.attempts)
    assert (await shift.mei.post(f"/attention/{item['id']}/discard")).status == 200
    await shift.desk.app.settle()
    assert len(shift.channel.attempts) == tried
    assert await shift.unsent(shift.mei) == []
    again = await shift.mei.post(f"/attention/{item['id']}/resend")
    assert (again.status, again.body["error"]) == (404, "not_there_any_more")


async def test_a_colleague_sees_and_settles_nothing_of_it(shift: Shift) -> None:
    await shift.sends(REFUSED)
    (item,) = await shift.unsent(shift.mei)
    tom = await shift.desk.signed_in("tom")
    assert await shift.unsent(tom) == []
    for verb in ("resend", "discard"):
        assert (await tom.post(f"/attention/{item['id']}/{verb}")).status == 404
    editor = await shift.desk.signed_in("ed")
    assert (await editor.get("/attention")).status == 403
    assert (await shift.desk.nobody().get("/attention")).status == 401
    assert len(await shift.unsent(shift.mei)) == 1


async def test_supervisors_see_that_an_automatic_answer_failed_but_not_its_words(
    shift: Shift,
) -> None:
    shift.channel.answers(REFUSED)
    await shift.channel.delivers("openid-2", "hello")
    await shift.desk.app.settle()
    sue = await shift.desk.signed_in("sue")
    (item,) = await shift.unsent(sue)
    assert (item["consultation"], item["text"]) == (None, "")
    assert item["reason"] == "the reader has left"
    assert (await sue.post(f"/attention/{item['id']}/resend")).status == 200
    await shift.desk.app.settle()
    assert "openid-2" in shift.channel.sent
    assert await shift.unsent(shift.mei) == []


async def test_an_open_page_follows_how_far_a_message_has_come(shift: Shift) -> None:
    page = await shift.desk.live(shift.mei)
    await page.watch(shift.consultation)
    await page.next("watching")
    await shift.sends(REFUSED)
    (item,) = await shift.unsent(shift.mei)
    mark = {"state": "failed", "reason": "the reader has left", "discarded": False}
    marks: dict[str, Any] = {}
    while marks.get(str(item["seq"])) != mark:
        marks = (await page.next("delivery", consultation=shift.consultation))["marks"]
    await shift.mei.post(f"/attention/{item['id']}/resend")
    while marks[str(item["seq"])]["state"] != "accepted":
        marks = (await page.next("delivery", consultation=shift.consultation))["marks"]
    lists = [frame["items"] for frame in page.seen if frame["type"] == "attention"]
    assert [item] in lists


async def test_a_channel_in_trouble_has_a_banner_until_it_works_again(shift: Shift) -> None:
    page = await shift.desk.live(shift.mei)
    await page.next("list")
    shift.channel.answers(SendResult("auth", reason="token expired"))
    await shift.mei.write(shift.consultation, "Are you there?")
    frame = await page.next("attention")
    (channel,) = frame["channels"]
    assert (channel["account"], channel["trouble"]) == ("fake", "stopped")
    assert channel["reason"] == "token expired"
    assert channel["since"] > 0
    shift.desk.app.outbox.watch.answered("fake")  # as when a trial has got through
    while (await page.next("attention"))["channels"]:
        pass
    await shift.desk.app.settle()
    assert shift.channel.sent["openid-1"][-1].text.endswith("Are you there?")
