"""What does the plugin say, in both languages?"""

from collections.abc import Mapping
from typing import Any

from refdesk import Day

_TEXTS = {
    "silent": {
        "en": "The room system does not answer just now. Please try again in a few minutes.",
        "zh": "研修间系统暂时没有响应，请您几分钟后再试。",
    },
    "none": {"en": "You have no bookings.", "zh": "您没有预约。"},
    "gone": {"en": "This booking is not there any more.", "zh": "这个预约已不存在。"},
    "change": {"en": "Change", "zh": "修改"},
    "cancel": {"en": "Cancel the booking", "zh": "取消预约"},
    "again": {"en": "Book another one", "zh": "重新预约"},
    "booking": {
        "en": "I am booking it; you will hear in a moment.",
        "zh": "正在为您预约，结果马上告诉您。",
    },
    "changing": {
        "en": "I am changing it; you will hear in a moment.",
        "zh": "正在为您修改，结果马上告诉您。",
    },
    "cancelling": {
        "en": "I am cancelling it; you will hear in a moment.",
        "zh": "正在为您取消，结果马上告诉您。",
    },
    "booked": {"en": "Booked: {booking}", "zh": "预约成功：{booking}"},
    "changed": {"en": "Changed: {booking}", "zh": "修改成功：{booking}"},
    "cancelled": {"en": "Booking {number} is cancelled.", "zh": "预约 {number} 已取消。"},
    "taken": {
        "en": "Somebody else was faster: the room is taken at that time. Nothing is booked.",
        "zh": "该时段的房间刚刚被他人预约，本次没有预约成功。",
    },
    "failed": {
        "en": "The room system did not answer. Nothing has been booked or changed.",
        "zh": "研修间系统没有响应，本次没有预约或修改成功。",
    },
    "unknown": {
        "en": "The room system did not say whether it worked. A librarian finds out and tells you.",
        "zh": "研修间系统没有告知是否成功，馆员会为您查明并告知。",
    },
    "soon": {"en": "Your room soon: {booking}", "zh": "提醒您，研修间预约即将开始：{booking}"},
    "one": {
        "en": "{room}, {day}, {begin} to {end} (number {number})",
        "zh": "{room}，{day} {begin}–{end}（编号 {number}）",
    },
    "no room": {
        "en": "No room is free then for so many people. Go back for another day or time.",
        "zh": "该时段没有满足人数的空闲房间，请您返回修改日期或时间。",
    },
    "past": {"en": "That time has passed.", "zh": "这个时间已经过去了。"},
    "end first": {
        "en": "The end must be after the beginning, at most {hours} hours later.",
        "zh": "结束时间须晚于开始时间，且最长 {hours} 小时。",
    },
    "seats": {"en": "{name}, {seats} seats", "zh": "{name}（{seats} 座）"},
}


def text(what: str, language: str, **values: object) -> str:
    """Return one text in a language."""
    words = _TEXTS[what]
    return words.get(language, words["en"]).format(**values)


def shown(booking: Mapping[str, Any], language: str) -> str:
    """Return a booking in a line, as the room system describes it."""
    day = Day().show(booking["day"], "zh" if language == "zh" else "en")
    return text(
        "one",
        language,
        room=booking["room_name"],
        day=day,
        begin=booking["begin"],
        end=booking["end"],
        number=booking["id"],
    )
