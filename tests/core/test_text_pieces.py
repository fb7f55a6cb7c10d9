"""Is a long text cut so that nothing is lost and nothing breaks?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdesk.core.capabilities import TextUnit
from refdesk.core.text_pieces import graphemes, pieces, size

UNITS: tuple[TextUnit, ...] = ("characters", "bytes", "utf-16", "graphemes")
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
units = st.sampled_from(UNITS)
# Letters of both languages, accents, joined emoji, flags, spaces and line ends.
texts = st.text(
    st.one_of(
        st.sampled_from("ab 你。\n.\u0301\u200d\U0001f469\U0001f1e8\U0001f1f3"), st.characters()
    )
)


@given(text=texts, limit=st.integers(4, 40), unit=units)
def test_the_pieces_are_the_text_and_each_one_fits(text: str, limit: int, unit: TextUnit) -> None:
    cut = pieces(text, limit, unit)
    assert "".join(cut) == text
    assert all(0 < size(piece, unit) <= limit for piece in cut)


@given(text=texts, limit=st.integers(1, 40))
def test_what_is_seen_as_one_character_is_not_cut(text: str, limit: int) -> None:
    seen = list(graphemes(text))
    cut = pieces(text, limit, "graphemes")
    assert [one for piece in cut for one in graphemes(piece)] == seen


def test_a_link_stays_whole() -> None:
    link = "https://library.example.edu/map?floor=3&room=12"
    cut = pieces(f"Here is the map of the third floor: {link} and some more words.", 50, "bytes")
    assert any(link in piece for piece in cut)


def test_paragraphs_stay_together_then_sentences_then_words() -> None:
    text = "First one.\n\nSecond one is longer. It has two sentences.\n\nThird."
    assert pieces(text, 30, "characters") == [
        "First one.\n\n",
        "Second one is longer. ",
        "It has two sentences.\n\nThird.",
    ]
    assert pieces("您好。图书馆今天开放。", 8, "characters") == ["您好。", "图书馆今天开放。"]


@pytest.mark.parametrize(
    ("unit", "length"), [("characters", 5), ("bytes", 18), ("utf-16", 8), ("graphemes", 1)]
)
def test_platforms_count_differently(unit: TextUnit, length: int) -> None:
    assert size(FAMILY, unit) == length


def test_without_a_limit_nothing_is_cut() -> None:
    assert pieces("x" * 10_000, 0, "characters") == ["x" * 10_000]
    assert pieces("", 10, "characters") == []
