from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refdesk.knowledge_base import Entry, KnowledgeBase, make_entry
from refdesk.storage import Database

RENEW = make_entry(
    "renew",
    "How do I renew my books?",
    "Sign in to My Library and press Renew.",
    variants=("extend my loan",),
    short_answer="My Library, Renew.",
    source="Borrowing rules",
)
RENEW_ZH = make_entry("renew-zh", "图书怎样续借?", "登录后点“续借”。", translation_of="renew")
PRINT = make_entry("print", "Printing and scanning", "Printers stand on each floor.")
STAFF = make_entry("rota", "Where is the rota of the desk?", "On the staff drive.", level=4)
PAST = make_entry("past", "Christmas hours", "Closed.", valid_until=date(2026, 1, 6))


@pytest.fixture
def filled(database: Database, tmp_path: Path) -> KnowledgeBase:
    today = lambda: date(2026, 1, 7)  # noqa: E731 - a one-word clock
    base = KnowledgeBase.open(database, tmp_path / "index", today=today)
    base.put([RENEW, RENEW_ZH, PRINT, STAFF, PAST], "editor")
    return base


def ids(base: KnowledgeBase, text: str, **how: object) -> list[str]:
    return [hit.entry_id for hit in base.search(text, **how)]  # type: ignore[arg-type]


def test_a_question_finds_its_entry_with_everything_an_answer_needs(filled: KnowledgeBase):
    hit = filled.search("how can I renew a book")[0]
    assert (hit.entry_id, hit.title, hit.text) == ("renew", RENEW.title, RENEW.text)
    assert (hit.short_answer, hit.source, hit.language, hit.kind) == (
        "My Library, Renew.",
        "Borrowing rules",
        "en",
        "faq",
    )
    assert hit.snippet == RENEW.text


def test_another_wording_finds_the_entry(filled: KnowledgeBase):
    hit = filled.search("Please extend my loan")[0]
    assert hit.entry_id == "renew"
    assert hit.confidence == pytest.approx(1)


def test_the_best_comes_first_and_limit_holds(filled: KnowledgeBase):
    hits = filled.search("renew printers desk", level=4)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len(filled.search("renew printers desk", level=4, limit=1)) == 1


def test_levels_hide_what_is_not_for_the_asker(filled: KnowledgeBase):
    assert ids(filled, "where is the rota") == []
    assert ids(filled, "where is the rota", level=3) == []
    assert ids(filled, "where is the rota", level=4) == ["rota"]
    assert filled.get("rota") is None
    assert filled.get("rota", level=4) == STAFF
    assert filled.suggest("rota") == []
    assert filled.suggest("rota", level=5) == [("rota", STAFF.title)]


def test_hidden_entries_take_no_place_in_the_list(filled: KnowledgeBase):
    filled.put([make_entry(f"s{n}", "Secret parking", "x", level=4) for n in range(20)], "editor")
    filled.put([make_entry("p", "Parking for readers of the library", "x")], "editor")
    assert ids(filled, "secret parking", limit=1) == ["p"]


def test_what_no_longer_holds_is_not_found(filled: KnowledgeBase):
    assert ids(filled, "christmas hours") == []
    assert filled.get("past") is None
    filled.put([replace(PAST, valid_until=date(2026, 1, 7))], "editor")
    assert ids(filled, "christmas hours") == ["past"]


def test_of_an_entry_and_its_translation_only_one_is_returned(filled: KnowledgeBase):
    assert ids(filled, "续借 renew books") in (["renew"], ["renew-zh"])


def test_the_asker_gets_the_translation_in_their_language(filled: KnowledgeBase):
    assert ids(filled, "renew books", language="zh") == ["renew-zh"]
    assert ids(filled, "怎么续借", language="en") == ["renew"]
    assert ids(filled, "怎么续借") == ["renew-zh"]
    assert ids(filled, "printing", language="zh") == ["print"]


def test_a_translation_the_asker_may_not_see_does_not_stand_in(filled: KnowledgeBase):
    filled.put([replace(RENEW_ZH, level=4)], "editor")
    assert ids(filled, "renew books", language="zh") == ["renew"]


