"""Answers each numbered question by its number; most at once, some slowly."""

import asyncio
import os
import random
import re
from collections.abc import Sequence

from refdesk import Command, CommandCall, Offer, PluginContext, Question, hookimpl

ASKED = re.compile(r"Question (\d+):")
# (share of the questions, shortest, longest time in seconds)
DELAYS = ((0.90, 0.0, 0.02), (0.08, 0.1, 0.3), (0.02, 1.0, 1.5))
# The flood makes every answer slow, so that work piles up.
AT_LEAST_SECONDS = float(os.environ.get("REFDESK_BENCH_ANSWER_SECONDS", "0"))


@hookimpl
def register_commands() -> Sequence[Command]:
    """Bring `/echo`: commands go another way than questions."""
    return [Command("echo.echo", echo, {"en": ("/echo",)})]


@hookimpl
async def answer_question(question: Question, context: PluginContext) -> Offer | None:
    """Offer what answers every number in the question: several may have been read together."""
    del context
    answer = await _answer(question.text)
    return Offer(answer, confidence=1.0, source="The bench") if answer else None


async def echo(call: CommandCall, _context: PluginContext) -> str:
    """Answer what stands behind `/echo`."""
    return await _answer(call.argument)


async def _answer(text: str) -> str:
    await asyncio.sleep(AT_LEAST_SECONDS)
    chance, at = random.random(), 0.0
    for share, shortest, longest in DELAYS:
        at += share
        if chance < at:
            await asyncio.sleep(random.uniform(shortest, longest))
            break
    return "\n".join(f"Answer to {number}." for number in ASKED.findall(text))
