"""Who is at the desk right now, and what may a waiting reader be told?"""

import time
from collections.abc import Callable

# A librarian whose page has gone silent for so long is not at the desk any more.
PRESENCE_SECONDS = 300.0


class Duty:
    """Librarians seen at the desk lately: by an open page, or by a call of the staff API."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nobody on duty."""
        self._clock = clock
        self._pages: dict[str, int] = {}
        self._last_call: dict[str, float] = {}
        # At the desk of another server of this deployment: core/lifecycle/lifecycle.py says so.
        self.elsewhere: frozenset[str] = frozenset()

    def page_opened(self, staff: str) -> None:
        """Note that a live desk page of this librarian is connected."""
        self._pages[staff] = self._pages.get(staff, 0) + 1

    def page_closed(self, staff: str) -> None:
        """Note that it is gone; a reload within a few seconds makes no difference."""
        left = self._pages.get(staff, 0) - 1
        if left > 0:
            self._pages[staff] = left
        else:
            self._pages.pop(staff, None)

    def called(self, staff: str) -> None:
        """Note that this librarian has used the staff API."""
        self._last_call[staff] = self._clock()

    def left(self, staff: str) -> None:
        """Note that this librarian has signed out; pages open elsewhere still count."""
        self._last_call.pop(staff, None)

    def librarians(self) -> frozenset[str]:
        """Return who is at the desk, of whichever server."""
        return self.here() | self.elsewhere

    def here(self) -> frozenset[str]:
        """Return who is at the desk of this server."""
        since = self._clock() - PRESENCE_SECONDS
        calling = {staff for staff, at in self._last_call.items() if at >= since}
        return frozenset(calling | self._pages.keys())
