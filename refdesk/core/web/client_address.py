"""From which address does a request come? (`X-Forwarded-For` only from proxies we trust.)"""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from aiohttp import web

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
UNKNOWN = "unknown"


def client_address(request: web.BaseRequest, trusted_proxies: Iterable[str]) -> str:
    """Return the address of the last machine that is no proxy of ours.

    Proxies append to the header, so it is read from its end: the first address that is not
    trusted is the client, and whatever stands before it the client may have invented.
    """
    address = request.remote or UNKNOWN
    networks = _networks(tuple(trusted_proxies))
    if not networks or not _is_trusted(address, networks):
        return address
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
    for step in reversed(forwarded.split(",")):
        parsed = _parse(step.strip())
        if parsed is None:
            return address
        address = str(parsed)
        if not _is_trusted(address, networks):
            return address
    return address


@lru_cache(maxsize=8)
def _networks(proxies: tuple[str, ...]) -> tuple[_Network, ...]:
    return tuple(ipaddress.ip_network(proxy, strict=False) for proxy in proxies)


def _is_trusted(address: str, networks: tuple[_Network, ...]) -> bool:
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in networks)


def _parse(text: str) -> _Address | None:
    """Return an address; IPv4 written inside IPv6 is IPv4, a port behind it is left out."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed
