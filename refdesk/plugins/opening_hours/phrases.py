"""With which sentences are opening hours told, in English and in Chinese?"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """The sentences of one language; `{day}` and the like are filled in and never read again."""

    language: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    date: str
    today: str
    tomorrow: str
    other_day: str
    up_to: str
    comma: str
    and_: str
    next_day: str
    closed: str
    open_on: str
    closed_on: str
    opens_on: str
    closes_on: str
    open_at: str
    closed_at: str
    several: str
    usual: str
    coming_exceptions: str
    line: str
    stop: str
    note: str
    between_notes: str
    exception: str
    exception_for: str
    follows: str
    usually: str
    open_now: str
    open_always: str
    closed_now: str
    closed_long: str
    opens_again: str
    later: str
    may_change: str
    time_zone: str
    between_sentences: str


_ENGLISH = Phrases(
    language="en",
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    date="{weekday}, {day} {month} {year}",
    today="today, {date}",
    tomorrow="tomorrow, {date}",
    other_day="on {date}",
    up_to="{first} to {last}",
    comma=", ",
    and_=" and ",
    next_day="{time} the next day",
    closed="closed",
    open_on="{place}: open {day}, {hours}",
    closed_on="{place}: closed {day}",
    opens_on="{place}: opens at {time} {day}; hours {hours}",
    closes_on="{place}: closes at {time} {day}; hours {hours}",
    open_at="{place}: open at {time} {day}; hours {hours}",
    closed_at="{place}: not open at {time} {day}; hours {hours}",
    several="{place}:",
    usual="{place}, usual hours:",
    coming_exceptions="Other hours soon:",
    line="- {day}: {hours}",
    stop=".",
    note=" ({notes})",
    between_notes="; ",
    exception="special hours",
    exception_for="special hours: {reason}",
    follows="as on a {weekday}",
    usually="usually {hours}",
    open_now="Open now, until {time}.",
    open_always="Open now, around the clock.",
    closed_now="Closed now; opens at {time}.",
    opens_again="Opens again at {time}.",
    closed_long="Closed now; no opening is planned yet.",
    later="{time} {day}",
    may_change="Special hours for then may still be announced.",
    time_zone="Times are local times ({zone}).",
    between_sentences=" ",
)

_CHINESE = Phrases(
    language="zh",
    weekdays=("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
    months=tuple(f"{month}月" for month in range(1, 13)),
    date="{year}年{month}{day}日 {weekday}",
    today="今天（{date}）",
    tomorrow="明天（{date}）",
    other_day="{date}",
    up_to="{first}至{last}",
    comma="、",
    and_="、",
    next_day="次日 {time}",
    closed="不开放",
    open_on="{place}：{day}开放，时间为 {hours}",
    closed_on="{place}：{day}不开放",
    opens_on="{place}：{day} {time} 开门，开放时间为 {hours}",
    closes_on="{place}：{day} {time} 关门，开放时间为 {hours}",
    open_at="{place}：{day} {time} 开放，当天时间为 {hours}",
    closed_at="{place}：{day} {time} 不开放，当天时间为 {hours}",
    several="{place}：",
    usual="{place}的平时开放时间：",
    coming_exceptions="近期的特殊安排：",
    line="- {day}：{hours}",
    stop="。",
    note="（{notes}）",
    between_notes="；",
    exception="特殊安排",
    exception_for="特殊安排：{reason}",
    follows="按{weekday}的时间",
    usually="平时 {hours}",
    open_now="现在开放，到 {time} 为止。",
    open_always="现在开放，昼夜不关门。",
    closed_now="现在不开放，{time} 开放。",
    opens_again="{time} 恢复开放。",
    closed_long="现在不开放，暂无开放计划。",
    later="{day} {time}",
    may_change="届时如有特殊安排，将另行通知。",
    time_zone="以上为当地时间（{zone}）。",
    between_sentences="",
)

PHRASES: Mapping[str, Phrases] = {"en": _ENGLISH, "zh": _CHINESE}
