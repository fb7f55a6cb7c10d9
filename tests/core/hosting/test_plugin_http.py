"""Does a plugin reach the systems it may reach, within limits, and nothing else?"""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from refdesk.core.hosting.outward_addresses import is_public
from refdesk.core.hosting.plugin_http import LARGEST_ANSWER_BYTES, OutwardHttp, PluginHttp
from refdesk.errors import RemoteServiceError

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Neighbour:
    """A system in the library's network that answers what a test wants."""

    def __init__(self) -> None:
        self.answer: Answer = self._nothing
        self.asked: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.port = 0

    async def _nothing(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response(None)

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        self.bodies.append(await request.read())
        return await self.answer(request)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture
async def neighbour() -> AsyncIterator[Neighbour]:
    system = Neighbour()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", system.take)
    async with TestServer(application) as server:
        system.port = server.port or 0
        yield system


@pytest.fixture
async def http(neighbour: Neighbour) -> AsyncIterator[PluginHttp]:
    outward = OutwardHttp([f"127.0.0.1:{neighbour.port}"])
    yield PluginHttp(outward)
    await outward.close()


@pytest.fixture
async def strict() -> AsyncIterator[PluginHttp]:
    """Nothing inside the library's network is listed."""
    outward = OutwardHttp()
    yield PluginHttp(outward)
    await outward.close()


def says(value: Any, **options: Any) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.json_response(value, **options)

    return answer


def leads_to(address: str, status: int = 302) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": address})

    return answer


async def test_get_json_returns_what_the_other_system_says(
    http: PluginHttp, neighbour: Neighbour
) -> None:
    neighbour.answer = says({"count": 12})
    assert await http.get_json(neighbour.url("/free"), query={"floor": 2}) == {"count": 12}
    assert neighbour.asked[0].query["floor"] == "2"


async def test_post_json_sends_the_value_and_its_key(
    http: PluginHttp, neighbour: Neighbour
) -> None:
    neighbour.answer = says({"id": 7}, status=201)
    made = await http.post_json(neighbour.url(), {"room": "二楼"}, idempotency_key="k-1")
    assert made == {"id": 7}
    assert neighbour.bodies == ['{"room":"二楼"}'.encode()]
    assert neighbour.asked[0].headers["Idempotency-Key"] == "k-1"
    assert neighbour.asked[0].content_type == "application/json"


@pytest.mark.parametrize(
    ("status", "happened"), [(404, "refused"), (409, "refused"), (500, "unknown"), (503, "unknown")]
)
async def test_a_refusal_is_told_with_its_status(
    status: int, happened: str, http: PluginHttp, neighbour: Neighbour
) -> None:
    neighbour.answer = says({"secret": 1}, status=status)
    with pytest.raises(RemoteServiceError) as refusal:
        await http.post_json(neighbour.url(), {})
    assert (refusal.value.status, refusal.value.happened) == (status, happened)
    assert "secret" not in str(refusal.value)


async def test_one_that_hangs_is_given_up_and_nobody_knows_what_it_did(
    http: PluginHttp, neighbour: Neighbour
) -> None:
    released = asyncio.Event()

    async def hang(_request: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.json_response(None)

    neighbour.answer = hang
    with pytest.raises(RemoteServiceError, match="in time") as refusal:
        await http.post_json(neighbour.url(), {}, seconds=0.05)
    assert refusal.value.happened == "unknown"
    released.set()


async def test_where_nobody_listens_nothing_has_happened() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        outward = OutwardHttp(["127.0.0.1"])
        with pytest.raises(RemoteServiceError, match="cannot be reached") as refusal:
            await PluginHttp(outward).post_json(f"http://127.0.0.1:{port}/", {})
        await outward.close()
    assert refusal.value.happened == "nothing"


@pytest.mark.parametrize("body", [b"<html>", b"{", b"[" * 5000, b"\xff"])
async def test_what_is_no_json_is_an_error_that_quotes_nothing(
    body: bytes, http: PluginHttp, neighbour: Neighbour
) -> None:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type="application/json")

    neighbour.answer = answer
    with pytest.raises(RemoteServiceError, match=r"^Its answer is no JSON\.$") as refusal:
        await http.get_json(neighbour.url())
    assert refusal.value.__cause__ is None


async def test_an_endless_answer_is_cut_off(http: PluginHttp, neighbour: Neighbour) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(LARGEST_ANSWER_BYTES // 65536 * 4):
            try:
                await response.write(b" " * 65536)
            except ConnectionError:
                break
        return response

    neighbour.answer = answer
    with pytest.raises(RemoteServiceError, match="larger than 1 MiB"):
        await http.get_json(neighbour.url())


async def test_a_compressed_answer_is_refused_before_it_can_grow(
    http: PluginHttp, neighbour: Neighbour
) -> None:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x", headers={"Content-Encoding": "gzip"})

    neighbour.answer = answer
    with pytest.raises(RemoteServiceError, match="compressed"):
        await http.get_json(neighbour.url())
    assert neighbour.asked[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.1", "169.254.169.254",
        "10.1.2.3", "192.168.0.1", "100.64.0.1", "[fd00::1]", "[fe80::1]", "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]", "224.0.0.1", "255.255.255.255",
    ],
)  # fmt: skip
async def test_addresses_inside_the_network_are_refused(
    host: str, strict: PluginHttp, neighbour: Neighbour
) -> None:
    with pytest.raises(RemoteServiceError, match="local_services") as refusal:
        await strict.get_json(neighbour.url(host=host))
    assert refusal.value.happened == "nothing"
    assert neighbour.asked == []


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f.0.0.1", "0177.0.0.1"])
async def test_other_ways_to_write_loopback_lead_nowhere(
    host: str, strict: PluginHttp, neighbour: Neighbour
) -> None:
    with pytest.raises(RemoteServiceError):
        await strict.get_json(neighbour.url(host=host))
    assert neighbour.asked == []


async def test_a_name_is_resolved_once_and_every_address_is_checked(
    http: PluginHttp, neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, looked_up = asyncio.get_running_loop(), []

    async def rebinding(host: str, port: int, **_options: Any) -> list[Any]:
        looked_up.append(host)
        both = ("93.184.216.34", "127.0.0.1") if len(looked_up) == 1 else ("127.0.0.1",)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in both]

    monkeypatch.setattr(type(loop), "getaddrinfo", lambda _loop, *a, **kw: rebinding(*a, **kw))
    with pytest.raises(RemoteServiceError, match="local_services"):
        await http.get_json(f"http://seats.example.edu:{neighbour.port}/")
    assert looked_up == ["seats.example.edu"]
    assert neighbour.asked == []


async def test_a_redirect_is_followed_and_checked_again(
    http: PluginHttp, neighbour: Neighbour
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        moved = {"Location": "/new"}
        if request.path == "/old":
            return web.Response(status=301, headers=moved)
        return web.json_response({"here": request.headers.get("Authorization")})

    neighbour.answer = answer
    headers = {"Authorization": "Bearer x"}
    assert await http.get_json(neighbour.url("/old"), headers=headers) == {"here": "Bearer x"}


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:1/", "http://localhost:{port}/", "file:///etc/passwd", "ftp://x/"]
)
async def test_a_redirect_leads_to_no_forbidden_address(
    target: str, http: PluginHttp, neighbour: Neighbour
) -> None:
    neighbour.answer = leads_to(target.format(port=neighbour.port))
    with pytest.raises(RemoteServiceError):
        await http.get_json(neighbour.url())
    assert len(neighbour.asked) == 1


async def test_secrets_do_not_follow_a_redirect_to_another_host(neighbour: Neighbour) -> None:
    outward = OutwardHttp(["127.0.0.1", "localhost"])
    seen = []

    async def answer(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Authorization"))
        if request.host.startswith("127.0.0.1"):
            return web.Response(status=302, headers={"Location": neighbour.url(host="localhost")})
        return web.json_response(None)

    neighbour.answer = answer
    await PluginHttp(outward).get_json(neighbour.url(), headers={"Authorization": "Bearer x"})
    assert seen == ["Bearer x", None]
    await outward.close()


async def test_what_changes_something_is_not_sent_on(
    http: PluginHttp, neighbour: Neighbour
) -> None:
    neighbour.answer = leads_to("/elsewhere")
    with pytest.raises(RemoteServiceError, match="not followed"):
        await http.post_json(neighbour.url(), {})
    assert len(neighbour.asked) == 1


@pytest.mark.parametrize(
    ("status", "location", "happened"),
    [
        (302, "/bookings/7", "unknown"),
        (303, "/bookings/7", "unknown"),
        (303, "", "unknown"),
        (303, "app:booking/7", "unknown"),
        (301, "http://10.0.0.1/", "unknown"),
        (307, "/elsewhere", "refused"),
        (308, "app:elsewhere", "refused"),
    ],
)
async def test_who_posts_and_is_led_to_another_page_does_not_know_whether_it_was_done(
    status: int, location: str, happened: str, http: PluginHttp, neighbour: Neighbour
) -> None:
    """A booking that answers with the way to the booking has been made: nobody may repeat it."""
    neighbour.answer = leads_to(location, status)
    with pytest.raises(RemoteServiceError) as raised:
        await http.post_json(neighbour.url(), {})
    assert (raised.value.happened, raised.value.status) == (happened, status)


async def test_a_circle_of_redirects_ends(http: PluginHttp, neighbour: Neighbour) -> None:
    neighbour.answer = leads_to("/again")
    with pytest.raises(RemoteServiceError, match="one address to the next"):
        await http.get_json(neighbour.url())


@pytest.mark.parametrize(
    "url", ["", "seats", "/free", "ftp://a.example/", "http://", "http://me:secret@a.example/", 5]
)
async def test_nonsense_is_no_address(url: Any, strict: PluginHttp) -> None:
    with pytest.raises(RemoteServiceError, match="no address of the web") as refusal:
        await strict.get_json(url)
    assert "secret" not in str(refusal.value)


async def test_cookies_are_not_kept(http: PluginHttp, neighbour: Neighbour) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.json_response(dict(request.cookies))
        response.set_cookie("who", "reader-1")
        return response

    neighbour.answer = answer
    await http.get_json(neighbour.url())
    assert await http.get_json(neighbour.url()) == {}


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_in_every_dress(address: ipaddress.IPv4Address) -> None:
    mapped = ipaddress.IPv6Address(f"::ffff:{address}")
    translated = ipaddress.IPv6Address(f"64:ff9b::{address}")
    assert is_public(mapped) == is_public(translated) == is_public(address)


def test_public_addresses_are_public() -> None:
    for text in ("93.184.216.34", "8.8.8.8", "2606:4700::1111"):
        assert is_public(ipaddress.ip_address(text))
