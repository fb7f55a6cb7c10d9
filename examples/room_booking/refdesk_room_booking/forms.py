"""What is a reader asked who books a room, or changes a booking?"""

from dataclasses import replace
from datetime import datetime, timedelta

from refdesk import (
    Answers,
    Day,
    Dialogue,
    Field,
    FreeText,
    OneOf,
    PluginContext,
    Possible,
    TimeOfDay,
    WholeNumber,
    Wrong,
)
from refdesk_room_booking.room_system import RoomSettings, free_rooms
from refdesk_room_booking.texts import text


def moment(day: object, time: object, context: PluginContext) -> datetime:
    """Return a day and a time of the answers as a moment where the library is."""
    zone = context.local_moment.tzinfo
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=zone)


async def check_day(day: object, _answers: Answers, context: PluginContext) -> Wrong | None:
    """Refuse a day that is too far ahead."""
    ahead = context.settings(RoomSettings).days_ahead
    last = (context.local_moment + timedelta(days=ahead)).date()
    hint = text_of_hint(Day(ahead), context)
    return Wrong(hint) if str(day) > last.isoformat() else None


async def check_begin(begin: object, answers: Answers, context: PluginContext) -> Wrong | None:
    """Refuse a time that has passed."""
    passed = moment(answers["day"], begin, context) < context.local_moment
    return Wrong(text("past", context.language)) if passed else None


async def check_end(end: object, answers: Answers, context: PluginContext) -> Wrong | None:
    """Refuse an end before the beginning, or too long after it."""
    hours = context.settings(RoomSettings).longest_hours
    lasts = moment(answers["day"], end, context) - moment(answers["day"], answers["begin"], context)
    if timedelta() < lasts <= timedelta(hours=hours):
        return None
    return Wrong(text("end first", context.language, hours=hours))


async def rooms(answers: Answers, context: PluginContext) -> list[Possible] | Wrong:
    """Ask the room system which rooms are free."""
    found = await free_rooms(
        str(answers["day"]),
        str(answers["begin"]),
        str(answers["end"]),
        int(answers["people"] or 1),
        context,
        but_for=str(answers.get("booking") or ""),
    )
    if found is None:
        return Wrong(text("silent", context.language))
    if not found:
        return Wrong(text("no room", context.language))
    return [
        Possible(one["id"], text("seats", context.language, name=one["name"], seats=one["seats"]))
        for one in found
    ]


def text_of_hint(kind: Day, context: PluginContext) -> str:
    """Return how to write a day."""
    return kind.hint.get(context.language, "")


async def book(answers: Answers, context: PluginContext) -> str:
    """Have it booked."""
    context.perform("book", dict(answers))
    return text("booking", context.language)


async def change(answers: Answers, context: PluginContext) -> str:
    """Have it changed."""
    context.perform("change", dict(answers))
    return text("changing", context.language)


FIELDS = (
    Field(
        "day",
        {"en": "Day", "zh": "日期"},
        {"en": "For which day?", "zh": "您想预约哪一天？"},
        Day(),
        check=check_day,
    ),
    Field(
        "begin",
        {"en": "From", "zh": "开始"},
        {"en": "From what time?", "zh": "从几点开始？"},
        TimeOfDay(),
        check=check_begin,
        depends=("day",),
    ),
    Field(
        "end",
        {"en": "Until", "zh": "结束"},
        {"en": "Until what time?", "zh": "到几点结束？"},
        TimeOfDay(),
        check=check_end,
        depends=("begin",),
    ),
    Field(
        "people",
        {"en": "People", "zh": "人数"},
        {"en": "How many people?", "zh": "一共几个人？"},
        WholeNumber(1, 30),
    ),
    Field(
        "room",
        {"en": "Room", "zh": "房间"},
        {"en": "Which room?", "zh": "您想要哪个房间？"},
        OneOf(),
        choices=rooms,
        depends=("day", "begin", "end", "people"),
    ),
    Field(
        "group",
        {"en": "Group", "zh": "团队名称"},
        {"en": "What is your group called?", "zh": "您的团队叫什么名字？"},
        FreeText(60),
        optional=True,
    ),
)
BOOK = Dialogue("room_booking.book", {"en": "Book a room", "zh": "预约研修间"}, FIELDS, book)
CHANGE = replace(
    BOOK,
    name="room_booking.change",
    title={"en": "Change a booking", "zh": "修改预约"},
    fields=(
        Field(
            "booking",
            {"en": "Booking", "zh": "预约编号"},
            {"en": "Which booking?", "zh": "修改哪个预约？"},
            FreeText(40),
        ),
        *FIELDS,
    ),
    finish=change,
)
