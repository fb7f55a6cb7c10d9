"""Starts a task and forgets it."""

import asyncio

from refdesk import Offer, hookimpl

tasks: set[asyncio.Task[None]] = set()


async def poll_for_ever() -> None:
    await asyncio.sleep(3600)


@hookimpl
async def answer_question() -> Offer:
    task = asyncio.create_task(poll_for_ever(), name="poll")
    tasks.add(task)
    return Offer("Polling.", confidence=0.9)
