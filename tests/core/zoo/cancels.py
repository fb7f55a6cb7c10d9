"""Lets the cancellation of its own work escape."""

import asyncio

from refdesk import hookimpl


@hookimpl
async def answer_question() -> None:
    task = asyncio.ensure_future(asyncio.sleep(3600))
    task.cancel()
    await task
