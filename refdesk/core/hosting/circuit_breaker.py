"""When is a failing plugin set aside, and when is it tried again?"""

# Five in a row is no accident; a minute lets a restarting service come back.
FAILURES_IN_A_ROW = 5
FIRST_PAUSE_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 900.0


class CircuitBreaker:
    """Counts failures in a row of one plugin. Times are monotonic seconds, given by the caller."""

    __slots__ = ("_failures", "_pause", "_until")

    def __init__(self) -> None:
        """Begin as working."""
        self._failures = 0
        self._pause = FIRST_PAUSE_SECONDS
        self._until = 0.0

    def is_open(self, now: float) -> bool:
        """Say whether calls are to be left out now."""
        return self._failures >= FAILURES_IN_A_ROW and now < self._until

    def condition(self, now: float) -> str:
        """Return `working` or `set aside`."""
        return "set aside" if self.is_open(now) else "working"

    def succeeded(self) -> None:
        """Forget failures: it works again."""
        if self._failures:
            self._failures = 0
            self._pause = FIRST_PAUSE_SECONDS

    def failed(self, now: float) -> None:
        """Count a failure; after five in a row pause, twice as long each further time."""
        self._failures += 1
        if self._failures >= FAILURES_IN_A_ROW:
            self._until = now + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
