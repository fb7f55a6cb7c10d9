"""Answers more than anybody could read or any platform carry."""

from refdesk import Offer, hookimpl


@hookimpl
async def answer_question() -> Offer:
    return Offer("x" * 10_000_000, confidence=0.99)
