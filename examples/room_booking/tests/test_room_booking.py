"""Does a reader get a room, and exactly one, whatever the room system does?"""

from collections.abc import AsyncIterator

import pytest
import refdesk_room_booking
from rooms_to_try import RoomSystem

from refdesk.testing import FakeClock, Library, MakeLibrary

SETTINGS = """
[plugins]
local_services = ["127.0.0.1:{port}"]

[plugins.refdesk_room_booking]
address = "http://127.0.0.1:{port}"
patience_seconds = 0.5
"""
# Beginning on the Monday at 10:00 of the fake clock, told in UTC: 02:00.
BOOK = ("book a room", "Friday", "14:00", "16:00", "3", "Room A1, 4 seats", "skip", "confirm")
BOOKED = "Booked: Room A1, Friday, 20 March 2026, 14:00 to 16:00 (number R-1001)"


@pytest.fixture
async def rooms() -> AsyncIterator[RoomSystem]:
    system = RoomSystem()
    runner = await system.serve()
    yield system
    await runner.cleanup()


@pytest.fixture
async def willow(library: MakeLibrary, rooms: RoomSystem) -> AsyncIterator[Library]:
    settings = SETTINGS.format(port=rooms.port)
    made = library(refdesk_room_booking, settings=settings, clock=FakeClock())
    yield made
    await made.app.http.close()


async def talk(willow: Library, *words: str, name: str = "anna") -> None:
    for one in words:
        await willow.reader(name).says(one)


async def test_a_room_is_booked(willow: Library, rooms: RoomSystem) -> None:
    await talk(willow, *BOOK)
    anna = willow.reader("anna")
    anna.expects("I am booking it")
    anna.expects(BOOKED)
    (booking,) = rooms.active
    assert (booking["room"], booking["day"], booking["people"]) == ("a1", "2026-03-20", 3)
    assert "anna" not in str(rooms.bookings), "the room system does not learn who it is"


async def test_a_room_is_booked_in_chinese(willow: Library, rooms: RoomSystem) -> None:
    await talk(willow, "预约研修间", "周五", "下午两点", "四点", "下午四点", "三个人", "1", "棋社")
    anna = willow.reader("anna")
    told = anna.expects("请您核对")
    assert "日期：2026年3月20日 星期五\n开始：14:00\n结束：16:00\n人数：3" in told
    await anna.says("确认")
    anna.expects("预约成功：Room A1，2026年3月20日 星期五 14:00–16:00（编号 R-1001）")
    assert rooms.active[0]["group"] == "棋社"


async def test_times_that_make_no_sense_are_refused(willow: Library) -> None:
    anna = willow.reader("anna")
    await talk(willow, "book a room", "today", "01:00")
    anna.expects("That time has passed.")
    await talk(willow, "10:00", "09:00")
    anna.expects("The end must be after the beginning")
    await talk(willow, "15:00")
    anna.expects("at most 4 hours later")


async def test_only_rooms_that_are_free_and_large_enough_are_offered(willow: Library) -> None:
    await talk(willow, *BOOK)
    await talk(willow, *BOOK[:4], "2", name="bao")
    bao = willow.reader("bao")
    assert "Room A1" not in bao.expects("Which room?")
    await talk(willow, "back", "9", name="bao")
    bao.expects("No room is free then")


async def test_the_reminder_comes_an_hour_before(willow: Library) -> None:
    await talk(willow, *BOOK)
    anna = willow.reader("anna")
    anna.expects(BOOKED)
    await willow.advance(days=4, hours=10, minutes=59)
    assert not any("Your room soon" in text for text in anna.heard)
    await willow.advance(minutes=1)
    anna.expects("Your room soon: Room A1, Friday, 20 March 2026, 14:00")
    await willow.advance(hours=3)
    assert sum("Your room soon" in text for text in anna.heard) == 1


