"""Which plugin does a test put beside its own to see that both are kept apart?"""

import asyncio
from typing import Any, Literal

from refdesk.core.hookspecs import hookimpl

Does = Literal["raises", "hangs", "returns nonsense"]


class BadNeighbour:
    """A plugin that does one bad thing whenever a question is asked.

    `asked` counts how often. One that hangs costs each question the deadline of plugins: make it
    short with `deadline_seconds = 0.2` in the section `[plugins]` of the settings.
    """

    def __init__(self, does: Does) -> None:
        """Do this."""
        self.does = does
        self.asked = 0

    @hookimpl
    async def answer_question(self) -> Any:
        """Misbehave."""
        self.asked += 1
        if self.does == "raises":
            raise RuntimeError("a bad neighbour")
        if self.does == "hangs":
            await asyncio.get_running_loop().create_future()
        return "not an offer"
