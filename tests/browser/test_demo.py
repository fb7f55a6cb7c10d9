"""Does the demo keep its three promises, in a real browser on the real command?"""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, FrameLocator, Page, expect

from refdesk import sample_library

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
# Starting the sample library takes a few seconds of computing; a busy machine gets more.
START_SECONDS = 90
PATIENCE_MS = 30_000


@dataclass
class Demo:
    """A running `refdesk demo` and what it printed."""

    process: Process
    printed: dict[str, object]

    @property
    def address(self) -> str:
        return str(self.printed["demo"])


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", "refdesk", "demo", "--port", "0", "--json",
        "--keep", str(folder), stdout=PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(START_SECONDS):
        line = await process.stdout.readline()
    yield Demo(process, json.loads(line))
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(START_SECONDS):
        assert await process.wait() == 0


def phone(page: Page) -> FrameLocator:
    return page.frame_locator(".phone iframe")


def desk(page: Page) -> FrameLocator:
    return page.frame_locator(".desk iframe")


async def say(page: Page, text: str) -> None:
    box = phone(page).locator("textarea")
    await box.fill(text)
    await box.press("Enter")


async def sees(page: Page, text: str) -> None:
    await expect(phone(page).get_by_role("log")).to_contain_text(text, timeout=PATIENCE_MS)


async def test_a_reader_asks_and_a_librarian_takes_over(demo: Demo, page: Page) -> None:
    await page.set_viewport_size({"width": 1400, "height": 1250})
    await page.goto(f"{demo.address}?language=en")
    await say(page, "How do I renew a book?")
    await sees(page, "Automatic answer")
    await say(page, "转人工")
    waiting = desk(page).locator("#waiting li").first
    await expect(waiting).to_contain_text("How do I renew a book?", timeout=PATIENCE_MS)
    await waiting.locator("button, a").first.click()
    await desk(page).locator("#claim").click()
    await desk(page).locator("#reply").fill("Good afternoon, I am reading your question now.")
    await desk(page).locator("#reply").press("Enter")
    await sees(page, "Good afternoon, I am reading your question now.")
    await sees(page, "Librarian Lin")
    picture = os.environ.get("REFDESK_PICTURE")
    if picture:
        await page.screenshot(path=picture, full_page=True)


async def test_a_spreadsheet_is_imported_and_asked(demo: Demo, page: Page) -> None:
    await page.goto(f"{demo.address}?language=zh")
    await page.locator("#file").set_input_files(str(sample_library.spreadsheet()))
    await page.get_by_role("button", name="导入").click()
    await expect(page.locator("#import output")).to_contain_text("新增 8 条", timeout=PATIENCE_MS)
    await say(page, sample_library.SPREADSHEET_QUESTIONS["zh"])
    await sees(page, "19:00")


async def test_a_broken_file_is_explained_and_changes_nothing(
    demo: Demo, context: BrowserContext, tmp_path: Path
) -> None:
    # A browser notes a refused upload as an error of the page: here it is what we want.
    page = await context.new_page()
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"_id": "a", "title": "A"}\n{"_id": \n', "utf-8")
    await page.goto(f"{demo.address}?language=en")
    await page.locator("#file").set_input_files(str(broken))
    await page.get_by_role("button", name="Import").click()
    output = page.locator("#import output")
    await expect(output).to_contain_text("broken.jsonl, line 2", timeout=PATIENCE_MS)


async def test_a_killed_server_comes_back_with_everything(demo: Demo, page: Page) -> None:
    await page.goto(f"{demo.address}?language=en")
    await say(page, "Where can I print?")
    await sees(page, "Automatic answer")
    await page.get_by_role("button", name="Kill the server now").click()
    await expect(page.locator("#kill output")).to_contain_text("Killed process")
    await say(page, "Can I eat in the library?")
    await expect(page.locator("#kill output")).to_contain_text(
        "Nothing is lost", timeout=PATIENCE_MS
    )
    replies = phone(page).get_by_text("Automatic answer")
    await expect(replies).to_have_count(2, timeout=PATIENCE_MS)


async def test_the_demo_does_not_answer_to_a_foreign_name(demo: Demo) -> None:
    async with ClientSession() as session:
        for method, path in (("GET", ""), ("POST", "/kill"), ("POST", "/import")):
            headers = {"Host": "evil.example:80"}
            address = f"{demo.address}{path}"
            async with session.request(method, address, headers=headers) as answer:
                assert answer.status == 403
                assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_page_has_no_serious_barrier(demo: Demo, page: Page, language: str) -> None:
    await page.set_viewport_size({"width": 360, "height": 800})
    await page.goto(f"{demo.address}?language={language}")
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    found = await Axe().run(page)
    serious = [
        one["id"]
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []
