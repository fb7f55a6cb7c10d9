"""How much may one sender send, so that a flood reaches nobody else?

A token bucket for each sender: `burst` messages at once, then `per_second`. Whoever is refused is
told how long to wait.
"""

from collections import OrderedDict

# Enough for every reader of a busy hour; the longest idle are forgotten first.
MOST_SENDERS = 50_000


class RateLimit:
    """Buckets by sender. Times are monotonic seconds, given by the caller."""

    def __init__(self, burst: int, per_second: float) -> None:
        """Allow `burst` at once and `per_second` in the long run."""
        self._burst = float(burst)
        self._rate = per_second
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def seconds_to_wait(self, sender: str, now: float) -> float:
        """Count one use; return 0 when it is allowed, else the seconds until it would be."""
        tokens, at = self._buckets.get(sender, (self._burst, now))
        # A clock that was set back gives nothing, and takes nothing away.
        tokens = min(self._burst, tokens + max(now - at, 0.0) * self._rate)
        allowed = tokens >= 1.0
        self._buckets[sender] = (tokens - 1.0 if allowed else tokens, now)
        self._buckets.move_to_end(sender)
        if not allowed:
            return (1.0 - tokens) / self._rate
        if len(self._buckets) > MOST_SENDERS:
            self._buckets.popitem(last=False)
        return 0.0

    def give_back(self, sender: str) -> None:
        """Undo one use."""
        if sender in self._buckets:
            tokens, at = self._buckets[sender]
            self._buckets[sender] = (min(self._burst, tokens + 1.0), at)

    def forget(self, sender: str) -> None:
        """Let a sender begin anew."""
        self._buckets.pop(sender, None)
