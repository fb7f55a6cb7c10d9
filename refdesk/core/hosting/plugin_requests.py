"""Which requests is a plugin answering at this moment, and until when may it?"""

import asyncio
from types import TracebackType
from typing import Literal, Self

from refdesk.loops import running_loop

# A page or an API call has begun its answer after so long; a body may take as long to arrive.
ANSWER_SECONDS = 60.0


class PluginRequest:
    """One request in a plugin's hands: `async with` it; raises `TimeoutError` when time is up."""

    __slots__ = ("_all", "_limit", "condition")

    def __init__(self, others: "set[PluginRequest]") -> None:
        """Stand among `others` while it lasts."""
        self._all = others
        self.condition: Literal["working", "answering", "over"] = "working"
        self._limit = asyncio.timeout(ANSWER_SECONDS)

    async def __aenter__(self) -> Self:
        await self._limit.__aenter__()
        self._all.add(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._all.discard(self)
        if self.condition == "working":
            self.condition = "over"
        await self._limit.__aexit__(kind, error, trace)

    def answered(self) -> None:
        """Lift the limit: the answer has begun, and may be a connection that stays open."""
        if self.condition == "working" and not self._limit.expired():
            self._limit.reschedule(None)
            self.condition = "answering"

    def end(self) -> None:
        """End it now."""
        if not self._limit.expired():
            self._limit.reschedule(running_loop().time())


class PluginRequests:
    """All requests in one plugin's hands."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        """Begin with none."""
        self._open: set[PluginRequest] = set()

    def begin(self) -> PluginRequest:
        """Return a request to be entered."""
        return PluginRequest(self._open)

    def end(self) -> None:
        """End them all, open connections among them: the plugin has been switched off."""
        for request in [*self._open]:
            request.end()
