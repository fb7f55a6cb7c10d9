"""Do requests that are damaged, endless or too large harm nobody, and are they told why?"""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, DummyCookieJar, web

from refdesk.app import App, Extras
from refdesk.cli.demo.pages import DemoPages
from refdesk.deployment import open_deployment

FORM = {"Content-Type": "multipart/form-data; boundary=b"}
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n'


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[ClientSession]:
    """A script that calls a running server with the demo's pages."""
    deployment = open_deployment(tmp_path)
    app = App(deployment, Extras(DemoPages("lin", "no such account").routes()))
    await app.start()
    runner = web.AppRunner(app.server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with ClientSession(address, cookie_jar=DummyCookieJar()) as session:
        yield session
    await app.stop()
    await runner.cleanup()
    deployment.close()


async def test_a_damaged_body_is_the_senders_fault(client: ClientSession) -> None:
    headers = {"Content-Encoding": "deflate", "Content-Type": "application/json"}
    async with client.post("/api/v1/session", data=b"\xff" * 40, headers=headers) as answer:
        assert answer.status == 400


async def test_what_is_too_large_is_said_so_that_programs_understand(
    client: ClientSession,
) -> None:
    body = io.BytesIO(FILE + b"\r\n" + b"x" * 2_000_000)
    async with client.post("/demo/import", data=body, headers=FORM) as answer:
        assert (answer.status, (await answer.json())["error"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("text/plain", b"x"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=" + "b" * 100, b"x"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"--b\r\n"),
        ("multipart/form-data; boundary=b", FILE),
        ("multipart/form-data; boundary=b", FILE + b"\r\n_id,title"),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"X: y\r\n" * 50_000 + b"\r\nx\r\n--b--"),
    ],
)
async def test_what_no_browser_would_send_is_refused_and_the_demo_goes_on(
    content_type: str, body: bytes, client: ClientSession
) -> None:
    headers = {"Content-Type": content_type}
    async with client.post("/demo/import", data=body, headers=headers) as answer:
        assert answer.status == 400
    good = FILE + b"\r\n_id,title,text\none,Where?,Here.\r\n--b--\r\n"
    async with client.post("/demo/import", data=good, headers=FORM) as answer:
        assert (await answer.json())["added"] == 1


async def test_who_does_not_finish_a_request_is_hung_up(
    client: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("refdesk.core.web.server.BODY_SECONDS", 0.1)
    assert client._base_url is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", client._base_url.port)
    head = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    writer.write(head + b"half")
    assert await asyncio.wait_for(reader.read(), 20) == b""
    writer.close()
