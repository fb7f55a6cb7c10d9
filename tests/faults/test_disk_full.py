"""What happens when the disk is full: refused clearly, nothing lost, and on by itself afterwards?

As root on Linux the server's folder is a small file system of its own (tmpfs) that is filled, its
log file included. Elsewhere on Linux the server may not let its files grow any more (a limit of the
system, `RLIMIT_FSIZE`): the writes fail at the same places, with another error number.
"""

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from aiohttp import ClientSession

from tests.reader_page import Pages, ReaderPage, said
from tests.served import Server

BENCH_SERVER = Path(__file__).parents[2] / "benchmarks/faults/server.py"
SETTINGS = """\
[limits]
burst = 100000
[adapters.plain]
platform = "http://127.0.0.1:9"
[adapters.keyed]
platform = "http://127.0.0.1:9"
[adapters.polling]
platform = "http://127.0.0.1:9"
"""
SIZE_BYTES = 12 * 1024 * 1024
PATIENCE_SECONDS = 20


class Disk(Protocol):
    """Something that can be full."""

    folder: Path

    def fill(self, pid: int) -> None: ...
    def free(self, pid: int) -> None: ...


class SmallFileSystem:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, _pid: int) -> None:
        with (self.folder / "filler").open("wb", buffering=0) as filler:
            try:
                while filler.write(b"\0" * 4096):
                    pass
            except OSError:
                return

    def free(self, _pid: int) -> None:
        (self.folder / "filler").unlink()


class LimitOfFileSize:
    """No file of the server may become larger than the database is now."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, pid: int) -> None:
        # Of all files the write-ahead log grows first.
        size = (self.folder / "refdesk.db-wal").stat().st_size
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def free(self, pid: int) -> None:
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)


@contextmanager
def small_file_system(folder: Path) -> Iterator[Disk]:
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES},mode=700", "tmpfs", str(folder)]
    subprocess.run(mount, check=True)
    try:
        yield SmallFileSystem(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607 - the system's


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "small"
    folder.mkdir()
    if sys.platform != "linux":
        pytest.skip("needs Linux: tmpfs or prlimit")
    if os.geteuid() == 0:
        with small_file_system(folder) as made:
            yield made
    else:
        yield LimitOfFileSize(folder)


@pytest.fixture
def server(disk: Disk) -> Iterator[Server]:
    (disk.folder / "refdesk.toml").write_text(SETTINGS)
    made = Server(disk.folder, program=[str(BENCH_SERVER)])
    made.start()
    yield made
    made.end(signal.SIGKILL)


class Reader:
    """One who counts what was accepted."""

    def __init__(self, page: ReaderPage) -> None:
        self.page = page
        self.accepted: list[int] = []

    async def ask(self, number: int) -> dict[str, Any]:
        frame = await self.page.say(f"Question {number}: are you there?", f"client-{number}")
        if frame["type"] == "accepted":
            self.accepted.append(number)
        return frame


async def call(session: ClientSession, server: Server, number: int) -> tuple[int, str | None]:
    """Bring a question to the webhook; return status and Retry-After."""
    event = {"id": f"q{number}", "reader": "reader-1", "text": f"Question {number}: hello?"}
    async with session.post(f"{server.address}/channels/keyed", json=event) as answer:
        return answer.status, answer.headers.get("Retry-After")


async def ready(session: ClientSession, server: Server) -> tuple[int, str]:
    async with session.get(f"{server.address}/readyz") as answer:
        return answer.status, json.dumps(await answer.json())


async def test_a_full_disk_refuses_clearly_loses_nothing_and_heals(
    server: Server, disk: Disk
) -> None:
    async with ClientSession() as session, asyncio.timeout(PATIENCE_SECONDS):
        pages = Pages(session, server.address)
        reader = Reader(await pages.open())
        await reader.page.hello()
        for number in range(1, 11):
            await reader.ask(number)
        assert (await call(session, server, 101))[0] == 200

        disk.fill(server.pid)
        refused = await until_refused(reader)
        assert refused["code"] == "not_stored"
        assert refused["retry_after"] > 0, "the reader's page sends it again by itself"
        status, retry_after = await until_webhook_refuses(session, server)
        assert (status, retry_after is not None) == (503, True)
        status, reason = await ready_becomes(session, server, 503)
        assert "nothing can be stored" in reason

        disk.free(server.pid)
        await until_accepted(reader, int(refused["client_id"].removeprefix("client-")))
        assert (await call(session, server, 102))[0] == 200
        await ready_becomes(session, server, 200)
        await all_answered(reader)
        await pages.close()
    assert server.end(signal.SIGTERM) == 0
    server.start()


async def until_refused(reader: Reader) -> dict[str, Any]:
    """Write on until the server says no: pages it had before still take some."""
    number = 11
    while (frame := await reader.ask(number))["type"] == "accepted":
        number += 1
    return frame


async def until_webhook_refuses(session: ClientSession, server: Server) -> tuple[int, str | None]:
    number = 1000
    while (answer := await call(session, server, number))[0] == 200:
        number += 1
    return answer


async def until_accepted(reader: Reader, number: int) -> None:
    """Send it again until it is taken in, as a page does."""
    while (await reader.ask(number))["type"] != "accepted":  # noqa: ASYNC110 - it is asked
        await asyncio.sleep(0.1)


async def ready_becomes(session: ClientSession, server: Server, wanted: int) -> tuple[int, str]:
    while (found := await ready(session, server))[0] != wanted:  # noqa: ASYNC110 - it is asked
        await asyncio.sleep(0.1)
    return found


async def all_answered(reader: Reader) -> None:
    """Return when each accepted question has been answered; none twice, in order."""
    answers: list[str] = []
    while len(answers) < len(reader.accepted):
        answers = [said(one) for one in reader.page.events if one["from"] == "bot"]
        if len(answers) < len(reader.accepted):
            await reader.page.event("bot")
    assert answers == [f"Answer to {number}." for number in reader.accepted]
