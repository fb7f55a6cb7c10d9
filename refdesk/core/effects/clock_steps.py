"""Has somebody set the clock?

Spans are counted on the wall clock, because they outlive the process. When that clock has been
set, what began before it cannot be compared with what is shown now: counting begins anew.
"""

from collections.abc import Callable

from refdesk.logs import get_logger

log = get_logger(__name__)
# A busy machine may hold a process up for seconds; a clock that is kept moves by less than this.
TOLERANCE_SECONDS = 60.0


class ClockSteps:
    """Compares the wall clock with one that nobody can set."""

    def __init__(self, clock: Callable[[], float], monotonic: Callable[[], float]) -> None:
        """Begin to compare now."""
        self._clock = clock
        self._monotonic = monotonic
        self._ahead = clock() - monotonic()
        self.counted_from = 0.0

    def look(self) -> float:
        """Return the time; after a step `counted_from` is the moment when it was noticed."""
        now = self._clock()
        ahead = now - self._monotonic()
        step = ahead - self._ahead
        self._ahead = ahead
        if abs(step) > TOLERANCE_SECONDS:
            self.counted_from = now
            log.warning("clock_was_set", seconds=round(step))
        return now
