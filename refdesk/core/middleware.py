"""Which steps lie around the handling of every message, and in which order?

A step gets the message and the rest of the way; it may change what it passes on, add to what
comes back, or answer by itself.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from refdesk.core.consultations import Consultation
from refdesk.core.language import language_of
from refdesk.core.messages import InboundMessage, Language
from refdesk.core.turns.store import Outcome


@dataclass(frozen=True, slots=True)
class Handling:
    """A message on its way, with the language in which to answer; `seq` is its number."""

    message: InboundMessage
    consultation: Consultation
    language: Language
    seq: int = 0


Next = Callable[[Handling], Awaitable[Outcome]]
Middleware = Callable[[Handling, Next], Awaitable[Outcome]]


def compose(steps: Sequence[Middleware], end: Next) -> Next:
    """Return one callable: the first step is the outermost."""
    for step in reversed(steps):
        end = _around(step, end)
    return end


def _around(step: Middleware, following: Next) -> Next:
    async def call(handling: Handling) -> Outcome:
        return await step(handling, following)

    return call


async def choose_language(handling: Handling, following: Next) -> Outcome:
    """Answer in the language of the words; where they do not tell, in the reader's."""
    fallback = handling.consultation.language
    if handling.message.action:
        return await following(handling)
    language = language_of(handling.message.text, fallback)
    return await following(
        handling if language == handling.language else replace(handling, language=language)
    )
