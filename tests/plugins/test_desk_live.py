"""Do desk pages hear at once of what they may see, and of nothing else?"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, WSCloseCode, WSServerHandshakeError

from refdesk.errors import StorageError
from refdesk.storage import Database, SqliteDatabase
from tests.desk_server import Desk, Socket, running_desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running_desk(tmp_path) as running:
        yield running


def of(frames: list[dict[str, Any]], consultation: str) -> list[dict[str, Any]]:
    """Return what the frames tell of one consultation, the lists aside."""
    told = []
    for frame in frames:
        named = frame.get("consultation") or frame.get("item", {}).get("id")
        if named == consultation:
            told.append(frame)
    return told


async def listed(page: Socket, name: str, ids: list[str]) -> dict[str, Any]:
    """Wait until a list shows just these consultations."""
    while True:
        frame = await page.next("list")
        if [item["id"] for item in frame[name]] == ids:
            return frame


async def test_lists_come_at_once_and_follow_what_happens(desk: Desk) -> None:
    mei = await desk.signed_in("mei")
    page = await desk.live(mei)
    first = await page.next("list")
    assert (first["waiting"], first["with_librarian"], first["closed"]) == ([], [], [])
    reader = await desk.reader()
    consultation = await reader.wait_for_person("Where are the maps?")
    shown = await listed(page, "waiting", [consultation])
    assert shown["waiting"][0]["question"] == "Where are the maps?"
    await mei.post(f"/consultations/{consultation}/claim")
    mine = await listed(page, "with_librarian", [consultation])
    accepted = await reader.say("Are you there?")
    while mine["with_librarian"][0]["reader_seq"] < accepted["seq"]:
        mine = await listed(page, "with_librarian", [consultation])
    await mei.post(f"/consultations/{consultation}/close")
    await listed(page, "closed", [consultation])
    await mei.post(f"/consultations/{consultation}/wrap_up", {"outcome": "answered"})
    await listed(page, "closed", [])


async def test_who_loses_the_claim_learns_who_won_and_receives_nothing_more(desk: Desk) -> None:
    reader = await desk.reader()
    consultation = await reader.wait_for_person("Where are the maps?")
    mei, tom = await desk.signed_in("mei"), await desk.signed_in("tom")
    page = await desk.live(tom)
    await page.watch(consultation)
    await page.next("event", state="waiting")

    await mei.post(f"/consultations/{consultation}/claim")
    assert await page.next("taken") == {
        "type": "taken", "consultation": consultation, "by": "Li Mei"
    }  # fmt: skip
    seen_until_taken = len(page.seen)
    await mei.write(consultation, "For the reader only")
    await reader.next("event", kind="reply", **{"from": "librarian"})
    await reader.say("A secret")
    other = await (await desk.reader()).wait_for_person()
    await listed(page, "waiting", [other])
    assert of(page.seen[seen_until_taken:], consultation) == []
    assert "secret" not in str(page.seen)
    await page.watch(consultation)
    assert (await page.next("taken"))["by"] == "Li Mei"
    assert of(page.seen[seen_until_taken:], consultation)[:-1] == []


async def test_a_view_opened_while_a_colleague_claims_shows_nothing_after_the_claim(
    desk: Desk,
) -> None:
    mei, tom = await desk.signed_in("mei"), await desk.signed_in("tom")
    page = await desk.live(tom)
    for _ in range(25):
        reader = await desk.reader()
        consultation = await reader.wait_for_person("one", "two")
        claim = asyncio.create_task(mei.post(f"/consultations/{consultation}/claim"))
        await page.watch(consultation)
        await claim
        await mei.write(consultation, "For the reader only")
        await page.next("taken", consultation=consultation)
        assert all(event.get("name") != "Li Mei" for event in of(page.seen, consultation))


async def test_a_page_that_comes_back_gets_just_what_it_has_missed(desk: Desk) -> None:
    reader = await desk.reader()
    consultation = await reader.wait_for_person()
    mei = await desk.signed_in("mei")
    await mei.post(f"/consultations/{consultation}/claim")
    page = await desk.live(mei)
    await page.watch(consultation)
    last = (await page.next("event", state="with_librarian"))["seq"]
    seen = [frame["seq"] for frame in page.seen if frame["type"] == "event"]
    for round_number in range(5):
        await page.socket.close()
        for number in range(round_number + 1):
            await reader.say(f"message {round_number} {number}")
        page = await desk.live(mei)
        await page.watch(consultation, last)
        newest = (await reader.say(f"after {round_number}"))["seq"]
        while last < newest:
            last = (await page.next("event"))["seq"]
        seen += [frame["seq"] for frame in page.seen if frame["type"] == "event"]
    log = (await mei.get(f"/consultations/{consultation}/events")).body["items"]
    assert seen == [event["seq"] for event in log]


async def test_a_reader_who_writes_very_much_cannot_keep_the_desk_from_opening_it(
    tmp_path: Path,
) -> None:
    async with running_desk(tmp_path, "[limits]\nburst = 5000\n") as desk:
        reader = await desk.reader()
        consultation = await reader.wait_for_person()
        for number in range(1500):
            await reader.socket.send_json(
                {"type": "message", "client_id": f"m{number}", "text": f"and {number}"}
            )
        await reader.next("accepted", client_id="m1499")
        page = await desk.live(await desk.signed_in("mei"))
        await page.watch(consultation)
        newest = (await page.next("watching"))["seq"]
        await page.next("event", seq=newest)
        seen = [event["seq"] for event in of(page.seen, consultation) if "seq" in event]
        assert len(seen) >= 1500


async def test_two_pages_of_one_librarian_and_a_supervisor_see_the_same(desk: Desk) -> None:
    reader = await desk.reader()
    consultation = await reader.wait_for_person()
    mei, sue = await desk.signed_in("mei"), await desk.signed_in("sue")
    pages = [await desk.live(who) for who in (mei, mei, sue)]
    for page in pages:
        await page.watch(consultation)
        await page.next("watching")
    await mei.post(f"/consultations/{consultation}/claim")
    accepted = await reader.say("Are you there?")
    for page in pages:
        await page.next("event", seq=accepted["seq"])
    views = [[f for f in page.seen if f["type"] == "event"] for page in pages]
    assert views[0] == views[1] == views[2]


async def test_a_reader_who_stops_waiting_is_not_watched_any_more(desk: Desk) -> None:
    reader = await desk.reader()
    consultation = await reader.wait_for_person()
    mei = await desk.signed_in("mei")
    page = await desk.live(mei)
    await page.watch(consultation)
    await page.next("event", state="waiting")
    await reader.say("back")
    assert await page.next("gone") == {"type": "gone", "consultation": consultation}
    await reader.say("Something private")
    other = await (await desk.reader()).wait_for_person()
    await listed(page, "waiting", [other])
    assert "private" not in str(page.seen)


@pytest.mark.parametrize("name", ["mei", "sue"])
async def test_what_is_not_for_these_eyes_is_simply_gone(desk: Desk, name: str) -> None:
    reader = await desk.reader()
    await reader.say("A private matter")
    page = await desk.live(await desk.signed_in(name))
    for consultation in (reader.consultation, "nothing-here", ""):
        await page.watch(consultation)
        await page.next("gone", consultation=consultation)
    await reader.say("thanks")
    other = await (await desk.reader()).wait_for_person()
    await listed(page, "waiting", [other])
    assert "private" not in str(page.seen)


async def test_frames_that_mean_nothing_are_explained_and_the_page_goes_on(desk: Desk) -> None:
    page = await desk.live(await desk.signed_in("mei"))
    for text in (
        "{", "[]", "1", "[" * 5000, '{"type": "shout"}', '{"type": "watch"}',
        '{"type": "watch", "consultation": 5}',
        '{"type": "watch", "consultation": "a", "last_seen": -1}',
        '{"type": "watch", "consultation": "a", "last_seen": true}',
        '{"type": "watch", "consultation": "\\ud800"}',
    ):  # fmt: skip
        await page.socket.send_str(text)
        assert (await page.next("error"))["message"]
    await page.socket.send_bytes(b"\x00")
    assert (await page.next("error"))["code"] == "binary_frame"
    await page.watch("nothing-here")
    await page.next("gone")


async def test_a_frame_larger_than_any_page_sends_ends_that_connection_only(desk: Desk) -> None:
    mei = await desk.signed_in("mei")
    page, other = await desk.live(mei), await desk.live(mei)
    await page.socket.send_str("x" * 1_000_000)
    assert await page.closed() == 1009
    await other.watch("nothing-here")
    await other.next("gone")


async def test_only_librarians_of_our_own_pages_may_listen(desk: Desk) -> None:
    mei, editor = await desk.signed_in("mei"), await desk.signed_in("ed")
    foreign = {"Authorization": f"Bearer {mei.token}", "Origin": "https://elsewhere.example"}
    cases = [
        ({}, 401),
        ({"Authorization": "Bearer forged"}, 401),
        ({"Authorization": f"Bearer {editor.token}"}, 403),
        (foreign, 403),
        ({**foreign, "Origin": "null"}, 403),
    ]
    for headers, status in cases:
        with pytest.raises(WSServerHandshakeError) as refused:
            await desk.http.ws_connect(f"{desk.address}/desk/ws", headers=headers)
        assert refused.value.status == status


async def test_the_cookie_of_a_page_opens_the_live_connection(desk: Desk) -> None:
    mei = await desk.signed_in("mei")
    headers = {"Cookie": f"refdesk_session={mei.token}", "Origin": desk.address}
    page = Socket(await desk.http.ws_connect(f"{desk.address}/desk/ws", headers=headers))
    await page.next("list")


async def test_an_open_page_puts_a_librarian_on_duty(desk: Desk) -> None:
    mei = await desk.signed_in("mei")
    first, second = await desk.live(mei), await desk.live(mei)
    await first.next("list")
    await second.next("list")
    assert desk.app.duty.librarians() == {"mei"}
    await first.socket.close()
    await second.watch("nothing-here")
    await second.next("gone")
    assert desk.app.duty.librarians() == {"mei"}
    await second.socket.close()
    async with asyncio.timeout(20):
        while desk.app.duty.librarians():  # noqa: ASYNC110 - the server notices in its own time
            await asyncio.sleep(0.02)


async def test_a_disabled_account_soon_loses_its_live_page(desk: Desk) -> None:
    consultation = await (await desk.reader()).wait_for_person()
    mei, tom = await desk.signed_in("mei"), await desk.signed_in("tom")
    page, other = await desk.live(mei), await desk.live(tom)
    await page.watch(consultation)
    await page.next("watching")
    await asyncio.to_thread(desk.app.staff.disable, "mei")
    assert await page.closed() == 4401
    assert (await mei.get("/consultations")).status == 401
    await other.watch(consultation)
    await other.next("watching")


async def test_signing_out_ends_the_pages_of_that_session_and_no_other(desk: Desk) -> None:
    here, there = await desk.signed_in("mei"), await desk.signed_in("mei")
    page, other = await desk.live(here), await desk.live(there)
    await page.next("list")
    await here.call("DELETE", "/session")
    assert await page.closed() == 4401
    await other.watch("nothing-here")
    await other.next("gone")
    assert desk.app.duty.librarians() == {"mei"}


async def test_a_server_that_stops_tells_its_pages(tmp_path: Path) -> None:
    async with ClientSession() as http:
        async with running_desk(tmp_path) as desk:
            mei = await desk.signed_in("mei")
            page = await replace(desk, http=http).live(mei)
            await page.next("list")
            told = asyncio.create_task(page.closed())
        assert await told == 1012


async def test_a_page_is_sent_away_and_not_left_deaf_when_the_rows_cannot_be_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the database restarts: what keeps the page up to date must not die unheard."""
    mei = await desk.signed_in("mei")
    page = await desk.live(mei)
    await page.next("list")

    async def gone(_self: Database, _work: Any) -> Any:
        raise StorageError("The connection to the database is lost. Try again.")

    with monkeypatch.context() as broken:
        broken.setattr(SqliteDatabase, "read", gone)
        assert await page.closed() == WSCloseCode.INTERNAL_ERROR
    again = await desk.live(mei)
    await again.next("list")
