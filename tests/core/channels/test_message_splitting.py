"""Is a text cut where readers would cut it, and never inside what belongs together?"""

from hypothesis import given
from hypothesis import strategies as st

from refdesk.core.channels.capabilities import TextUnit
from refdesk.core.channels.message_splitting import measure, split

UNITS: st.SearchStrategy[TextUnit] = st.sampled_from(["characters", "bytes", "utf-16", "graphemes"])
LINK = "https://library.example.edu/floors/3?room=12"
FAMILY = "👩‍👩‍👧‍👦"
PIECES = st.sampled_from([
    "word ", "图书馆", "。", "！", ". ", "\n", "\n\n", "é", "e\u0301", FAMILY, "🇨🇳", "ग्रे", "\r\n",
    f" {LINK} ", f"见{LINK}。", '<a href="https://x.example/1">the map room</a>', "，",
])  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=60).map("".join)


def solid(text: str) -> str:
    return "".join(text.split())


@given(text=TEXTS, limit=st.integers(60, 200), unit=UNITS)
def test_each_message_fits_and_nothing_is_lost(text: str, limit: int, unit: TextUnit) -> None:
    messages = split(text, limit, unit)
    assert all(0 < measure(message, unit) <= limit for message in messages)
    assert solid("".join(messages)) == solid(text)


@given(text=TEXTS, limit=st.integers(60, 200), unit=UNITS)
def test_links_and_characters_stay_whole(text: str, limit: int, unit: TextUnit) -> None:
    messages = split(text, limit, unit)
    whole = sum(message.count(LINK) for message in messages)
    assert whole == text.count(LINK)
    anchors = sum(message.count(">the map room</a>") for message in messages)
    assert anchors == text.count(">the map room</a>")
    if limit >= 100:  # the family has 25 bytes; what joins it by chance makes it longer
        assert sum(message.count(FAMILY) for message in messages) == text.count(FAMILY)


@given(text=st.text(min_size=1, max_size=300), limit=st.integers(4, 20), unit=UNITS)
def test_even_the_tightest_limit_is_kept(text: str, limit: int, unit: TextUnit) -> None:
    assert all(measure(message, unit) <= limit for message in split(text, limit, unit))


def test_a_paragraph_is_the_best_place_to_cut() -> None:
    first, second = "One sentence. Another one.", "A second paragraph. With more."
    assert split(f"{first}\n\n{second}", 40) == [first, second]


def test_a_sentence_is_better_than_a_word() -> None:
    text = "This is the first sentence. This is the second one"
    assert split(text, 40) == ["This is the first sentence.", "This is the second one"]


def test_chinese_sentences_are_known() -> None:
    assert split("图书馆八点开门。周末九点开门！您还有问题吗？", 9) == [
        "图书馆八点开门。", "周末九点开门！", "您还有问题吗？",
    ]  # fmt: skip


def test_2049_bytes_of_three_bytes_each_are_two_messages() -> None:
    first, second = split("馆" * 683, 2048, "bytes")
    assert len(first.encode()) == 2046
    assert second == "馆"


def test_a_character_of_a_larger_plane_counts_two_in_utf_16() -> None:
    assert split("📚📚📚", 4, "utf-16") == ["📚📚", "📚"]


def test_a_link_longer_than_a_message_is_cut_all_the_same() -> None:
    assert "".join(split(LINK, 20)) == LINK


def test_what_has_no_limit_is_one_message() -> None:
    assert split("x" * 10_000, 0) == ["x" * 10_000]
    assert split("  \n", 0) == []
