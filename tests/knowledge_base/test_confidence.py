import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdesk.knowledge_base import KnowledgeBase, make_entry
from refdesk.knowledge_base.confidence import Match, confidence, match

shares = st.floats(0, 1)
terms = st.dictionaries(st.sampled_from("abcdef"), st.floats(0.01, 10), max_size=6)
sets = st.sets(st.sampled_from("abcdefgh"))


@given(terms, st.lists(sets, max_size=3), sets, shares)
def test_confidence_is_a_share(
    question: dict[str, float], wordings: list[set[str]], said: set[str], lead: float
):
    found = match(question, wordings, said, 5.0)
    assert 0 <= found.coverage <= 1 + 1e-9
    assert 0 <= found.likeness <= 1 + 1e-9
    assert 0 <= confidence(found, lead) <= 1 + 1e-9


@given(terms.filter(bool), sets)
def test_the_same_wording_is_certain(question: dict[str, float], said: set[str]):
    assert confidence(match(question, [set(question)], said, 5.0), 0.0) == pytest.approx(1)


@given(shares, shares, st.floats(0, 9), shares, shares)
def test_more_evidence_never_lowers_confidence(
    coverage: float, likeness: float, rare: float, lead: float, more: float
):
    less = confidence(Match(coverage * more, likeness * more, rare * more), lead * more)
    assert less <= confidence(Match(coverage, likeness, rare), lead) + 1e-9


@pytest.fixture
def desk(base: KnowledgeBase) -> KnowledgeBase:
    base.put(
        [
            make_entry("renew", "How do I renew my books?", "Press Renew in My Library."),
            make_entry("hours", "When is the library open?", "From 8 to 22 on weekdays."),
            make_entry("lost", "I lost my card", "Have it blocked at the desk."),
            make_entry("zh", "图书怎样续借?", "登录后点续借。", variants=("延长借期",)),
            make_entry("print", "Printing guide", "Printers stand on every floor."),
        ],
        "editor",
    )
    return base


@pytest.mark.parametrize(
    "question",
    [
        "how do i renew my books",
        "I lost my card!",
        "请问图书如何续借",
        "延长借期",
        "renew books please",
    ],
)
def test_a_wording_of_an_entry_is_certain(desk: KnowledgeBase, question: str):
    assert desk.search(question)[0].confidence > 0.95


@pytest.mark.parametrize(
    "question",
    [
        "xyzzy plugh",
        "who won the football match on Saturday",
        "my dog lost its ball in the park",
        "how do I renew my passport at the consulate in Paris",
        "今天天气怎么样",
        "怎么做红烧肉",
    ],
)
def test_nonsense_and_foreign_topics_come_out_low(desk: KnowledgeBase, question: str):
    assert all(hit.confidence < 0.3 for hit in desk.search(question))


def test_asking_for_one_entry_does_not_change_its_confidence(desk: KnowledgeBase):
    question = "where are printers"
    assert desk.search(question, limit=1)[0] == desk.search(question, limit=10)[0]
