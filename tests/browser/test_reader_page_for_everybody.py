"""Can everybody use the reader's page: small screens, zoom, dark, screen readers, slow lines?"""

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Library

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

QUESTION = "#question"
ANSWERS = ".entry.bot"
MOST_BYTES = 60 * 1024
HONOURED_BYTES = 30 * 1024


# What is added to the log while it is not busy, each entry once: screen readers say that.
_NOTE_WHAT_IS_ANNOUNCED = """
document.addEventListener("DOMContentLoaded", () => {
  window.announced = [];
  const log = document.getElementById("log");
  new MutationObserver((changes) => {
    if (log.getAttribute("aria-busy") === "true") return;
    for (const { addedNodes } of changes) {
      window.announced.push(...Array.from(addedNodes, (node) => node.textContent));
    }
  }).observe(document.getElementById("entries"), { childList: true });
});
"""


async def conversation(page: Page, library: Library, language: str = "en") -> None:
    """Have a conversation of every kind: answer, buttons, notices, librarian, suggestions."""
    question, more = {
        "en": ("How do I renew a book?", "print"),
        "zh": ("图书怎样续借？", "打印"),
    }[language]
    await page.goto(f"{library.address}/chat?language={language}")
    await page.locator(QUESTION).fill(question)
    await page.keyboard.press("Enter")
    await expect(page.locator(ANSWERS)).to_have_count(1)
    await page.locator("#ask-librarian").click()
    await expect(page.locator("#speaker")).to_have_attribute("data-state", "waiting")
    taken = await library.claim()
    await library.reply(taken, f"See https://library.example.edu/{'a' * 80} {'b' * 120}")
    await expect(page.locator(".entry.librarian")).to_have_count(1)
    await library.app.desk.give_back(library.librarian, taken)
    await expect(page.locator("#speaker")).to_have_attribute("data-state", "self_service")
    await page.locator(QUESTION).press_sequentially(more)
    await expect(page.get_by_role("option").first).to_be_visible()
    await page.keyboard.press("ArrowDown")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_serious(
    page: Page, library: Library, language: str, theme: str
) -> None:
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    await conversation(page, library, language)

    found = await Axe().run(page)

    grave = [
        f"{one['id']}: {one['help']} {[node['target'] for node in one['nodes']]}"
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert grave == []


@pytest.mark.parametrize("address", ["/", "/chat?embed=1", "/not-there"])
async def test_axe_finds_nothing_serious_on_the_other_pages(
    context: BrowserContext, library: Library, address: str
) -> None:
    page = await context.new_page()
    await page.goto(library.address + address)

    found = await Axe().run(page)

    assert [one["id"] for one in found.response["violations"] if one["impact"] != "minor"] == []


async def test_the_page_fits_a_small_phone_with_its_keyboard_open(
    page: Page, library: Library
) -> None:
    await page.set_viewport_size({"width": 360, "height": 640})
    await conversation(page, library)
    await _nothing_is_cut_off(page)

    await page.set_viewport_size({"width": 360, "height": 360})

    await _nothing_is_cut_off(page)
    await page.keyboard.press("Escape")
    await expect(page.locator(QUESTION)).to_be_in_viewport(ratio=1)
    await expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    await expect(page.get_by_role("button", name="Ask a librarian")).to_be_in_viewport(ratio=1)


async def test_the_page_can_be_zoomed_to_twice_its_size(page: Page, library: Library) -> None:
    # A desktop window of 1280 x 720 at 200 % has this many CSS pixels.
    await page.set_viewport_size({"width": 640, "height": 360})

    await conversation(page, library)

    await _nothing_is_cut_off(page)
    assert "user-scalable" not in (await page.content())


async def test_dark_is_dark_and_light_is_light(page: Page, library: Library) -> None:
    brightness = "one => getComputedStyle(one).backgroundColor.match(/\\d+/g).map(Number)[0]"
    await page.goto(f"{library.address}/chat")
    await page.emulate_media(color_scheme="light")
    assert await page.locator("html").evaluate(brightness) > 200
    await page.emulate_media(color_scheme="dark")
    assert await page.locator("html").evaluate(brightness) < 60


async def test_everything_can_be_reached_with_the_keyboard_and_the_focus_is_seen(
    page: Page, library: Library
) -> None:
    await page.goto(f"{library.address}/chat?language=en")
    await page.locator(QUESTION).fill("How do I renew a book?")
    await page.keyboard.press("Enter")
    await expect(page.locator(ANSWERS)).to_have_count(1)

    reached = [await _focus_after(page, "Tab")]
    while "中文" not in reached and len(reached) < 20:
        reached.append(await _focus_after(page, "Shift+Tab"))

    for name in ("Send", "No", "Yes", "https://library.example.edu/my", "Ask a librarian", "中文"):
        assert name in reached


async def _focus_after(page: Page, key: str) -> str:
    await page.keyboard.press(key)
    name, outline = await page.evaluate(
        "() => { const one = document.activeElement;"
        " return [one.id === 'log' ? one.id : one.textContent.trim(),"
        " getComputedStyle(one).outlineStyle]; }"
    )
    assert outline != "none"
    return str(name)


async def test_the_log_is_announced_politely_and_earlier_messages_are_not(
    page: Page, library: Library
) -> None:
    await page.goto(f"{library.address}/chat?language=en")
    log = page.get_by_role("log", name="Conversation")
    await expect(log).to_have_attribute("aria-live", "polite")
    await page.locator(QUESTION).fill("How do I renew a book?")
    await page.keyboard.press("Enter")
    await expect(page.locator(ANSWERS)).to_have_count(1)
    await expect(log).not_to_have_attribute("aria-busy", "true")

    await page.add_init_script(_NOTE_WHAT_IS_ANNOUNCED)
    await page.reload()
    await expect(page.locator(ANSWERS)).to_have_count(1)
    await expect(log).not_to_have_attribute("aria-busy", "true")
    assert await page.evaluate("window.announced") == []

    await page.locator(QUESTION).fill("Where can I print?")
    await page.keyboard.press("Enter")
    await expect(page.locator(ANSWERS)).to_have_count(2)
    announced = await page.evaluate("window.announced")
    assert [text.count("Printers stand") for text in announced] == [0, 1]


async def test_the_page_runs_under_its_own_strict_policy(page: Page, library: Library) -> None:
    answer = await page.goto(f"{library.address}/chat")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=", await answer.text())


async def test_the_first_load_is_small(
    chromium: Browser, library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    context = await chromium.new_context()
    page = await context.new_page()
    lines = await page.context.new_cdp_session(page)
    await lines.send("Network.enable")
    addresses: dict[str, str] = {}
    sizes: dict[str, int] = {}
    lines.on("Network.requestWillBeSent", lambda one: addresses.update(_address(one)))
    lines.on("Network.loadingFinished", lambda one: sizes.update(_size(one)))

    await page.goto(f"{library.address}/chat", wait_until="networkidle")
    await expect(page.locator("#line")).to_have_attribute("data-line", "open")

    total = sum(sizes.values())
    with capsys.disabled():
        print(f"\nreader page, first load: {total / 1024:.1f} KiB with headers")  # noqa: T201 - a figure for docs/performance.md
        for key in sorted(sizes, key=lambda one: -sizes[one]):
            print(f"  {sizes[key]:6d}  {addresses.get(key, '?').removeprefix(library.address)}")  # noqa: T201 - the same
    await context.close()
    assert any("chat.js" in address for address in addresses.values())
    assert total <= HONOURED_BYTES <= MOST_BYTES


def _address(event: dict[str, dict[str, str]]) -> dict[str, str]:
    return {str(event["requestId"]): event["request"]["url"]}


def _size(event: dict[str, int]) -> dict[str, int]:
    return {str(event["requestId"]): int(event["encodedDataLength"])}


async def _nothing_is_cut_off(page: Page) -> None:
    for place in ("document.documentElement", "document.getElementById('log')"):
        assert await page.evaluate(f"{place}.scrollWidth - {place}.clientWidth") <= 0
