"""Which addresses may the program call for a plugin?

A plugin may be led to any address by what a reader or another system tells it. Addresses inside
the library's own network (loopback, private, link-local, the cloud's metadata) are refused unless
the operator has listed the host. A name is resolved once, every address it has is checked, and the
connection goes to one of those: a name that points elsewhere a moment later gains nothing.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable

from aiohttp.abc import AbstractResolver, ResolveResult

from refdesk.errors import RemoteServiceError

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: Address) -> bool:
    """Say whether `address` is one that anybody on the Internet can reach.

    IPv6 addresses that carry an IPv4 address are judged by that one; tunnels are refused.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.sixtofour is not None or address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class CheckedResolver(AbstractResolver):
    """Looks names up and lets through only what may be called.

    `local_services` are hosts inside the library's network, `host` or `host:port`.
    """

    def __init__(self, local_services: Iterable[str]) -> None:
        """Let these local hosts through besides all public ones."""
        self._local = frozenset(service.casefold() for service in local_services)

    def check_literal(self, host: str, port: int) -> None:
        """Check a host that is written as a number, which nobody looks up.

        Raises `RemoteServiceError` when it may not be called.
        """
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return  # a name: `resolve` checks it
        self._check(host, port, [address])

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name; raises `OSError` when it has none.

        Raises `RemoteServiceError` when one of them may not be called.
        """
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG
        )
        addresses = [str(entry[4][0]) for entry in found]
        self._check(host, port, [ipaddress.ip_address(one.partition("%")[0]) for one in addresses])
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=entry[0],
                proto=entry[2],
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address, entry in zip(addresses, found, strict=True)
        ]

    async def close(self) -> None:
        """Nothing is kept open."""

    def _check(self, host: str, port: int, addresses: Iterable[Address]) -> None:
        named = host.casefold()
        written = f"[{named}]" if ":" in named else named
        if {named, written, f"{written}:{port}"} & self._local:
            return
        if not all(is_public(address) for address in addresses):
            raise RemoteServiceError(
                "The address lies inside the library's network. List its host in refdesk.toml, "
                "[plugins] local_services, if plugins may call it.",
                happened="nothing",
            )
