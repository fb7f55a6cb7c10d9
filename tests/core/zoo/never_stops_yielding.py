"""Gives way to others again and again, and never comes to an end."""

import asyncio

from refdesk import hookimpl


@hookimpl
async def answer_question() -> None:
    while True:  # noqa: ASYNC110 - that is what is wrong with it
        await asyncio.sleep(0)
