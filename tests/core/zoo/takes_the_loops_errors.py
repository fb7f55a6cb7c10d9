"""Puts its own handler in the place where the event loop reports errors."""

import asyncio

from refdesk import Offer, hookimpl


@hookimpl
async def answer_question() -> Offer:
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    return Offer("Quiet now.", confidence=0.9)
