"""Which offer becomes the answer, and what happens when none is good enough?

The rule: the most confident offer at or above the threshold answers, the next ones are shown as
related. Below it the reader is asked what they meant; the second miss in a row brings a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from refdesk.core.consultations import Consultation
from refdesk.core.messages import Option
from refdesk.core.offers import HandoffReason, Offer

MOST_OPTIONS = 3


class AnswerRules(BaseModel):
    """Section `[answers]`: when the program answers by itself."""

    model_config = ConfigDict(extra="forbid")

    threshold: float = Field(
        0.4, ge=0, le=1, description="Confidence from which an offer is given as the answer."
    )
    clarify_above: float = Field(
        0.2, ge=0, le=1, description="Confidence from which an offer is shown as 'did you mean'."
    )
    misses_before_handoff: int = Field(
        2, ge=1, le=5, description="Questions in a row without an answer that bring a person."
    )
    fragment_seconds: float = Field(
        1.2,
        ge=0,
        le=10,
        description="How long a message that only begins one (“hi”, “我想问”) waits for the rest.",
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """Give this offer's answer, with these buttons for what else was found."""

    offer: Offer
    related: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Clarify:
    """Ask which of these was meant; without options, ask for other words."""

    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class BringPerson:
    """Hand off for this reason, saying the offer's words first if there is one."""

    reason: HandoffReason
    offer: Offer | None = None


Decision = Answer | Clarify | BringPerson


def decide(offers: Sequence[Offer], misses: int, rules: AnswerRules) -> Decision:
    """Choose between the offers; `misses` counts questions in a row that found no answer."""
    ranked = sorted(offers, key=lambda offer: -offer.confidence)
    best = ranked[0] if ranked else None
    if best is not None and best.confidence >= rules.threshold:
        if best.handoff is not None:
            return BringPerson(best.handoff, best)
        return Answer(best, _options(best.related, ranked[1:], rules))
    if misses + 1 >= rules.misses_before_handoff:
        return BringPerson(HandoffReason.LOW_CONFIDENCE)
    if best is None or best.confidence < rules.clarify_above:
        return Clarify(())
    return Clarify(_options((), ranked, rules, further=best.related))


def misses_of(consultation: Consultation, rules: AnswerRules) -> int:
    """Return how many misses in a row count here.

    Whoever comes back after a librarian is not asked again what they meant: either the answer is
    known, or a person is brought.
    """
    if consultation.follow_ups and consultation.owner is not None:
        return max(consultation.misses, rules.misses_before_handoff - 1)
    return consultation.misses


def _options(
    first: Sequence[Option],
    offers: Sequence[Offer],
    rules: AnswerRules,
    further: Sequence[Option] = (),
) -> tuple[Option, ...]:
    """Return distinct buttons: those given, those of plausible offers, then further ones."""
    titled = [
        Option(offer.title, offer.action)
        for offer in offers
        if offer.title and offer.action and offer.confidence >= rules.clarify_above
    ]
    distinct = {option.action: option for option in [*first, *titled, *further]}
    return tuple(distinct.values())[:MOST_OPTIONS]
