"""Puts things among its intents that are none."""

from refdesk import Offer, PluginContext, hookimpl


@hookimpl
async def answer_question(context: PluginContext) -> Offer:
    context.intents.append({"delete": "everything"})  # type: ignore[arg-type]
    return Offer("Done.", confidence=0.99)
