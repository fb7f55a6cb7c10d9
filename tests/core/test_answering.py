"""Which offer becomes the answer?"""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdesk import HandoffReason, Offer, Option, Source, Text
from refdesk.core.answering import MOST_OPTIONS, Answer, AnswerRules, BringPerson, Clarify, decide

RULES = AnswerRules()  # type: ignore[call-arg]  # every field has a default


def offer(confidence: float, name: str = "x", **more: object) -> Offer:
    return Offer(name, confidence, title=name, action=f"show:{name}", **more)  # type: ignore[arg-type]


def test_the_most_confident_offer_answers_and_the_next_are_related() -> None:
    decision = decide([offer(0.6, "b"), offer(0.9, "a"), offer(0.1, "c")], 0, RULES)
    assert decision == Answer(offer(0.9, "a"), (Option("b", "show:b"),))


def test_of_equally_confident_offers_the_first_asked_wins() -> None:
    decision = decide([offer(0.9, "first"), offer(0.9, "second")], 0, RULES)
    assert isinstance(decision, Answer)
    assert decision.offer.answer == "first"


def test_exactly_the_threshold_is_enough() -> None:
    assert isinstance(decide([offer(0.5)], 0, RULES), Answer)


def test_below_the_threshold_the_reader_is_asked_what_was_meant() -> None:
    assert decide([offer(0.3, "a"), offer(0.25, "b")], 0, RULES) == Clarify(
        (Option("a", "show:a"), Option("b", "show:b"))
    )


def test_without_a_plausible_offer_the_reader_is_asked_for_other_words() -> None:
    assert decide([], 0, RULES) == Clarify(())
    assert decide([offer(0.1)], 0, RULES) == Clarify(())


def test_the_second_miss_in_a_row_brings_a_person() -> None:
    assert decide([offer(0.3)], 1, RULES) == BringPerson(HandoffReason.LOW_CONFIDENCE)


def test_an_answer_after_a_miss_is_given() -> None:
    assert isinstance(decide([offer(0.9)], 1, RULES), Answer)


def test_an_offer_may_say_that_a_person_has_to_answer() -> None:
    policy = offer(1.0, "policy", handoff=HandoffReason.POLICY_TOPIC)
    assert decide([offer(0.9), policy], 0, RULES) == BringPerson(HandoffReason.POLICY_TOPIC, policy)


def test_an_unsure_offer_cannot_bring_a_person() -> None:
    unsure = offer(0.3, handoff=HandoffReason.POLICY_TOPIC)
    assert isinstance(decide([unsure], 0, RULES), Clarify)


def test_the_same_button_is_shown_once() -> None:
    best = offer(0.9, "a", related=(Option("B again", "show:b"),))
    decision = decide([best, offer(0.8, "b")], 0, RULES)
    assert isinstance(decision, Answer)
    assert [option.action for option in decision.related] == ["show:b"]


@given(
    st.lists(st.builds(offer, st.floats(0, 1), st.sampled_from("abcde")), max_size=8),
    st.integers(0, 5),
)
def test_every_set_of_offers_leads_to_a_decision_that_keeps_the_rules(
    offers: list[Offer], misses: int
) -> None:
    decision = decide(offers, misses, RULES)
    best = max((one.confidence for one in offers), default=0.0)
    if isinstance(decision, Answer):
        assert decision.offer.confidence == best >= RULES.threshold
        assert len(decision.related) <= MOST_OPTIONS
    elif isinstance(decision, Clarify):
        assert best < RULES.threshold
        assert misses + 1 < RULES.misses_before_handoff
        assert len({option.action for option in decision.options}) == len(decision.options)
    else:
        assert misses + 1 >= RULES.misses_before_handoff


@pytest.mark.parametrize("confidence", [-0.1, 1.1, math.nan, math.inf])
def test_a_confidence_outside_0_to_1_is_refused_where_it_is_made(confidence: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        Offer("x", confidence)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"answer": ("text",)},
        {"answer": ({"type": "text"},)},
        {"answer": "x", "sources": ("a title",)},
        {"answer": "x", "related": ("Printing",)},
        {"answer": "x", "feedback": (None,)},
        {"answer": 42},
    ],
)
def test_what_is_no_part_is_refused_where_it_is_made(nonsense: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        Offer(confidence=0.9, **nonsense)  # type: ignore[arg-type]


def test_the_plain_source_comes_before_the_others() -> None:
    made = Offer((Text("x"),), 0.5, source="Rules", sources=(Source("Map"),))
    assert [source.title for source in made.all_sources()] == ["Rules", "Map"]
