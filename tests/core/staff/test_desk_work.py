"""Do the librarians' verbs keep lists, log and statistics right? (HTTP: tests/plugins.)"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from refdesk.core.lifecycle.wrapping_up import WrapUp
from refdesk.core.log.parts_json import plain_text
from refdesk.core.staff.authorise import Role, StaffActor
from refdesk.storage import prepare
from tests.desk_server import Desk, running_desk

MEI = StaffActor("mei", "Li Mei", Role.LIBRARIAN)
TOM = StaffActor("tom", "Tom Hale", Role.LIBRARIAN)
SUE = StaffActor("sue", "Sue Park", Role.SUPERVISOR)
STATISTICS = prepare(text("SELECT * FROM statistics"))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running_desk(tmp_path) as running:
        yield running


async def test_a_wrap_up_writes_one_row_without_the_reader(desk: Desk) -> None:
    consultation = await (await desk.reader()).wait_for_person("Where are the maps?")
    work = desk.app.desk
    await work.claim(MEI, consultation)
    await work.close(MEI, consultation)
    notes = WrapUp("answered", "directional", 2, "maps")
    words = [(await work.wrap_up(MEI, consultation, notes)).word for _ in range(3)]
    assert words == ["done", "wrong_state", "wrong_state"]

    rows = desk.app.deployment.database.read_blocking(lambda tx: tx.all(STATISTICS))
    (row,) = [dict(row) for row in rows]
    assert (row["outcome"], row["question_type"], row["read_effort"]) == (
        "answered", "directional", 2
    )  # fmt: skip
    assert (row["messages"], row["handoff_reason"]) == (2, "asked_for_person")
    one = await work.reading.consultation(consultation)
    assert one is not None
    assert one.rid not in str(row)
    assert consultation not in str(row)


async def test_claims_that_race_with_a_reader_who_leaves_end_in_one_of_the_two(
    desk: Desk,
) -> None:
    for _ in range(20):
        reader = await desk.reader()
        consultation = await reader.wait_for_person()
        claim, _ = await asyncio.gather(desk.app.desk.claim(MEI, consultation), reader.say("back"))
        await desk.app.settle(10)
        now = await desk.app.desk.reading.consultation(consultation)
        assert now is not None
        expected = ("with_librarian", "mei") if claim.word == "done" else ("self_service", None)
        assert (now.state.value, now.owner) == expected


async def test_the_assistant_is_silent_once_a_librarian_has_claimed(desk: Desk) -> None:
    reader = await desk.reader()
    consultation = await reader.wait_for_person()
    await desk.app.desk.claim(MEI, consultation)
    for words in ("hello", "thanks", "Where are the maps?"):
        await reader.say(words)
    await desk.app.settle(10)
    log = await desk.app.desk.reading.events(consultation, 0)
    claimed = next(event.seq for event in log if event.alias == "Li Mei")
    assert [event.sender for event in log if event.seq > claimed] == ["reader"] * 3


async def test_the_arrival_is_told_in_the_readers_language(desk: Desk) -> None:
    reader = await desk.reader("zh")
    await reader.say("转人工")
    await desk.app.settle(10)
    done = await desk.app.desk.claim(MEI, reader.consultation)
    assert done.word == "done"
    arrival = await reader.next("event", state="with_librarian")
    assert "Li Mei" in arrival["parts"][0]["text"]
    assert "您" in arrival["parts"][0]["text"]


async def test_previews_are_one_line_and_short(desk: Desk) -> None:
    reader = await desk.reader()
    await reader.wait_for_person("  one\n\ntwo\tthree  ", "y" * 3000)
    (listed,) = await desk.app.desk.lists.of(MEI, "waiting")
    assert listed.first_text == "one two three"
    assert (len(listed.question), listed.question[-1]) == (240, "…")


async def test_the_question_is_what_led_to_a_person_not_what_is_said_later(desk: Desk) -> None:
    reader = await desk.reader()
    await reader.say("hello, dear assistant, you automatic wonder of the library")
    for _ in range(5):
        await reader.say("thanks")
    consultation = await reader.wait_for_person("Where are the maps?")
    (listed,) = await desk.app.desk.lists.of(MEI, "waiting")
    assert listed.question == "Where are the maps?"
    await desk.app.desk.claim(MEI, consultation)
    await reader.say("Are you there? I have been waiting for such a long time now.")
    (listed,) = await desk.app.desk.lists.of(MEI, "with_librarian")
    assert listed.question == "Where are the maps?"
    assert listed.first_text.startswith("hello, dear assistant")


async def test_the_question_of_who_asks_for_a_person_first_is_what_they_say_next(
    desk: Desk,
) -> None:
    reader = await desk.reader()
    consultation = await reader.wait_for_person()
    (listed,) = await desk.app.desk.lists.of(MEI, "waiting")
    assert listed.question == "librarian"
    await reader.say("Where is the map collection?")
    (listed,) = await desk.app.desk.lists.of(MEI, "waiting")
    assert (listed.first_text, listed.question) == ("librarian", "Where is the map collection?")
    await desk.app.desk.claim(MEI, consultation)
    await reader.say("I am looking for the one of the old town, with all its gardens.")
    (listed,) = await desk.app.desk.lists.of(MEI, "with_librarian")
    assert listed.question == "Where is the map collection?"


async def test_lists_hold_what_each_colleague_may_see(desk: Desk) -> None:
    first, second = [await (await desk.reader()).wait_for_person() for _ in range(2)]
    lists, work = desk.app.desk.lists, desk.app.desk
    await work.claim(MEI, first)
    await work.claim(TOM, second)

    async def ids(staff: StaffActor, name: str) -> list[str]:
        return [one.consultation.id for one in await lists.of(staff, name)]  # type: ignore[arg-type]

    assert await ids(MEI, "with_librarian") == [first]
    assert await ids(TOM, "with_librarian") == [second]
    assert await ids(SUE, "with_librarian") == [first, second]
    await work.close(MEI, first)
    assert [await ids(staff, "closed") for staff in (MEI, TOM, SUE)] == [[first], [], []]
    assert await lists.one(TOM, first) is None
    assert await lists.one(MEI, "nothing-here") is None
    assert [await lists.winner(one) for one in (first, second, "nothing-here")] == [
        "", "Tom Hale", ""
    ]  # fmt: skip


async def test_what_librarians_type_is_stored_as_it_is(desk: Desk) -> None:
    reader = await desk.reader()
    consultation = await reader.wait_for_person()
    await desk.app.desk.claim(MEI, consultation)
    words = "{alias} %s <b> \u202e '; DROP TABLE event; -- {{ 7 * 7 }}"
    done = await desk.app.desk.reply(MEI, consultation, words, "one")
    log = await desk.app.desk.reading.events(consultation, done.seq - 1)
    assert plain_text(log[0].parts) == words
