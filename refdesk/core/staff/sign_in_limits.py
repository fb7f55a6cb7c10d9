"""How are guessers of passwords slowed down without shutting out the one they guess at?

Three buckets. Tries for one name from one place are few: whoever guesses there soon waits.
Tries for a name from everywhere, and from one place for every name, are many: they stop a guess
spread over a thousand machines, and one machine that walks through all names. Behind a proxy that
`[web] trusted_proxies` does not name, all visitors seem to come from one place; then a guesser can
delay the sign-in of the name guessed at, yet nobody else's.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

from refdesk.core.turns.rate_limit import RateLimit

# Tries at once, and tries per second afterwards.
_NAME_AND_PLACE = (10, 1 / 20)
_NAME = (100, 1 / 4)
_PLACE = (200, 1.0)
MOST_REMEMBERED = 10_000


class SignInLimits:
    """The buckets of one library's staff."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with full buckets."""
        self._clock = clock
        self._name_and_place = RateLimit(*_NAME_AND_PLACE)
        self._name = RateLimit(*_NAME)
        self._place = RateLimit(*_PLACE)
        # Where a name has signed in before, guesses made elsewhere do not count against it.
        self._known: OrderedDict[str, None] = OrderedDict()

    def seconds_to_wait(self, name: str, address: str) -> float:
        """Count one try; return 0 when it may be made, else the seconds to wait."""
        now, place = self._clock(), place_of(address)
        pair = _pair(name, place)
        wait = self._name_and_place.seconds_to_wait(pair, now)
        if not wait:
            wait = self._place.seconds_to_wait(place, now)
        if not wait and pair not in self._known:
            wait = self._name.seconds_to_wait(name, now)
        return wait

    def succeeded(self, name: str, address: str) -> None:
        """Forget the tries of somebody who has shown the right password."""
        place = place_of(address)
        pair = _pair(name, place)
        self._name_and_place.forget(pair)
        self._place.give_back(place)
        self._name.give_back(name)
        self._known[pair] = None
        self._known.move_to_end(pair)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)


def place_of(address: str) -> str:
    """Return the address, of IPv6 the network of one customer (64 bits): the rest is free."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:  # noqa: PLR2004 - IPv4
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _pair(name: str, place: str) -> str:
    return f"{place} {name}"
