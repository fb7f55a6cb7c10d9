"""The drill: is everything there after a restore but what was erased, and does the desk go on?

A real server under traffic, a backup beside it, more traffic, an erasure beside it, a restore into
an empty folder, a server on that.
"""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp import ClientSession

from refdesk.core.vault.identity_vault import IdentityVault
from refdesk.core.vault.keys import VaultKeys
from refdesk.deployment import open_deployment
from refdesk.knowledge_base import make_entry
from tests.reader_page import Pages, ReaderPage, said
from tests.served import Server

MARKER = "Flamingo-4711"
ADDRESS = "openid-of-somebody-else"
READERS = 3
SETTINGS = '[limits]\nburst = 10000\n[library]\nname = { en = "Riverside" }\n'


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir(mode=0o700)
    (folder / "refdesk.toml").write_text(SETTINGS)
    with closing(open_deployment(folder)) as deployment:
        entry = make_entry("lift", "Where is the lift?", "Left of the entrance.")
        deployment.knowledge_base.put([entry], author="test")
    return folder


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    started: list[Server] = []
    yield started
    for server in started:
        server.end(signal.SIGKILL)


def refdesk(*words: str | Path) -> str:
    """Run a command in a process of its own; return what it prints."""
    command = [sys.executable, "-W", "ignore", "-m", "refdesk", *map(str, words)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def start(servers: list[Server], folder: Path) -> Server:
    server = Server(folder)
    server.start()
    servers.append(server)
    return server


async def talking(page: ReaderPage, name: str, accepted: list[str], stop: asyncio.Event) -> None:
    """Send one message after the other, each once it has been accepted, until told to stop."""
    number = 0
    while not stop.is_set():
        number += 1
        text = f"{name} says {number}"
        assert (await page.say(text))["type"] == "accepted"
        accepted.append(text)


async def test_a_backup_under_traffic_becomes_the_library_again(
    library: Path, tmp_path: Path, servers: list[Server]
) -> None:
    backup, restored = tmp_path / "night.backup", tmp_path / "restored"
    rid = await somebody_on_another_platform(library)
    server = await asyncio.to_thread(start, servers, library)
    stop = asyncio.Event()
    accepted: list[list[str]] = [[] for _ in range(READERS)]
    async with ClientSession() as session, asyncio.timeout(240):
        pages = Pages(session, server.address)
        readers = [await pages.open() for _ in range(READERS)]
        for page in readers:
            await page.hello()
        chats = [
            asyncio.create_task(talking(page, f"reader {number}", accepted[number], stop))
            for number, page in enumerate(readers)
        ]
        erased = await pages.open()
        token = (await erased.hello())["token"]
        for text in (MARKER, f"a long one {MARKER * 500}", f"librarian {MARKER}"):
            await erased.say(text)
        while min(map(len, accepted)) < 10:  # noqa: ASYNC110 - only looked at
            await asyncio.sleep(0.01)
        before = [list(texts) for texts in accepted]
        made = json.loads(
            await asyncio.to_thread(refdesk, "backup", backup, "--data", library, "--json")
        )
        assert made["keys"] == "left out"
        assert MARKER.encode() in await asyncio.to_thread(backup.read_bytes)
        after = min(map(len, accepted))
        while min(map(len, accepted)) < after + 10:  # noqa: ASYNC110 - only looked at
            await asyncio.sleep(0.01)
        command = ("reader", "erase", token.split(".")[0], "--data", library, "--json")
        gone = json.loads(await asyncio.to_thread(refdesk, *command))
        assert (gone["consultations"], gone["disk"]) == (1, "overwritten")
        assert await asyncio.to_thread(files_with, library, MARKER) == []
        stop.set()
        await asyncio.gather(*chats)
        await pages.close()
    assert await asyncio.to_thread(server.end, signal.SIGTERM) == 0

    report = await asyncio.to_thread(restore, backup, restored, library / "erasures.jsonl")
    assert (report["erased"], report["entries"], report["settings"]) == (1, 1, "restored")
    assert report["addresses"] == "key missing", "the keys were kept apart"
    for key in ("secret.key", "vault.key"):
        shutil.copy(library / key, restored / key)
    second = await asyncio.to_thread(start, servers, restored)
    async with ClientSession() as session, asyncio.timeout(120):
        pages = Pages(session, second.address)
        for page, texts in zip(readers, before, strict=True):
            await goes_on(pages, page, texts)
        stranger = await pages.open()
        welcome = await stranger.hello(token, erased.consultation, 0)
        assert (welcome["token"], welcome["consultation"]) == (token, None)
        await stranger.say("Where is the lift?")
        assert "Left of the entrance." in said(await stranger.event("bot"))
        await pages.close()
    assert await asyncio.to_thread(second.end, signal.SIGTERM) == 0
    assert await asyncio.to_thread(files_with, restored, MARKER) == []
    assert await address_of(restored, rid) == ADDRESS


async def goes_on(pages: Pages, before: ReaderPage, texts: list[str]) -> None:
    """Come back with the old token: everything up to the backup is there, and one goes on."""
    page = await pages.open()
    welcome = await page.hello(before.token, before.consultation, 0)
    assert welcome["consultation"] == before.consultation
    while page.last_seen < welcome["seq"]:
        await page.event()
    shown = [said(frame) for frame in page.events if frame["from"] == "reader"]
    assert shown[: len(texts)] == texts
    accepted = await page.say("Where is the lift?")
    assert accepted["consultation"] == before.consultation


def restore(backup: Path, folder: Path, journal: Path) -> dict[str, object]:
    words = ("restore", backup, "--data", folder, "--journal", journal, "--json")
    report: dict[str, object] = json.loads(refdesk(*words))
    return report


def files_with(folder: Path, needle: str) -> list[str]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return [file.name for file in files if needle.encode() in file.read_bytes()]


async def somebody_on_another_platform(folder: Path) -> str:
    with closing(open_deployment(folder)) as deployment:
        vault = IdentityVault(deployment.database, "main", VaultKeys(folder))
        return await vault.rid_for("wechat", ADDRESS)


async def address_of(folder: Path, rid: str) -> str | None:
    with closing(open_deployment(folder)) as deployment:
        vault = IdentityVault(deployment.database, "main", VaultKeys(folder))
        return await vault.address_of("wechat", rid)
