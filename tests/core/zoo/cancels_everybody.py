"""Cancels the task in which it is called, which is not its own."""

import asyncio

from refdesk import hookimpl


@hookimpl
async def answer_question() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
