"""Claims more than certainty."""

from refdesk import Offer, hookimpl


@hookimpl
async def answer_question() -> Offer:
    return Offer("I know everything.", confidence=float("nan"))
