from dataclasses import replace
from datetime import date

import pytest

from refdesk.errors import EntryError
from refdesk.knowledge_base import make_entry
from refdesk.knowledge_base.entries import guess_kind, guess_language


@pytest.mark.parametrize(
    ("title", "text", "kind"),
    [
        ("How do I renew?", "…", "faq"),
        ("Where are the lockers", "…", "faq"),
        ("Lockers?", "…", "faq"),
        ("图书怎样续借", "…", "faq"),
        ("可以带水吗", "…", "faq"),
        ("", "花呗分期额度不足", "faq"),
        ("", "long text " * 50, "guide"),
        ("Circulation policies: loan periods", "…", "guide"),
        ("Howard Library", "…", "guide"),
        ("楼层指南", "…", "guide"),
    ],
)
def test_the_kind_is_guessed_from_the_title(title: str, text: str, kind: str):
    assert guess_kind(title, text) == kind


def test_the_language_is_chinese_as_soon_as_a_chinese_character_occurs():
    assert guess_language("CNKI 知网") == "zh"
    assert guess_language("opening hours") == "en"


def test_what_is_given_is_not_guessed():
    entry = make_entry("a", "How?", "x", kind="guide", language="de")
    assert (entry.kind, entry.language) == ("guide", "de")


def test_texts_are_cleaned():
    entry = make_entry("a", " two\r\nlines ", "bell\x07 \ud800\r\nend ", variants=("x", " x ", ""))
    assert entry.title == "two lines"
    assert entry.text == "bell \ufffd\nend"
    assert entry.variants == ("x",)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"id": ""}, "_id"),
        ({"id": "a\nb"}, "_id"),
        ({"id": "x" * 201}, "_id"),
        ({"title": " ", "text": "\n"}, "neither title nor text"),
        ({"level": 6}, "level"),
        ({"level": -1}, "level"),
        ({"level": True}, "level"),
        ({"kind": "novel"}, "kind"),
        ({"language": "English!"}, "language"),
        ({"translation_of": "a"}, "translation_of"),
        ({"text": "字" * 70_000}, "200 KB"),
        ({"title": "t" * 2001}, "title"),
        ({"tags": tuple(map(str, range(101)))}, "tags"),
    ],
)
def test_what_cannot_be_accepted_is_named(change: dict[str, object], word: str):
    given = {"id": "a", "title": "t", "text": "x"} | change
    with pytest.raises(EntryError, match=word):
        make_entry(**given)  # type: ignore[arg-type]


def test_a_translation_belongs_to_the_group_of_its_original():
    original = make_entry("a", "Renewing", "x")
    assert replace(original, id="a-zh", translation_of="a").group == original.group


def test_the_last_valid_day_is_kept_as_a_day():
    assert make_entry("a", "t", valid_until=date(2026, 1, 31)).valid_until == date(2026, 1, 31)