@pytest.mark.parametrize(
    "text",
    [
        "can't renew: e-books (online) OR? title:x *",
        "*",
        "title:secret level:4",
        '"renew',
        "renew AND NOT renew",
        "[a TO z]",
        "renew^99999",
        "",
        "   ",
        "？！",
        "\x00\ud800",
    ],
)
def test_what_a_reader_typed_is_never_a_query_language(filled: KnowledgeBase, text: str):
    assert set(ids(filled, text)) <= {"renew"}


@given(text=st.text(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_no_question_raises(filled: KnowledgeBase, text: str):
    for hit in filled.search(text):
        assert 0 <= hit.confidence <= 1
        assert hit.snippet
    filled.suggest(text)


def test_suggestions_complete_the_last_word(filled: KnowledgeBase):
    assert filled.suggest("how do i ren") == [("renew", RENEW.title)]
    assert filled.suggest("renewi") == []
    assert filled.suggest("怎样续") == [("renew-zh", RENEW_ZH.title)]
    assert filled.suggest("pr", limit=1) == [("print", PRINT.title)]


def test_one_character_suggests_nothing(filled: KnowledgeBase):
    assert filled.suggest("r") == filled.suggest("续") == filled.suggest("") == []


def test_suggestions_come_in_the_readers_language(filled: KnowledgeBase):
    assert filled.suggest("renew", language="zh") == [("renew-zh", RENEW_ZH.title)]


def test_entries_with_all_words_are_suggested_first(base: KnowledgeBase):
    base.put(
        [make_entry("a", "Lost books"), make_entry("b", "Lost card"), make_entry("c", "Card fees")],
        "editor",
    )
    assert base.suggest("lost car")[0] == ("b", "Lost card")


def test_rare_words_weigh_more_than_common_ones(base: KnowledgeBase):
    base.put(
        [make_entry(f"b{n}", f"Borrowing rule {n}", "Books are lent.") for n in range(30)]
        + [make_entry("kayak", "Sports equipment", "Also a kayak may be borrowed.")],
        "editor",
    )
    assert ids(base, "rules for borrowing a kayak")[0] == "kayak"


def test_wordings_of_readers_bring_an_entry_forward(base: KnowledgeBase):
    plain = [make_entry("a", "Course reserves", "Short loans."), make_entry("b", "Reserves", "x")]
    base.put(plain, "editor")
    assert ids(base, "textbook my professor put aside") == []
    base.put([replace(plain[0], variants=("textbook set aside by a professor",))], "editor")
    assert ids(base, "textbook my professor put aside") == ["a"]


def test_searching_from_many_threads_gives_the_same_answers(filled: KnowledgeBase):
    questions = ["renew my books", "printing", "图书续借", "where is the rota"] * 25
    expected = [ids(filled, question) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda question: ids(filled, question), questions)) == expected


def entry(name: str, text: str) -> Entry:
    return make_entry(name, text=text)


def test_a_withdrawn_entry_is_never_found_again(filled: KnowledgeBase):
    assert filled.withdraw(["renew", "unknown"], "editor") == 1
    assert ids(filled, "renew books extend loan") == []
    assert filled.get("renew") is None
    assert filled.suggest("renew") == []
    assert filled.entry_count == 4


def test_the_old_text_of_a_changed_entry_is_never_found_again(filled: KnowledgeBase):
    filled.put([replace(PRINT, title="Copying", text="See the kiosk.")], "editor")
    assert ids(filled, "printing scanning printers floor") == []
    assert ids(filled, "copying") == ["print"]


def test_a_base_opened_before_never_shows_what_another_has_withdrawn(
    base: KnowledgeBase, open_base: Callable[[], KnowledgeBase]
):
    base.put([entry("a", "alpha particle"), entry("b", "beta particle")], "editor")
    long_lived = open_base()
    assert ids(long_lived, "alpha") == ["a"]
    base.withdraw(["a"], "editor")
    base.put([entry("b", "gamma ray")], "editor")
    assert ids(long_lived, "alpha particle") == []
    assert ids(long_lived, "gamma") == ["b"]
