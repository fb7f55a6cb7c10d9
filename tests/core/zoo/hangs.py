"""Waits for ever."""

import asyncio

from refdesk import hookimpl


@hookimpl
async def answer_question() -> None:
    await asyncio.sleep(3600)
