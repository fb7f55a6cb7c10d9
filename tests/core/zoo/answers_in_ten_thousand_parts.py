"""Makes an answer of very many small parts."""

from refdesk import Offer, Text, hookimpl


@hookimpl
async def answer_question() -> Offer:
    return Offer((Text("a"),) * 20_000, confidence=0.99)
