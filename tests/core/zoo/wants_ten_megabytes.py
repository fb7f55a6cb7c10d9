"""Wants far more written than belongs to one answer."""

from refdesk import Offer, PluginContext, hookimpl


@hookimpl
async def answer_question(context: PluginContext) -> Offer:
    for _ in range(1000):
        context.say("y" * 10_000)
    return Offer("One moment.", confidence=0.99)
