"""Does the chat button work on another site, under that site's strict policy?"""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, FrameLocator, Page, async_playwright, expect

from tests.browser.conftest import BROWSER_ARGUMENTS, ForeignSite, Library

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LARGEST_SCRIPT_BYTES = 4 * 1024
HTML = """<!doctype html><html lang="en"><title>A faculty's page</title>
<main><h1>Faculty of Letters</h1><p>Some text of the host page.</p></main>
<script src="{library}/widget.js" defer{language}></script></html>"""


def put_button(site: ForeignSite, library: Library, policy: str = "", language: str = "") -> None:
    """Make the foreign site show our button under a policy that forbids all but what we need."""
    site.html = HTML.format(library=library.address, language=language)
    site.policy = f"default-src 'none'; script-src {library.address}; {policy}"


def frames_allowed(library: Library) -> str:
    """The part of a policy that allows our frame."""
    return f"frame-src {library.address}"


def chat_in(page: Page) -> FrameLocator:
    """The chat inside its frame."""
    return page.frame_locator("iframe[title='Chat with the library']")


async def test_a_reader_of_another_site_asks_in_the_frame(
    page: Page, library: Library, foreign_site: ForeignSite
) -> None:
    put_button(foreign_site, library, frames_allowed(library))
    await page.goto(foreign_site.address)
    button = page.get_by_role("button", name="Ask the library")
    await expect(button).to_have_attribute("aria-expanded", "false")

    await button.click()

    await expect(button).to_have_attribute("aria-expanded", "true")
    chat = chat_in(page)
    await expect(chat.locator("#question")).to_be_focused()
    await chat.locator("#question").fill("Where can I print?")
    await page.keyboard.press("Enter")
    await expect(chat.locator(".entry.bot")).to_contain_text("Printers stand on every floor")


async def test_the_button_is_shown_in_its_style_though_the_site_forbids_inline_styles(
    page: Page, library: Library, foreign_site: ForeignSite
) -> None:
    put_button(foreign_site, library, frames_allowed(library))
    await page.goto(foreign_site.address)

    button = page.get_by_role("button", name="Ask the library")

    box, size = await button.bounding_box(), page.viewport_size
    assert box is not None
    assert size is not None
    assert box["height"] >= 44
    assert box["x"] + box["width"] > size["width"] - 40
    assert box["y"] + box["height"] > size["height"] - 40
    colour = await button.evaluate("one => getComputedStyle(one).backgroundColor")
    assert colour == "rgb(28, 93, 102)"


async def test_escape_closes_the_frame_and_returns_the_focus(
    page: Page, library: Library, foreign_site: ForeignSite
) -> None:
    put_button(foreign_site, library, frames_allowed(library))
    await page.goto(foreign_site.address)
    button = page.get_by_role("button", name="Ask the library")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(chat_in(page).locator("#question")).to_be_focused()

    await page.keyboard.press("Escape")

    await expect(page.locator("iframe")).to_be_hidden()
    await expect(button).to_be_focused()
    await expect(button).to_have_attribute("aria-expanded", "false")

    await button.click()
    await chat_in(page).get_by_role("button", name="Close the chat").click()
    await expect(page.locator("iframe")).to_be_hidden()
    await expect(button).to_be_focused()


async def test_the_button_speaks_the_language_that_the_site_names(
    page: Page, library: Library, foreign_site: ForeignSite
) -> None:
    put_button(foreign_site, library, frames_allowed(library), ' data-language="zh"')
    await page.goto(foreign_site.address)

    await page.get_by_role("button", name="咨询图书馆").click()

    chat = page.frame_locator("iframe[title='图书馆在线咨询']")
    await expect(chat.locator("#ask-librarian")).to_have_text("咨询馆员")


async def test_axe_finds_nothing_serious_in_button_and_frame(
    page: Page, library: Library, foreign_site: ForeignSite
) -> None:
    put_button(foreign_site, library, frames_allowed(library))
    await page.goto(foreign_site.address)
    await page.get_by_role("button", name="Ask the library").click()
    await expect(chat_in(page).locator("#question")).to_be_focused()

    found = await Axe().run(page)

    grave = [one["id"] for one in found.response["violations"] if one["impact"] != "minor"]
    assert grave == []


