"""How is something counted and timed, at next to no cost, until somebody asks for the figures?"""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

# Upper bounds in seconds; a reader notices from 1 s on, a platform's patience ends at 5 s.
BOUNDS_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True)
class Spread:
    """How long something took: how many times within each bound, and all together."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_SECONDS) + 1))
    total_seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS_SECONDS, seconds)] += 1
        self.total_seconds += seconds

    def cumulative(self) -> list[tuple[str, float]]:
        """Return (bound, how many took at most so long), the last one without a bound."""
        found, so_far = [], 0
        for bound, count in zip((*map(str, BOUNDS_SECONDS), "+Inf"), self.counts, strict=True):
            so_far += count
            found.append((bound, float(so_far)))
        return found


@dataclass(slots=True)
class Traffic:
    """What has come in on the channels: deliveries by account and arrival, the last one's time."""

    accepted: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    last_at: dict[str, float] = field(default_factory=dict)
