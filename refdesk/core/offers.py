"""What does a plugin get asked, and what does it offer?"""

import re
from dataclasses import dataclass
from enum import StrEnum

from refdesk.core.messages import Language, Option, Part, Source, Text, check_options, check_parts


class HandoffReason(StrEnum):
    """Why a person is needed."""

    ASKED = "asked_for_person"
    LOW_CONFIDENCE = "low_confidence"
    POLICY_TOPIC = "policy_topic"
    FAILURE = "failure"
    # Nobody has come in time: what may a reader who has waited be promised now?
    UNCLAIMED = "unclaimed"


@dataclass(frozen=True, slots=True)
class Question:
    """A free question of a reader: not a command, a greeting or a button."""

    text: str
    language: Language
    level: int = 0

    def mentions(self, *words: str) -> bool:
        """Say whether one of the words occurs: whole words in English, anywhere in Chinese."""
        text = self.text.casefold()
        return any(_occurs(word.casefold(), text) for word in words)


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposed answer.

    `confidence` runs from 0 to 1 and means: the share of such offers that answer the question.
    `title` names what is answered, for "did you mean"; `action` is the button that brings the
    same answer. `related` are further buttons to show with the answer, `feedback` asks how it was.
    `handoff` says that a person has to answer; `answer` is then said on the way.
    """

    answer: str | tuple[Part, ...]
    confidence: float
    source: str = ""
    sources: tuple[Source, ...] = ()
    title: str = ""
    action: str = ""
    related: tuple[Option, ...] = ()
    feedback: tuple[Option, ...] = ()
    handoff: HandoffReason | None = None

    def __post_init__(self) -> None:
        """Refuse nonsense where it is made, so that the log names the plugin and the line."""
        if not 0 <= self.confidence <= 1:
            raise ValueError("the confidence of an offer runs from 0 to 1")
        check_parts(self.parts(), self.sources)
        check_options((*self.related, *self.feedback))

    def parts(self) -> tuple[Part, ...]:
        """Return the answer as parts."""
        return (Text(self.answer),) if isinstance(self.answer, str) else self.answer

    def all_sources(self) -> tuple[Source, ...]:
        """Return the sources, the plain `source` among them."""
        return (Source(self.source), *self.sources) if self.source else self.sources


def _occurs(word: str, text: str) -> bool:
    if word.isascii():
        # By ASCII rules a Chinese character beside the word is a boundary too: "wifi密码".
        return re.search(rf"\b{re.escape(word)}\b", text, re.ASCII) is not None
    return word in text
