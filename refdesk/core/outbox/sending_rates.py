"""How fast may an account send, and how fast to one reader? (Token buckets of this server.)

Several servers each have their own buckets: what they send together is for the platform to limit.
"""

import time
from collections.abc import Callable

from refdesk.core.channels.capabilities import Capabilities, Rate
from refdesk.core.turns.rate_limit import RateLimit


class SendingRates:
    """The buckets of all accounts; `clock` is monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with full buckets."""
        self._clock = clock
        self._limits: dict[tuple[str, Rate], RateLimit] = {}

    def take(self, account: str, capabilities: Capabilities, wanted: int) -> int:
        """Take a token for each of `wanted` sends, or as many as there are now."""
        for taken in range(wanted):
            if self.account_wait(account, capabilities) > 0:
                return taken
        return wanted

    def give_back(self, account: str, capabilities: Capabilities, number: int) -> None:
        """Return tokens that were not needed."""
        rate = capabilities.account_rate
        if rate is not None:
            for _ in range(number):
                self._limit(account, rate).give_back(account)

    def account_wait(self, account: str, capabilities: Capabilities) -> float:
        """Take one token of the account; return the seconds to wait when there is none."""
        return self._wait(account, account, capabilities.account_rate)

    def reader_wait(self, account: str, rid: str, capabilities: Capabilities) -> float:
        """Take one token of a reader; return the seconds to wait when there is none."""
        return self._wait(account, f"reader {rid}", capabilities.reader_rate)

    def _wait(self, account: str, sender: str, rate: Rate | None) -> float:
        if rate is None:
            return 0.0
        return self._limit(account, rate).seconds_to_wait(sender, self._clock())

    def _limit(self, account: str, rate: Rate) -> RateLimit:
        key = (account, rate)
        if key not in self._limits:
            self._limits[key] = RateLimit(rate.burst, rate.per_second)
        return self._limits[key]