async def test_a_booking_is_changed_and_the_reminder_with_it(
    willow: Library, rooms: RoomSystem
) -> None:
    await talk(willow, *BOOK)
    anna = willow.reader("anna")
    anna.expects(BOOKED)
    await anna.presses("Change")
    anna.expects("Which room?")
    await talk(willow, "Room A1, 4 seats", "change", "from", "15:00", "17:00", "1", "yes")
    anna.expects("Changed: Room A1, Friday, 20 March 2026, 15:00 to 17:00 (number R-1001)")
    assert [(one["begin"], one["end"]) for one in rooms.active] == [("15:00", "17:00")]
    await willow.advance(days=4, hours=11)
    assert not any("Your room soon" in text for text in anna.heard)
    await willow.advance(hours=1)
    anna.expects("Your room soon: Room A1, Friday, 20 March 2026, 15:00")


async def test_a_booking_is_cancelled_and_nobody_is_reminded(
    willow: Library, rooms: RoomSystem
) -> None:
    await talk(willow, *BOOK)
    anna = willow.reader("anna")
    await talk(willow, "my bookings")
    anna.expects("Room A1, Friday, 20 March 2026")
    await anna.presses("Cancel the booking")
    anna.expects("Booking R-1001 is cancelled.")
    await talk(willow, "my bookings")
    anna.expects("You have no bookings.")
    await willow.advance(days=5)
    assert rooms.active == []
    assert not any("Your room soon" in text for text in anna.heard)


async def test_nobody_changes_or_cancels_another_s_booking(
    willow: Library, rooms: RoomSystem
) -> None:
    await talk(willow, *BOOK)
    for action in ("room_booking.cancel_one:R-1001", "room_booking.change_one:R-1001"):
        events = await willow.say("", "mallory", action)
        assert "not there any more" in str(events[0].parts)
    await talk(willow, *BOOK[:1], "Thursday", *BOOK[2:], name="mallory")
    mallory = willow.reader("mallory")
    await mallory.presses("Change")
    await talk(willow, "1", "change", "booking", "R-1001", "yes", name="mallory")
    mallory.expects("This booking is not there any more.")
    await willow.advance(minutes=1)
    assert {one["id"]: one["day"] for one in rooms.active} == {
        "R-1001": "2026-03-20",
        "R-1002": "2026-03-19",
    }


async def test_a_room_that_somebody_else_has_taken_meanwhile_is_not_booked(
    willow: Library, rooms: RoomSystem
) -> None:
    await talk(willow, *BOOK[:-1])
    await talk(willow, *BOOK, name="bao")
    await talk(willow, "confirm")
    willow.reader("anna").expects("Somebody else was faster")
    assert len(rooms.active) == 1


@pytest.mark.parametrize("trouble", ["fails", "books and falls silent"])
async def test_a_system_in_trouble_is_asked_again_and_books_once(
    trouble: str, willow: Library, rooms: RoomSystem
) -> None:
    rooms.trouble = [trouble, trouble]
    await talk(willow, *BOOK)
    anna = willow.reader("anna")
    anna.expects("I am booking it")
    for _ in range(2):
        await willow.advance(minutes=1)
    assert sum("Booked:" in text for text in anna.heard) == 1
    assert len(rooms.active) == 1
    assert len({key for _path, key in rooms.requests}) == 1


async def test_a_system_that_stays_silent_brings_a_person_and_nobody_is_told_a_lie(
    willow: Library, rooms: RoomSystem
) -> None:
    rooms.trouble = ["fails"] * 8
    await talk(willow, *BOOK)
    for _ in range(8):
        await willow.advance(minutes=10)
    anna = willow.reader("anna")
    assert any("did not say whether it worked" in text for text in anna.heard)
    (one,) = await willow.app.effects.attention()
    assert one.state == "unknown"
    await willow.app.effects.run_again(one.id, "wang")
    await willow.settle()
    anna.expects("Booked:")
    assert len(rooms.active) == 1


async def test_without_the_room_system_the_form_says_so_and_keeps_the_answers(
    library: MakeLibrary,
) -> None:
    settings = SETTINGS.format(port=9)
    willow = library(refdesk_room_booking, settings=settings, clock=FakeClock())
    await talk(willow, *BOOK[:5])
    willow.reader("anna").expects("The room system does not answer just now.")
    await willow.app.http.close()
