"""Waits a moment, then cancels the task in which it is called, and waits on."""

import asyncio

from refdesk import hookimpl


@hookimpl
async def answer_question() -> None:
    await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(3600)
