"""How much may be sent, by one reader and from one address?

A reader without an account can always come back as a new one; the address cannot be changed so
easily. A whole campus may share one, so its limit is wide. This machine itself has none: it is
where a proxy sits that was not named in `trusted_proxies`, and then every reader would share it.
"""

import ipaddress
from functools import lru_cache

from refdesk.core.turns.rate_limit import RateLimit


class MessageLimits:
    """Token buckets by reader and by address. Times are monotonic seconds."""

    def __init__(self, reader: RateLimit, address: RateLimit) -> None:
        """Hold readers to one limit and addresses to the other."""
        self._reader = reader
        self._address = address

    def seconds_to_wait(self, rid: str, address: str, now: float) -> float:
        """Count one message; return 0 when it is allowed, else the seconds until it would be."""
        wait = self._reader.seconds_to_wait(rid, now)
        if wait or not address or _is_this_machine(address):
            return wait
        return self._address.seconds_to_wait(address, now)


@lru_cache(maxsize=10_000)
def _is_this_machine(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False  # "unknown" and the like: all of them share one bucket
