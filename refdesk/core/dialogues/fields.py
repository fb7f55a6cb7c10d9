"""Which kinds of answers does a form understand, in English and in Chinese? (pure)"""

import re
from dataclasses import dataclass
from datetime import date

from refdesk.core.commands import normalised as bare
from refdesk.core.dates.remainder import Remainder
from refdesk.core.dates.spoken_days import read_near_days, read_weekdays
from refdesk.core.dates.words import any_of, normalised
from refdesk.core.dates.written_dates import read_written_dates, with_digits
from refdesk.core.dialogues.dialogues import Circumstances, Possible, Texts, Value, text_in
from refdesk.core.messages import Language

_ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CHINESE_DAYS = "一二三四五六日"
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
# What may stand around a day or a time without changing it: "on Friday please", "那就周五吧".
_AROUND = any_of(
    "on, at, the, for, from, until, till, to, please, maybe, about, around, o'clock, sharp",
    "那就 就 吧 的 请 从 到 开始 结束 整 钟",
)
_TIME = re.compile(
    r"(?P<part>上午|早上|早晨|凌晨|中午|下午|晚上|傍晚)?\s*(?<![\d:.])(?P<hour>\d{1,2})"
    r"(?:[:.](?P<minute>\d{2})|点(?:(?P<half>半)|(?P<minute_zh>\d{1,2})分?|钟|整)?|(?P<h>h))?"
    r"\s*(?:(?P<am>[ap])\.?m\b\.?)?(?!\d)"
)
_NOON = any_of("noon, midday", "正午")
_AFTERNOON = frozenset({"下午", "晚上", "傍晚"})
_HALF_A_DAY, _LAST_HOUR, _LAST_MINUTE = 12, 23, 59
# A bare "2" may be either half of the day; nobody books a room at two in the night.
_FIRST_CLEAR_HOUR = 7
_NUMBER = re.compile(r"[^\d-]*(-?\d{1,9})[^\d]*")
_MEASURES = re.compile("[个人位名本张份次件]+")
_DIGITS_OF_A_BUTTON = 2
_YES_SHOWN: Texts = {"en": "Yes", "zh": "是"}
_NO_SHOWN: Texts = {"en": "No", "zh": "否"}
_YES = frozenset({"yes", "y", "yep", "yeah", "ok", "okay", "sure", "是", "是的", "对", "好", "好的",
                  "可以", "嗯", "要", "有"})  # fmt: skip
_NO = frozenset({"no", "n", "nope", "否", "不", "不是", "不对", "不要", "不用", "没有", "不可以"})


@dataclass(frozen=True, slots=True)
class FreeText:
    """Any words, at most `longest` characters; spaces around them are dropped."""

    longest: int = 200

    @property
    def hint(self) -> Texts:
        """Say how long it may be."""
        return {
            "en": f"Please write at most {self.longest} characters.",
            "zh": f"请您输入不超过 {self.longest} 个字。",
        }

    def read(self, text: str, _known: Circumstances) -> str | None:
        """Return the words."""
        words = text.strip()
        return words if 0 < len(words) <= self.longest else None

    def show(self, value: Value, _language: Language) -> str:
        """Return the words as they are."""
        return str(value)

    def possible(self, _language: Language) -> tuple[Possible, ...]:
        """Offer nothing."""
        return ()


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several, as buttons: declared here, or returned by the field's `choices`."""

    options: tuple[tuple[Value, Texts], ...] = ()

    @property
    def hint(self) -> Texts:
        """Point to the buttons."""
        return {"en": "Please choose one of these.", "zh": "请您从以下选项中选择。"}

    def read(self, text: str, known: Circumstances) -> Value | None:
        """Return what is meant by a label, a value or the number of a button."""
        said = bare(text)
        for one in known.possible:
            if said and said in (bare(one.label), bare(str(one.value))):
                return one.value
        number = int(said) if said.isdecimal() and len(said) <= _DIGITS_OF_A_BUTTON else 0
        return known.possible[number - 1].value if 0 < number <= len(known.possible) else None

    def show(self, value: Value, language: Language) -> str:
        """Return the label."""
        for key, words in self.options:
            if key == value:
                return text_in(words, language)
        return str(value)

    def possible(self, language: Language) -> tuple[Possible, ...]:
        """Offer what is declared."""
        return tuple(Possible(key, text_in(words, language)) for key, words in self.options)


