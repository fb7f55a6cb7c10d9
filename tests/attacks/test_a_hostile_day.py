"""Does a server that strangers play with keep quiet about everybody in its log, and go on?"""

import asyncio
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.reader_page import Pages
from tests.served import Server

SECRET = "a-very-private-question"
DAMAGED = [
    b"\x16\x03\x01\x02\x00\x01",
    b"GET\r\n\r\n",
    b"GET /%s\x01 HTTP/1.1\r\nHost: x\r\n\r\n" % SECRET.encode(),
    b"GET / HTTP/1.1\r\nHost: x\r\nX: %s%s\r\n\r\n" % (SECRET.encode(), b"a" * 20_000),
    b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Encoding: deflate\r\n"
    b"Content-Length: 23\r\n\r\n" + SECRET.encode(),
    b"GET /chat/ws HTTP/1.1\r\nHost: x\r\n\r\n",
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "refdesk.toml").write_text('[log]\nlevel = "DEBUG"\n')
    made = Server(tmp_path)
    made.start()
    yield made
    made.end(signal.SIGKILL)


async def test_the_log_names_neither_visitors_nor_what_they_send(server: Server) -> None:
    for damaged in DAMAGED:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(damaged)
        writer.write_eof()
        await reader.read()
        writer.close()
    async with ClientSession() as session:
        pages = Pages(session, server.address)
        page = await pages.open()
        token = (await page.hello())["token"]
        await page.say(SECRET)
        assert (await page.event("bot"))["kind"] == "reply"
        page.socket._conn.transport.abort()
        body = {"name": SECRET, "password": SECRET}
        async with session.post(f"{server.address}/api/v1/session", json=body) as answer:
            assert answer.status == 401
    log = server.log.read_text()
    assert "started" in log
    assert SECRET not in log
    assert token not in log
    assert "127.0.0.1" not in log


@pytest.mark.skipif(sys.platform != "linux", reason="reads the limits of another process")
def test_the_server_asks_for_as_many_open_files_as_it_may_have(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, hard), hard))
    server = Server(tmp_path)
    try:
        server.start()
        visitors = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(300)]
        raised, _hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        for visitor in visitors:
            visitor.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        server.end(signal.SIGKILL)
    assert raised > min(512, hard) or hard <= 512