@pytest.mark.parametrize("policy", ["", "frame-src 'self'"])
async def test_a_site_that_forbids_our_frame_gets_a_plain_link(
    context: BrowserContext, library: Library, foreign_site: ForeignSite, policy: str
) -> None:
    page = await context.new_page()
    put_button(foreign_site, library, policy)
    await page.goto(foreign_site.address)

    await page.get_by_role("button", name="Ask the library").click()

    link = page.get_by_role("link", name="Ask the library (opens in a new window)")
    await expect(link).to_be_focused()
    await expect(page.locator("iframe")).to_have_count(0)
    async with context.expect_page() as opened:
        await link.click()
    chat = await opened.value
    await expect(chat.locator("#line")).to_have_attribute("data-line", "open")
    assert chat.url == f"{library.address}/chat?language=en"


async def test_a_site_that_the_library_has_not_named_gets_a_plain_link(
    context: BrowserContext, library: Library, foreign_site: ForeignSite
) -> None:
    page = await context.new_page()
    await page.clock.install()
    put_button(foreign_site, library, frames_allowed(library))
    # The same site under another name, which is not among embed_origins.
    await page.goto(foreign_site.address.replace("localhost", "127.0.0.1"))

    await page.get_by_role("button", name="Ask the library").click()
    await expect(page.locator("iframe")).to_have_count(1)
    await page.clock.fast_forward(8_500)

    link = page.get_by_role("link", name="Ask the library (opens in a new window)")
    await expect(link).to_be_visible()
    await expect(page.locator("iframe")).to_have_count(0)


@pytest_asyncio.fixture(loop_scope="session")
async def without_storage(chromium_program: str, tmp_path: Path) -> AsyncIterator[BrowserContext]:
    """A browser set to keep no data of any site (Settings: "Don't allow sites to save data")."""
    preferences = tmp_path / "Default" / "Preferences"
    preferences.parent.mkdir()
    block = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    preferences.write_text(json.dumps(block))
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path, executable_path=chromium_program, args=BROWSER_ARGUMENTS, locale="en-GB"
        )
        yield context
        await context.close()


async def test_where_storage_is_blocked_the_token_lives_in_memory_and_the_page_says_so(
    without_storage: BrowserContext, library: Library, foreign_site: ForeignSite
) -> None:
    page = await without_storage.new_page()
    put_button(foreign_site, library, frames_allowed(library))
    await page.goto(foreign_site.address)
    await page.get_by_role("button", name="Ask the library").click()
    chat = chat_in(page)

    await expect(chat.get_by_text("This browser blocks storage")).to_be_visible()
    await chat.locator("#question").fill("Where can I print?")
    await page.keyboard.press("Enter")
    await expect(chat.locator(".entry.bot")).to_contain_text("Printers stand on every floor")
    await expect(chat.get_by_role("link", name="中文")).to_be_hidden()
    frame = next(one for one in page.frames if "/chat" in one.url)
    kept = "() => { try { return localStorage.length } catch (error) { return error.name } }"
    assert await frame.evaluate(kept) == "SecurityError"

    # The token works on: the conversation survives a lost line, but not a new page.
    await page.context.set_offline(True)
    await expect(chat.locator("#line")).to_have_text("Reconnecting…")
    await page.context.set_offline(False)
    await expect(chat.locator("#line")).to_have_text("")
    await expect(chat.locator(".entry.bot")).to_have_count(1)
    await page.reload()
    await page.get_by_role("button", name="Ask the library").click()
    await expect(chat.locator("#line")).to_have_attribute("data-line", "open")
    await expect(chat.locator(".entry.bot")).to_have_count(0)


async def test_a_frame_without_an_origin_shows_a_link_instead_of_a_chat_that_cannot_work(
    context: BrowserContext, library: Library, foreign_site: ForeignSite
) -> None:
    page = await context.new_page()
    put_button(foreign_site, library, frames_allowed(library))
    foreign_site.html = (
        "<!doctype html><html lang=en><title>Sandbox</title>"
        f"<iframe title=chat sandbox='allow-scripts' src='{library.address}/chat?embed=1'></iframe>"
    )
    await page.goto(foreign_site.address)

    chat = page.frame_locator("iframe")

    await expect(chat.get_by_role("link", name="open it in its own window")).to_be_visible()


async def test_the_script_is_small_and_may_be_loaded_from_anywhere(library: Library) -> None:
    async with (
        ClientSession(auto_decompress=False) as session,
        session.get(f"{library.address}/widget.js", headers={"Accept-Encoding": "gzip"}) as answer,
    ):
        body = await answer.read()
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.content_type == "text/javascript"
    assert len(body) < LARGEST_SCRIPT_BYTES
