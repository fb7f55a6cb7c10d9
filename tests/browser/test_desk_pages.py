"""Do the pages beside the desk lead there and back, and can everybody read them?"""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from refdesk.core.staff.authorise import Role
from tests.browser.test_desk import check, sign_in
from tests.desk_server import PASSWORD, Desk, running_desk
from tests.plugins.test_effect_api import troubled

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running_desk(tmp_path) as running:
        running.app.staff.add("ada", "Ada Lind", Role.ADMINISTRATOR, PASSWORD)
        yield running


async def test_the_menu_under_the_name_leads_to_the_pages_one_may_see_and_back(
    page: Page, desk: Desk
) -> None:
    await sign_in(page, desk, "ada")
    await page.locator("#me").focus()
    for name, path in (("Other systems", "/desk/effects"), ("Plugins", "/desk/plugins")):
        await page.locator("#me").press("Enter")
        await page.get_by_role("link", name=name).click()
        await expect(page).to_have_url(f"{desk.address}{path}")
        await expect(page.locator("h1")).to_have_text(name)
        await page.get_by_role("link", name="Back to the desk").click()
        await expect(page.locator("#waiting-empty")).to_be_visible()


async def test_the_menu_shows_a_librarian_no_page_for_administrators(
    page: Page, desk: Desk
) -> None:
    await sign_in(page, desk, "mei")
    await page.locator("#me").click()
    await expect(page.locator("#more a")).to_have_text(["Other systems"])
    await page.keyboard.press("Escape")
    await expect(page.locator("#more")).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 800, 360, 320])
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_no_word_of_header_and_plugins_page_is_torn_and_nothing_stands_out(
    chromium: Browser, desk: Desk, width: int, language: str
) -> None:
    context = await chromium.new_context(viewport={"width": width, "height": 700})
    page = await context.new_page()
    await sign_in(page, desk, "ada", language)
    torn = """all => all.filter(one => {
        const range = document.createRange();
        range.selectNodeContents(one);
        return new Set([...range.getClientRects()].map(rect => rect.top)).size > 1;
    }).map(one => one.textContent)"""
    assert await page.locator(".where, #alerts, .language").evaluate_all(torn) == []
    await page.locator("#me").click()
    await expect(page.locator("#more")).to_be_in_viewport(ratio=1)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.goto(f"{desk.address}/desk/plugins")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    words = page.locator(".plugins :is(button, tbody bdi, .version)")
    assert await words.count() > 10
    assert await words.evaluate_all(torn) == []
    await context.close()


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_beside_the_desk(
    page: Page, desk: Desk, width: int, language: str, theme: str
) -> None:
    await page.set_viewport_size({"width": width, "height": 760})
    await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    consultation = await (await desk.reader()).wait_for_person("Where are the maps?")
    await troubled(desk, "k1", consultation)
    await troubled(desk, "k2", consultation, "failed")
    await sign_in(page, desk, "ada", language)
    await page.locator("#me").click()
    await check(page, "menu")
    await page.goto(f"{desk.address}/desk/effects")
    await expect(page.locator("html")).to_have_attribute("lang", re.compile(f"^{language}"))
    await expect(page.locator("article")).to_have_count(2)
    await check(page, "effects")
    await page.goto(f"{desk.address}/desk/plugins")
    await page.locator("form button").first.click()
    await expect(page.locator("input[name=position][value=on]")).to_have_count(1)
    await check(page, "plugins")
