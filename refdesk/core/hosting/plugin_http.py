"""How does a plugin call another system? (`context.http`)

One pool of connections for all plugins, owned by the app. Every call has a time limit, an answer a
size limit; answers are JSON and nothing else; only addresses that may be called are called.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import aiohttp
import orjson
from yarl import URL

from refdesk.core.hosting.outward_addresses import CheckedResolver
from refdesk.errors import RemoteServiceError
from refdesk.loops import running_loop

# Below the deadline of a hook, so that the plugin can still say something kind.
USUAL_SECONDS = 2.5
LARGEST_ANSWER_BYTES = 1024 * 1024
MOST_REDIRECTS = 3
MOST_CONNECTIONS = 100
MOST_CONNECTIONS_OF_A_HOST = 10
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "refdesk"}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_DONE_HERE = frozenset({307, 308})
_CLIENT_ERRORS = range(400, 500)
Happened = Literal["nothing", "refused", "unknown"]
Query = Mapping[str, str | int | float]


class OutwardHttp:
    """The connections of one app to other systems."""

    def __init__(self, local_services: Sequence[str] = ()) -> None:
        """Call public addresses, and these hosts inside the library's network."""
        self._resolver = CheckedResolver(local_services)
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None and self._loop is running_loop():
            await session.close()

    async def request(
        self,
        method: Literal["GET", "POST"],
        url: str,
        *,
        query: Query | None,
        headers: Mapping[str, str] | None,
        body: bytes | None,
        seconds: float,
    ) -> Any:
        """Return the JSON of the answer; raises `RemoteServiceError` for anything else."""
        sent = {**_HEADERS, **(headers or {})}
        try:
            async with asyncio.timeout(seconds):
                return await self._answer(method, _address(url, query), sent, body)
        except aiohttp.ClientConnectorError as error:
            raise RemoteServiceError("It cannot be reached.", happened="nothing") from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise RemoteServiceError(
                "It did not answer in time."
                if isinstance(error, TimeoutError)
                else "The connection broke.",
                happened="unknown",
            ) from error

    async def _answer(
        self, method: str, address: URL, headers: dict[str, str], body: bytes | None
    ) -> Any:
        for _ in range(MOST_REDIRECTS + 1):
            self._resolver.check_literal(address.host or "", address.port or 0)
            async with self._opened().request(
                method, address, headers=headers, data=body, allow_redirects=False
            ) as response:
                if response.status not in _REDIRECTS:
                    return _checked(response, await _limited(response))
                onward = _redirected(method, address, response)
            if onward.origin() != address.origin():
                headers = _HEADERS  # what authorises here is nobody else's business
            address = onward
        raise RemoteServiceError("It leads from one address to the next.", happened="nothing")

    def _opened(self) -> aiohttp.ClientSession:
        loop = running_loop()
        if self._session is None or self._loop is not loop:
            self._loop = loop
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=self._resolver,
                    use_dns_cache=False,
                    limit=MOST_CONNECTIONS,
                    limit_per_host=MOST_CONNECTIONS_OF_A_HOST,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                auto_decompress=False,
            )
        return self._session


class PluginHttp:
    """Calls other systems for one plugin; lives as long as its context."""

    __slots__ = ("_outward", "posts_done")

    def __init__(self, outward: OutwardHttp) -> None:
        """Use the app's connections; `posts_done` counts what may have changed something."""
        self._outward = outward
        self.posts_done = 0

    async def get_json(
        self,
        url: str,
        *,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = USUAL_SECONDS,
    ) -> Any:
        """Return the JSON at an address.

        Raises `RemoteServiceError` when it cannot be had: the address may not be called, there is
        no answer within `seconds`, its status is not 2xx, it is no JSON or larger than 1 MiB.
        """
        return await self._outward.request(
            "GET", url, query=query, headers=headers, body=None, seconds=seconds
        )

    async def post_json(
        self,
        url: str,
        value: Any,
        *,
        idempotency_key: str = "",
        headers: Mapping[str, str] | None = None,
        seconds: float = USUAL_SECONDS,
    ) -> Any:
        """Send `value` as JSON; return the JSON of the answer, None for an empty one.

        The key goes into the header `Idempotency-Key`. Raises `RemoteServiceError` as `get_json`
        does; its `happened` says whether the other system may have done it all the same.
        """
        sent = {"Content-Type": "application/json", **(headers or {})}
        if idempotency_key:
            sent["Idempotency-Key"] = idempotency_key
        answer = await self._outward.request(
            "POST", url, query=None, headers=sent, body=orjson.dumps(value), seconds=seconds
        )
        self.posts_done += 1
        return answer


def _address(url: str, query: Query | None) -> URL:
    try:
        address = URL(url).update_query(query or {})
        usable = address.scheme in {"http", "https"} and address.host and not address.user
    except (TypeError, ValueError):
        usable = False
    if not usable:
        raise RemoteServiceError(
            "This is no address of the web: https://host/path, without a name before the host.",
            happened="nothing",
        )
    return address


def _redirected(method: str, address: URL, response: aiohttp.ClientResponse) -> URL:
    """Return where an answer leads; what changes something is never sent on elsewhere.

    Many systems lead to a page about what they have just done, so only 307 and 308 say that
    nothing was (RFC 9110, 15.4).
    """
    refused = "It leads to another address, which is not followed."
    status = response.status
    if method != "GET":
        happened: Happened = "refused" if status in _NOT_DONE_HERE else "unknown"
        raise RemoteServiceError(refused, happened=happened, status=status)
    onward = _address(str(address.join(URL(response.headers.get("Location", "")))), None)
    if address.scheme == "https" and onward.scheme != "https":
        raise RemoteServiceError(refused, happened="refused", status=status)
    return onward


async def _limited(response: aiohttp.ClientResponse) -> bytes:
    """Read the answer, but never more than the limit; it is not compressed, so it cannot grow."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise RemoteServiceError("Its answer is compressed, unasked.", happened="unknown")
    read = bytearray()
    async for chunk in response.content.iter_any():
        read += chunk
        if len(read) > LARGEST_ANSWER_BYTES:
            response.close()
            raise RemoteServiceError("Its answer is larger than 1 MiB.", happened="unknown")
    return bytes(read)


def _checked(response: aiohttp.ClientResponse, raw: bytes) -> Any:
    status = response.status
    if not response.ok:
        happened: Happened = "refused" if status in _CLIENT_ERRORS else "unknown"
        raise RemoteServiceError(f"It answered {status}.", happened=happened, status=status)
    if not raw:
        return None
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:  # it bounds the depth as well
        # Its words would quote the answer, so they are left out.
        raise RemoteServiceError(
            "Its answer is no JSON.", happened="unknown", status=status
        ) from None