@dataclass(frozen=True, slots=True)
class YesOrNo:
    """`yes` or `no`."""

    @property
    def hint(self) -> Texts:
        """Say what to answer."""
        return {"en": "Please answer yes or no.", "zh": "请您回答“是”或“否”。"}

    def read(self, text: str, known: Circumstances) -> Value | None:
        """Return `yes` or `no`, in the words of both languages or by the button's number."""
        said = bare(text)
        if said in _YES:
            return "yes"
        return "no" if said in _NO else OneOf().read(text, known)

    def show(self, value: Value, language: Language) -> str:
        """Return the word."""
        return text_in(_YES_SHOWN if value == "yes" else _NO_SHOWN, language)

    def possible(self, language: Language) -> tuple[Possible, ...]:
        """Offer both."""
        return tuple(Possible(value, self.show(value, language)) for value in ("yes", "no"))


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """A whole number from `least` to `most`, also in a sentence: "we are 6", 六个人."""

    least: int = 0
    most: int = 1_000_000

    @property
    def hint(self) -> Texts:
        """Say how large it may be."""
        return {
            "en": f"Please write a number from {self.least} to {self.most}.",
            "zh": f"请您输入 {self.least} 到 {self.most} 之间的数字。",
        }

    def read(self, text: str, _known: Circumstances) -> int | None:
        """Return the only number in the text, if it is within the limits."""
        # Chinese numbers are read in front of a measure word; "六" alone gets one.
        words = with_digits(_MEASURES.sub("点", normalised(text)) + "点")
        found = _NUMBER.fullmatch(words)
        number = int(found[1]) if found else None
        return number if number is not None and self.least <= number <= self.most else None

    def show(self, value: Value, _language: Language) -> str:
        """Return its digits."""
        return str(value)

    def possible(self, _language: Language) -> tuple[Possible, ...]:
        """Offer nothing."""
        return ()


@dataclass(frozen=True, slots=True)
class Day:
    """A day from today on, at most `ahead` days away: tomorrow, Friday, 27 Nov, 下周三."""

    ahead: int = 365

    @property
    def hint(self) -> Texts:
        """Show ways to write it."""
        return {
            "en": "Please write a day, such as tomorrow, Friday or 2026-11-27; "
            f"at most {self.ahead} days from today.",
            "zh": f"请您输入日期，例如：明天、周五、11月27日；最多提前 {self.ahead} 天。",
        }

    def read(self, text: str, known: Circumstances) -> str | None:
        """Return the only day that the text names, as YYYY-MM-DD."""
        rest = Remainder(with_digits(normalised(text)))
        written = read_written_dates(rest, known.today, known.language)
        weekdays = read_weekdays(rest, known.today)
        found = written + read_near_days(rest, known.today)
        # Beside a date, "Friday" says the same again.
        days = {day for one in found or weekdays for day in one.value}
        rest.take(_AROUND)
        if len(days) != 1 or rest.means_something:
            return None
        day = days.pop()
        return day.isoformat() if 0 <= (day - known.today).days <= self.ahead else None

    def show(self, value: Value, language: Language) -> str:
        """Return it with its weekday."""
        day = date.fromisoformat(str(value))
        if language == "zh":
            return f"{day.year}年{day.month}月{day.day}日 星期{_CHINESE_DAYS[day.weekday()]}"
        weekday, month = _ENGLISH_DAYS[day.weekday()], _MONTHS[day.month - 1]
        return f"{weekday}, {day.day} {month} {day.year}"

    def possible(self, _language: Language) -> tuple[Possible, ...]:
        """Offer nothing."""
        return ()


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A time: 14:00, 2 pm, 14, 下午两点半. A bare 1 to 6 is asked for again: nobody can tell."""

    @property
    def hint(self) -> Texts:
        """Show ways to write it."""
        return {
            "en": "Please write a time, such as 14:00 or 2 pm.",
            "zh": "请您输入时间，例如：14:00 或下午两点半。",
        }

    def read(self, text: str, _known: Circumstances) -> str | None:
        """Return the only time in the text, as HH:MM."""
        rest = Remainder(with_digits(normalised(text)))
        found = [one.value for one in rest.read(_TIME, _minutes)]
        found += [one.value for one in rest.read_as(_NOON, _HALF_A_DAY * 60)]
        rest.take(_AROUND)
        if len(found) != 1 or rest.means_something:
            return None
        return f"{found[0] // 60:02}:{found[0] % 60:02}"

    def show(self, value: Value, _language: Language) -> str:
        """Return HH:MM."""
        return str(value)

    def possible(self, _language: Language) -> tuple[Possible, ...]:
        """Offer nothing."""
        return ()


def _minutes(match: re.Match[str]) -> int | None:
    """Return minutes after midnight; None for no time, or one that may be either half of a day."""
    hour = int(match["hour"])
    minute = 30 if match["half"] else int(match["minute"] or match["minute_zh"] or 0)
    if hour > _LAST_HOUR or minute > _LAST_MINUTE:
        return None
    if match["am"]:
        if not 0 < hour <= _HALF_A_DAY:
            return None
        return (hour % _HALF_A_DAY + (_HALF_A_DAY if match["am"] == "p" else 0)) * 60 + minute
    if match["part"] in _AFTERNOON and 0 < hour < _HALF_A_DAY:
        return (hour + _HALF_A_DAY) * 60 + minute
    clear = match["part"] or match["hour"][0] == "0" or match["minute"] or hour >= _FIRST_CLEAR_HOUR
    return hour * 60 + minute if clear else None
