"""Which event loop runs here? (Cheaper than asking asyncio each time.)

`asyncio.get_running_loop()` asks the operating system for the process id at each call (CPython
3.11); with four calls a message that was a tenth of a round trip.
"""

import asyncio
import threading

_known = threading.local()


def running_loop() -> asyncio.AbstractEventLoop:
    """Return the loop that runs in this thread; raises `RuntimeError` when there is none."""
    loop: asyncio.AbstractEventLoop | None = getattr(_known, "loop", None)
    # A thread runs one loop at a time: one that is known here and runs is the one.
    if loop is None or not loop.is_running():
        loop = _known.loop = asyncio.get_running_loop()
    return loop
