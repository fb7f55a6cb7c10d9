"""Tries to close the event loop under everybody's feet."""

import asyncio

from refdesk import hookimpl


@hookimpl
async def answer_question() -> None:
    asyncio.get_running_loop().close()
