"""Waits for ever and does not let itself be cancelled."""

import asyncio

from refdesk import hookimpl


@hookimpl
async def answer_question() -> None:
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            continue
