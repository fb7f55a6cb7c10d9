"""How does a test decide what time it is?"""

from datetime import datetime

# A Monday morning in a teaching week: libraries are open.
_MONDAY = datetime.fromisoformat("2026-03-16T10:00:00+08:00")


class FakeClock:
    """Stands still until a test moves it.

    `now` is the time of day, `monotonic` what spans are measured with: `advance` moves both, as
    time does; `jump` moves only the first, as somebody does who sets the clock of a machine.
    Nothing happens by itself when time has passed: `await library.advance(...)` also does what has
    become due.
    """

    def __init__(self, at: datetime | float = _MONDAY) -> None:
        """Begin at a moment: one with a zone, or seconds since the epoch.

        Raises `ValueError` for a moment without a zone.
        """
        if isinstance(at, datetime):
            if at.tzinfo is None:
                raise ValueError("name the zone: datetime(2026, 3, 16, 10, tzinfo=...)")
            at = at.timestamp()
        self._now = float(at)
        self._monotonic = 1000.0

    def now(self) -> float:
        """Return the time of day, in seconds since the epoch."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds since some beginning, which nobody can set."""
        return self._monotonic

    def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Let time pass. Raises `ValueError` when it would run backwards."""
        span = seconds + 60 * (minutes + 60 * (hours + 24 * days))
        if span < 0:
            raise ValueError("time does not run backwards; to set the clock back, jump")
        self._now += span
        self._monotonic += span

    def jump(self, seconds: float) -> None:
        """Set the clock, back with a negative number, without time passing."""
        self._now += seconds
