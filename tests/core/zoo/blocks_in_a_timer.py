"""Blocks the event loop, but only later, when a timer of its own goes off."""

import asyncio
import threading

from refdesk import hookimpl

seen = threading.Event()


def wait() -> None:
    seen.wait(20)


@hookimpl
async def answer_question() -> None:
    asyncio.get_running_loop().call_later(0, wait)
