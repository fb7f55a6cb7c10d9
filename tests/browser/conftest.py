"""What do browser tests drive? A real server, a foreign site, and Debian's Chromium.

Everything lives in one event loop for the session, so that a test may also act as a librarian.
"""

import gc
import socket
import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from refdesk.app import App
from refdesk.core.consultations import State
from refdesk.core.staff.authorise import Role, StaffActor
from refdesk.deployment import Deployment, open_deployment
from refdesk.knowledge_base import Entry, make_entry

BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ENTRIES = [
    make_entry(
        "renew",
        "How do I renew a book?",
        "Sign in to My Library (https://library.example.edu/my), open Loans and press Renew. "
        "Each book can be renewed 2 times.",
        source="Borrowing rules, section 3",
        language="en",
    ),
    make_entry(
        "renew-zh",
        "图书怎样续借？",
        "登录“我的图书馆”（https://library.example.edu/my），在“当前借阅”中点“续借”。"
        "每册书可续借 2 次。",
        source="《借阅规则》第 3 条",
        language="zh",
        translation_of="renew",
    ),
    make_entry(
        "print",
        "Where can I print?",
        "Printers stand on every floor beside the stairs. A page costs ¥0.10.",
        source="https://library.example.edu/printing",
        language="en",
    ),
    make_entry(
        "print-zh",
        "在哪里可以打印？",
        "每层楼梯旁都有打印机，每页 0.10 元。",
        source="https://library.example.edu/printing",
        language="zh",
        translation_of="print",
    ),
    make_entry(
        "lost-card",
        "I lost my library card. What now?",
        "Report it at the Service Desk at once; a new card costs ¥10.",
        source="Card rules",
        language="en",
    ),
]
LIBRARIAN = StaffActor("wang", "Ms Wang", Role.LIBRARIAN)


@dataclass
class Library:
    """A running server, and a librarian who works there."""

    address: str
    app: App
    deployment: Deployment
    librarian: StaffActor = field(default=LIBRARIAN)

    async def waiting(self) -> str:
        """Return the reader who came last to the waiting list."""
        listed = await self.app.desk.reading.in_states([State.WAITING, State.ASYNCHRONOUS])
        return max(listed, key=lambda one: one.since).id

    async def claim(self) -> str:
        """Take over the reader who came last."""
        consultation = await self.waiting()
        done = await self.app.desk.claim(self.librarian, consultation)
        assert done.word == "done"
        return consultation

    async def reply(self, consultation: str, text: str) -> None:
        """Write to the reader."""
        key = str(uuid.uuid4())
        done = await self.app.desk.reply(self.librarian, consultation, text, key)
        assert done.word == "done"


@dataclass
class ForeignSite:
    """Another site on this machine; a test sets its page and the page's policy."""

    address: str
    port: int
    html: str = ""
    policy: str = "default-src 'none'"

    async def page(self, _request: web.Request) -> web.Response:
        """Serve what the test has set."""
        headers = {"Content-Security-Policy": self.policy}
        return web.Response(text=self.html, content_type="text/html", headers=headers)


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def write_settings(folder: Path, embed_origins: list[str]) -> None:
    """Configure a small library that other sites may embed."""
    folder.joinpath("refdesk.toml").write_text(
        '[library]\nname = { en = "Willow Lake University Library", zh = "柳湖大学图书馆" }\n'
        f"[adapters.web_chat]\nembed_origins = {embed_origins!r}\n",
        "utf-8",
    )


def fill(deployment: Deployment, entries: list[Entry]) -> None:
    """Put entries into the knowledge base."""
    deployment.knowledge_base.put(entries, author="tests")


@pytest.fixture(scope="session")
def quiet_folder() -> Iterator[Path]:
    """A folder for the servers' data."""
    with tempfile.TemporaryDirectory(prefix="refdesk-browser-") as folder:
        yield Path(folder)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def foreign_site() -> AsyncIterator[ForeignSite]:
    """A site with another host name, so that browsers treat ours as a third party in it."""
    site = ForeignSite("", 0)
    server = web.Application()
    server.router.add_get("/", site.page)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.port = runner.addresses[0][1]
    site.address = f"http://localhost:{site.port}"
    yield site
    await runner.cleanup()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def library(quiet_folder: Path, foreign_site: ForeignSite) -> AsyncIterator[Library]:
    """A running server with a small knowledge base."""
    write_settings(quiet_folder, [foreign_site.address])
    async with serving(quiet_folder) as library:
        yield library


@asynccontextmanager
async def serving(folder: Path, port: int = 0) -> AsyncIterator[Library]:
    """Run a server over a folder; whatever happens, its socket is closed again."""
    deployment = open_deployment(folder)
    fill(deployment, ENTRIES)
    app = App(deployment)
    await app.start()
    runner = web.AppRunner(app.server)
    try:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield Library(f"http://127.0.0.1:{runner.addresses[0][1]}", app, deployment)
    finally:
        await app.stop()
        await runner.cleanup()
        deployment.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(chromium_program: str) -> AsyncIterator[Browser]:
    """One browser for all tests; each has a profile of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_program, args=BROWSER_ARGUMENTS
        )
        yield browser
        await browser.close()
    # Playwright leaves the pipes of its driver to the garbage collector, which tells on it.
    del browser, playwright
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest_asyncio.fixture(loop_scope="session")
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A new reader's browser, at a desk."""
    options: dict[str, Any] = {"viewport": {"width": 1000, "height": 760}, "locale": "en-GB"}
    one = await chromium.new_context(**options)
    yield one
    await one.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """An empty page whose script errors and policy violations fail the test."""
    one = await context.new_page()
    problems: list[str] = []
    one.on("pageerror", lambda error: problems.append(str(error)))
    one.on("console", lambda message: problems.append(message.text) if _is_ours(message) else None)
    yield one
    assert problems == []


def _is_ours(message: Any) -> bool:
    """Tell an error of a page from a line that breaks because a test breaks it."""
    broken_line = "WebSocket" in message.text or "net::ERR_" in message.text
    return message.type == "error" and not broken_line
