from hypothesis import given
from hypothesis import strategies as st

from refdesk.knowledge_base.analysis import question_terms
from refdesk.knowledge_base.snippets import LENGTH, snippet

FILLER = "Nothing of interest stands in this sentence. " * 20


def shown(text: str, question: str) -> str:
    return snippet(text, frozenset(question_terms(question)))


def test_a_short_text_is_shown_whole():
    assert shown("Press  Renew.\nThen wait.", "renew") == "Press Renew. Then wait."


def test_the_passage_with_most_of_the_question_is_shown():
    text = FILLER + "A book is mentioned. " + FILLER + "Overdue books cost a fine. " + FILLER
    passage = shown(text, "fine for an overdue book")
    assert "Overdue books cost a fine." in passage
    assert passage.startswith("…")
    assert passage.endswith("…")


def test_chinese_passages_are_found():
    text = "这里没有什么内容。" * 40 + "逾期图书每天收取一角。" + "这里没有什么内容。" * 40
    assert "逾期图书" in shown(text, "逾期费")


def test_without_a_match_the_beginning_is_shown():
    assert shown(FILLER, "续借").startswith("Nothing of interest")


@given(st.text(max_size=600), st.text(max_size=60))
def test_a_snippet_is_a_plain_part_of_the_text(text: str, question: str):
    passage = shown(text, question)
    assert len(passage) <= LENGTH + 2
    assert "\n" not in passage
    assert passage.strip("…").strip() in " ".join(text.split())
