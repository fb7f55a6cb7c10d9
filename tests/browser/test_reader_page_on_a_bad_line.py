"""What does a reader see, and what is lost, when server or network fail? (Nothing is lost.)"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, WebSocketRoute, expect

from refdesk.deployment import open_deployment
from tests.browser.conftest import ENTRIES, Library, fill, free_port, write_settings

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

QUESTION = "#question"
OWN = ".entry.reader"
ANSWERS = ".entry.bot"


class Server:
    """`refdesk serve` as a process of its own, which a test may kill."""

    def __init__(self, folder: Path) -> None:
        """Serve `folder`, always on the same port."""
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Return when it answers."""
        program = [sys.executable, "-m", "refdesk", "serve"]
        self._process = await asyncio.create_subprocess_exec(
            *program, "--data", str(self.folder), "--port", str(self.port),
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if b"refdesk is ready" in line:
                return
        raise AssertionError("the server ended before it was ready")

    async def kill(self) -> None:
        """End it without a chance to tidy up."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGKILL)
            await self._process.communicate()
            self._process = None


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server with a small knowledge base, running."""
    write_settings(tmp_path, [])
    deployment = open_deployment(tmp_path)
    fill(deployment, ENTRIES)
    deployment.close()
    one = Server(tmp_path)
    await one.start()
    yield one
    await one.kill()


async def test_what_is_written_while_the_server_is_dead_is_sent_once_it_lives_again(
    page: Page, server: Server
) -> None:
    await page.goto(f"{server.address}/chat?language=en")
    await _ask(page, "How do I renew a book?")
    await expect(page.locator(ANSWERS)).to_have_count(1)

    await server.kill()
    await expect(page.locator("#line")).to_have_text("Reconnecting…")
    await _ask(page, "Where can I print?")
    waiting = page.locator(f"{OWN} .meta.held")
    await expect(waiting).to_have_text("Kept here until the connection is back")

    await server.start()
    await expect(page.locator(ANSWERS)).to_have_count(2, timeout=30_000)
    await expect(page.locator("#line")).to_have_text("")
    await expect(page.locator(f"{OWN} .mark")).to_have_count(2)
    texts = await page.locator(f"{OWN} .text").all_inner_texts()
    assert texts == ["How do I renew a book?", "Where can I print?"]
    await page.reload()
    await expect(page.locator(ANSWERS)).to_have_count(2)
    await expect(page.locator(OWN)).to_have_count(2)


async def test_a_message_kept_over_a_closed_page_is_sent_again_with_the_same_id(
    page: Page, library: Library
) -> None:
    said: list[str | bytes] = []

    async def swallow_messages(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        route.on_message(
            lambda text: said.append(text) if _kind(text) == "message" else server.send(text)
        )

    await page.route_web_socket("**/chat/ws", swallow_messages)
    await _open(page, library)
    await _ask(page, "Where can I print?")
    await expect(page.locator(f"{OWN} .meta.sending")).to_have_text("Sending…")

    later = await page.context.new_page()
    later.on("websocket", lambda line: line.on("framesent", lambda one: _note(said, one)))
    await page.close()
    await later.goto(f"{library.address}/chat?language=en")

    await expect(later.locator(f"{OWN} .mark")).to_have_count(1)
    await expect(later.locator(ANSWERS)).to_contain_text("Printers stand on every floor")
    ids = [json.loads(frame)["client_id"] for frame in said if _kind(frame) == "message"]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    await later.close()


async def test_a_message_whose_confirmation_is_lost_is_shown_once_and_answered_once(
    page: Page, library: Library
) -> None:
    lines: list[WebSocketRoute] = []

    async def break_after_the_first_message(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        lines.append(route)
        if len(lines) > 1:
            return

        def hear(text: str | bytes) -> None:
            if _kind(text) == "welcome":
                route.send(text)

        server.on_message(hear)

    await page.route_web_socket("**/chat/ws", break_after_the_first_message)
    await _open(page, library)
    await _ask(page, "Where can I print?")
    await expect(page.locator(f"{OWN} .meta.sending")).to_have_count(1)

    await library.app.settle()
    await lines[0].close()

    await expect(page.locator(f"{OWN} .mark")).to_have_count(1)
    await expect(page.locator(OWN)).to_have_count(1)
    await expect(page.locator(ANSWERS)).to_have_count(1)


async def test_a_message_without_confirmation_is_called_not_sent_and_can_be_tried_again(
    page: Page, library: Library
) -> None:
    said: list[str | bytes] = []

    async def lose_the_first_message(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def hear(text: str | bytes) -> None:
            if _kind(text) == "message":
                said.append(text)
            if _kind(text) != "message" or len(said) > 1:
                server.send(text)

        route.on_message(hear)

    await page.clock.install()
    await page.route_web_socket("**/chat/ws", lose_the_first_message)
    await _open(page, library)
    await _ask(page, "Where can I print?")
    await expect(page.locator(f"{OWN} .meta.sending")).to_have_count(1)

    await page.clock.fast_forward(8_500)
    failed = page.locator(f"{OWN} .meta.failed")
    await expect(failed).to_contain_text("Not sent.")
    await failed.get_by_role("button", name="Try again").click()

    await expect(page.locator(f"{OWN} .mark")).to_have_count(1)
    await expect(page.locator(ANSWERS)).to_have_count(1)
    first, second = (json.loads(frame) for frame in said)
    assert first == second


async def test_refusals_of_the_server_are_explained_kindly(page: Page, library: Library) -> None:
    codes = iter(["empty_message", "bad_message"])

    async def refuse(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def hear(text: str | bytes) -> None:
            if _kind(text) != "message":
                server.send(text)
                return
            refused = {"type": "error", "code": next(codes), "message": "Internal words."}
            route.send(json.dumps({**refused, "client_id": json.loads(text)["client_id"]}))

        route.on_message(hear)

    await page.route_web_socket("**/chat/ws", refuse)
    await _open(page, library)
    await _ask(page, "one")
    await expect(page.locator(".meta.failed")).to_contain_text("no readable text")
    await page.get_by_role("button", name="Change the text").click()
    await expect(page.locator(QUESTION)).to_have_value("one")
    await expect(page.locator(OWN)).to_have_count(0)

    await _ask(page, "two")
    await expect(page.locator(".meta.failed")).to_contain_text("could not use this message")
    await expect(page.get_by_text("Internal words")).to_have_count(0)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("too_many_messages", "That was a lot at once"),
        ("busy", "There is a lot to do"),
        ("not_stored", "could not be stored"),
    ],
)
async def test_a_reader_who_has_to_wait_sees_why_and_when_the_message_goes_out_and_it_does(
    code: str, words: str, page: Page, library: Library
) -> None:
    refused: list[str] = []

    async def slow_down(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def hear(text: str | bytes) -> None:
            if _kind(text) == "message" and not refused:
                refused.append(json.loads(text)["client_id"])
                busy = {"type": "error", "code": code, "retry_after": 2.5}
                route.send(json.dumps({**busy, "message": "", "client_id": refused[0]}))
            else:
                server.send(text)

        route.on_message(hear)

    await page.clock.install()
    await page.route_web_socket("**/chat/ws", slow_down)
    await _open(page, library)
    await _ask(page, "Where can I print?")
    await expect(page.locator(f"{OWN} .meta.waiting")).to_contain_text(words)
    await expect(page.locator(f"{OWN} .meta.waiting")).to_contain_text("in 3 seconds")

    await page.clock.fast_forward(3_000)
    await expect(page.locator(ANSWERS)).to_have_count(1)
    await expect(page.locator(f"{OWN} .mark")).to_have_count(1)


async def test_a_token_that_is_not_ours_begins_a_new_conversation_and_says_so(
    page: Page, library: Library
) -> None:
    await _open(page, library)
    await _ask(page, "Where can I print?")
    await expect(page.locator(ANSWERS)).to_have_count(1)
    await page.evaluate("localStorage.setItem('refdesk:/:token', 'forged.1.x')")

    await page.reload()

    await expect(page.locator(".entry.notice")).to_contain_text("cannot be continued on this page")
    await expect(page.locator(ANSWERS)).to_have_count(0)
    await _ask(page, "How do I renew a book?")
    await expect(page.locator(ANSWERS)).to_have_count(1)


async def _open(page: Page, library: Library) -> None:
    await page.goto(f"{library.address}/chat?language=en")
    await expect(page.locator("#line")).to_have_attribute("data-line", "open")


async def _ask(page: Page, text: str) -> None:
    await page.locator(QUESTION).fill(text)
    await page.keyboard.press("Enter")


def _kind(frame: str | bytes) -> str:
    kind: str = json.loads(frame)["type"]
    return kind


def _note(frames: list[str | bytes], frame: str | bytes) -> None:
    # Playwright cannot take the list's own method.
    frames.append(frame)
