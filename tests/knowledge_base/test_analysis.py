import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from refdesk.knowledge_base.analysis import (
    content_terms,
    fold,
    question_terms,
    spans,
    surface_words,
    terms,
)


def test_inflected_words_meet():
    assert terms("Renewing borrowed books") == terms("renew borrow book")


def test_stop_words_are_dropped_unless_nothing_else_remains():
    assert terms("How do I renew it?") == ["renew"]
    assert terms("to be or not to be")


def test_directions_keep_their_meaning():
    assert terms("check out") != terms("check in")


def test_chinese_becomes_characters_and_pairs():
    assert terms("续借书") == ["续", "借", "书", "续借", "借书"]


def test_a_mixed_text_has_terms_of_both_scripts():
    assert {"wifi", "密码"} <= set(terms("wifi密码"))


def test_codes_and_short_names_are_kept():
    assert "qa76" in terms("QA76.73")
    assert "a&a" in terms("the A&A Library")
    assert "c++" in terms("C++ books")


def test_possessives_and_typographic_quotes_make_no_difference():
    assert terms("King’s library") == terms("king library") == terms("King's Library")


def test_width_and_case_make_no_difference():
    assert terms("ＷｉＦｉ") == terms("wifi")


def test_hidden_marks_make_no_difference():
    assert terms("re\u200bnew \u202ebook\u202c") == terms("renew book")


def test_courtesies_are_dropped_from_questions_only():
    assert question_terms("Hello, please tell me: how do I renew?") == ["renew"]
    assert question_terms("请问怎么续借") == question_terms("怎么续借")
    assert question_terms("thanks") == ["thank"]
    assert "thank" in terms("A letter of thanks")


def test_question_words_do_not_count_for_likeness():
    assert content_terms("怎么续借") == content_terms("如何续借")


def test_a_pasted_text_is_read_to_a_limit():
    assert len(question_terms(" ".join(f"word{n}" for n in range(5000)))) == 64


@given(st.text())
@example("'" * 50 + "s")
@example("\ud800 lone")
@example("İstanbul ﷺ ẞ ŉ")
def test_no_text_raises(text: str):
    for found in (terms(text), question_terms(text), surface_words(text)):
        assert all(found)
    content_terms(text)
    spans(text)


@given(st.text())
def test_question_and_entry_are_analysed_alike(text: str):
    asked = question_terms(text)
    assert set(asked) <= set(terms(text)) or not terms(text) or len(text) > 900


@given(st.text())
def test_folding_is_stable(text: str):
    once = fold(text)
    assert fold(once) == once or unicodedata.normalize("NFKC", once) != once


@given(st.text(alphabet="续借书馆在哪怎么 abc"))
def test_spans_lie_in_the_text(text: str):
    for start, end, found in spans(text):
        assert 0 <= start < end <= len(text)
        assert isinstance(found, frozenset)
