"""Does a form understand what readers type, in both languages, and nothing it should not?"""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdesk.core.dialogues.dialogues import Circumstances, Kind, Possible
from refdesk.core.dialogues.fields import Day, FreeText, OneOf, TimeOfDay, WholeNumber, YesOrNo
from refdesk.core.messages import Language

# A Sunday.
TODAY = date(2026, 11, 22)
ROOMS = OneOf(
    ((3, {"en": "Small room", "zh": "小房间"}), (7, {"en": "Large room", "zh": "大房间"}))
)


def read(kind: Kind, text: str, language: Language = "en") -> str | int | None:
    return kind.read(text, Circumstances(language, TODAY, kind.possible(language)))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-11-22"),
        ("Tomorrow!", "2026-11-23"),
        ("on Friday please", "2026-11-27"),
        ("Friday 27 November", "2026-11-27"),
        ("2026-11-27", "2026-11-27"),
        ("Nov 27", "2026-11-27"),
        ("the 27th", "2026-11-27"),
        ("明天", "2026-11-23"),
        ("下周三", "2026-11-25"),
        ("那就周五吧", "2026-11-27"),
        ("十一月二十七号", "2026-11-27"),
        ("11月27日", "2026-11-27"),
    ],
)
def test_a_day_is_understood(text: str, day: str) -> None:
    language: Language = "en" if text.isascii() else "zh"
    assert read(Day(), text, language) == day


@pytest.mark.parametrize(
    "text", ["", "soon", "Friday or Saturday", "next week", "yesterday", "2026-13-01", "2020-01-01",
             "what are the opening hours tomorrow?", "30", "is room 3 free on Friday"],
)  # fmt: skip
def test_what_is_no_single_coming_day_is_no_day(text: str) -> None:
    assert read(Day(), text) is None


def test_a_day_too_far_ahead_is_refused() -> None:
    assert read(Day(ahead=7), "2026-11-29") == "2026-11-29"
    assert read(Day(ahead=7), "2026-11-30") is None


def test_a_day_is_shown_with_its_weekday() -> None:
    assert Day().show("2026-11-27", "en") == "Friday, 27 November 2026"
    assert Day().show("2026-11-27", "zh") == "2026年11月27日 星期五"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("14:00", "14:00"),
        ("at 14.30", "14:30"),
        ("2 pm", "14:00"),
        ("2:30 p.m.", "14:30"),
        ("12 am", "00:00"),
        ("12pm", "12:00"),
        ("noon", "12:00"),
        ("9", "09:00"),
        ("14", "14:00"),
        ("14h", "14:00"),
        ("下午两点半", "14:30"),
        ("晚上八点", "20:00"),
        ("9点", "09:00"),
        ("上午十点一刻", None),
        ("2", None),
        ("25:00", None),
        ("14:75", None),
        ("14:00 or 15:00", None),
        ("13 pm", None),
        ("when do you open", None),
    ],
)
def test_a_time_is_understood_when_it_can_only_be_one(text: str, time: str | None) -> None:
    assert read(TimeOfDay(), text) == time


@pytest.mark.parametrize(
    ("text", "number"),
    [("6", 6), ("we are 6", 6), ("六", 6), ("六个人", 6), ("十二位", 12), ("two 6 7", None),
     ("0", None), ("41", None), ("-3", None), ("", None), ("many", None)],
)  # fmt: skip
def test_a_number_is_understood_within_its_limits(text: str, number: int | None) -> None:
    assert read(WholeNumber(1, 40), text) == number


@pytest.mark.parametrize(
    ("text", "value"),
    [("small ROOM", 3), ("大房间", None), ("1", 3), ("2", 7), ("7", 7), ("3", 3), ("9", None),
     ("", None), ("a room", None)],
)  # fmt: skip
def test_a_choice_is_made_by_label_value_or_number(text: str, value: int | None) -> None:
    assert read(ROOMS, text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("Yes!", "yes"), ("好的", "yes"), ("2", "no"), ("不用", "no"), ("hm", None)]
)
def test_yes_and_no_are_understood_in_both_languages(text: str, value: str | None) -> None:
    assert read(YesOrNo(), text) == value


def test_free_text_has_an_end() -> None:
    assert read(FreeText(5), "  chess ") == "chess"
    assert read(FreeText(5), "chess club") is None
    assert read(FreeText(5), "   ") is None


def test_labels_of_choices_found_elsewhere_are_understood() -> None:
    known = Circumstances("en", TODAY, (Possible("a101", "A101, 6 seats"), Possible("b2", "B2")))
    assert OneOf().read("A101, 6 seats", known) == "a101"
    assert OneOf().read("2", known) == "b2"


@pytest.mark.parametrize("kind", [Day(), TimeOfDay(), WholeNumber(1, 9), ROOMS, YesOrNo()])
@given(text=st.text(max_size=40))
def test_nothing_that_is_typed_breaks_a_kind(kind: Kind, text: str) -> None:
    value = read(kind, text)
    assert value is None or kind.show(value, "zh")


@given(st.dates(date(2026, 11, 22), date(2027, 11, 22)), st.sampled_from(["en", "zh"]))
def test_a_day_that_is_shown_is_understood_again(day: date, language: Language) -> None:
    assert read(Day(), Day().show(day.isoformat(), language), language) == day.isoformat()


@given(st.times())
def test_a_time_that_is_shown_is_understood_again(time: object) -> None:
    written = f"{time:%H:%M}"
    assert read(TimeOfDay(), written) == written
