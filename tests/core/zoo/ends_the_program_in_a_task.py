"""Starts a task that tries to end the program."""

import asyncio
import sys

from refdesk import Offer, hookimpl

tasks: set[asyncio.Task[None]] = set()


async def leave() -> None:
    sys.exit("the catalogue is down")


@hookimpl
async def answer_question() -> Offer:
    tasks.add(asyncio.create_task(leave()))
    return Offer("Leaving.", confidence=0.9)
