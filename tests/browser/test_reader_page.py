"""Can a reader ask on the page `/chat`, by keyboard, in both languages, and be told the truth?"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import Library, free_port, serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

QUESTION = "#question"
ANSWERS = ".entry.bot"
OWN = ".entry.reader"


async def open_chat(page: Page, library: Library, language: str = "en") -> None:
    """Open the page and wait until the server has welcomed it."""
    await page.goto(f"{library.address}/chat?language={language}")
    await expect(page.locator("#line")).to_have_attribute("data-line", "open")


async def ask(page: Page, text: str) -> None:
    """Type a question and press Enter."""
    await page.locator(QUESTION).fill(text)
    await page.keyboard.press("Enter")


async def test_a_question_is_answered_with_its_source_and_marked_as_automatic(
    page: Page, library: Library
) -> None:
    await open_chat(page, library)

    await ask(page, "How do I renew a book?")

    answer = page.locator(ANSWERS)
    await expect(answer).to_contain_text("open Loans and press Renew")
    await expect(answer).to_contain_text("Automatic answer")
    await expect(answer.locator(".sources")).to_contain_text("Borrowing rules, section 3")
    await expect(page.locator(OWN)).to_have_count(1)
    await expect(page.locator(f"{OWN} .meta")).to_contain_text("Received")


async def test_a_source_with_an_address_is_a_link_that_leaves_the_chat_open(
    page: Page, library: Library
) -> None:
    await open_chat(page, library)

    await ask(page, "Where can I print?")

    link = page.locator(f"{ANSWERS} .sources a")
    await expect(link).to_have_attribute("href", "https://library.example.edu/printing")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    await expect(link).to_have_attribute("target", "_blank")


async def test_a_chinese_reader_gets_chinese_answers_on_a_chinese_page(
    page: Page, library: Library
) -> None:
    await open_chat(page, library, "zh")
    await expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")

    await ask(page, "图书怎样续借？")

    answer = page.locator(ANSWERS)
    await expect(answer).to_contain_text("点“续借”")
    await expect(answer).to_contain_text("自动回答")
    await expect(answer.locator(".sources")).to_contain_text("《借阅规则》第 3 条")
    await expect(answer.locator(".text")).to_have_attribute("lang", "zh-Hans")
    await expect(answer.locator(".text a")).to_have_text("https://library.example.edu/my")


async def test_changing_the_language_keeps_the_conversation(page: Page, library: Library) -> None:
    await open_chat(page, library)
    await ask(page, "Where can I print?")
    await expect(page.locator(ANSWERS)).to_have_count(1)

    await page.get_by_role("link", name="中文").click()

    await expect(page.locator("#ask-librarian")).to_have_text("咨询馆员")
    await expect(page.locator(ANSWERS)).to_contain_text("Printers stand on every floor")
    await page.goto(f"{library.address}/chat")
    await expect(page.locator("#ask-librarian")).to_have_text("咨询馆员")


async def test_enter_that_chooses_characters_of_an_input_method_does_not_send(
    page: Page, library: Library
) -> None:
    await open_chat(page, library, "zh")
    await page.locator(QUESTION).focus()
    keyboard = await page.context.new_cdp_session(page)

    await keyboard.send(
        "Input.imeSetComposition", {"text": "xujie", "selectionStart": 5, "selectionEnd": 5}
    )
    await page.keyboard.press("Enter")
    await expect(page.locator(OWN)).to_have_count(0)

    await keyboard.send("Input.insertText", {"text": "续借"})
    await page.keyboard.press("Enter")
    await expect(page.locator(f"{OWN} .text")).to_have_text("续借")


async def test_shift_and_enter_begin_a_new_line(page: Page, library: Library) -> None:
    await open_chat(page, library)

    await page.locator(QUESTION).fill("first")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("second")
    await page.keyboard.press("Enter")

    assert await page.locator(f"{OWN} .text").inner_text() == "first\nsecond"


async def test_a_suggestion_is_chosen_with_the_keyboard(page: Page, library: Library) -> None:
    await open_chat(page, library)
    await page.locator(QUESTION).press_sequentially("renew")
    options = page.get_by_role("option")
    await expect(options.first).to_be_visible()

    await page.keyboard.press("ArrowDown")
    await expect(options.first).to_have_attribute("aria-selected", "true")
    marked = await page.locator(QUESTION).get_attribute("aria-activedescendant")
    assert marked == await options.first.get_attribute("id")
    await page.keyboard.press("Enter")

    await expect(page.locator(f"{OWN} .text")).to_have_text("How do I renew a book?")
    await expect(page.locator(ANSWERS)).to_contain_text("press Renew")
    await expect(page.locator(QUESTION)).to_have_value("")


async def test_escape_closes_the_suggestions_and_enter_sends_what_was_typed(
    page: Page, library: Library
) -> None:
    await open_chat(page, library)
    await page.locator(QUESTION).press_sequentially("print")
    await expect(page.get_by_role("option").first).to_be_visible()

    await page.keyboard.press("Escape")
    await expect(page.locator("#suggestions")).to_be_hidden()
    await page.keyboard.press("Enter")

    await expect(page.locator(f"{OWN} .text")).to_have_text("print")


async def test_a_draft_survives_a_reload_and_is_gone_once_sent(
    page: Page, library: Library
) -> None:
    await open_chat(page, library)
    await page.locator(QUESTION).fill("half a ques")

    await page.reload()
    await expect(page.locator(QUESTION)).to_have_value("half a ques")

    await page.locator(QUESTION).focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(f"{OWN} .mark")).to_have_count(1)
    await page.reload()
    await expect(page.locator(OWN)).to_have_count(1)
    await expect(page.locator(QUESTION)).to_have_value("")


async def test_buttons_ask_on_and_votes_are_thanked(page: Page, library: Library) -> None:
    await open_chat(page, library)
    await ask(page, "How do I renew a book?")

    await page.get_by_role("button", name="Yes", exact=True).click()

    await expect(page.locator(ANSWERS).last).to_contain_text("Thank you!")
    await expect(page.get_by_role("group", name="Was this helpful?")).to_be_visible()


async def test_a_librarian_takes_over_and_everybody_is_told_apart(
    page: Page, library: Library
) -> None:
    await open_chat(page, library)
    await page.get_by_role("button", name="Ask a librarian").click()
    await expect(page.locator("#speaker")).to_have_text("Waiting for a librarian")

    consultation = await library.claim()
    await library.reply(consultation, "Hello, which book is it?")

    await expect(page.locator("#speaker")).to_have_text("You are talking with Ms Wang")
    await expect(page.locator(".entry.librarian")).to_contain_text("Hello, which book is it?")
    await expect(page.locator(".entry.librarian .badge")).to_have_text("Ms Wang")
    await expect(page.locator("#ask-librarian")).to_be_hidden()

    await library.app.desk.close(library.librarian, consultation)
    await expect(page.locator("#speaker")).to_contain_text("Conversation closed")
    await ask(page, "Where can I print?")
    await expect(page.locator("#speaker")).to_have_text("Automatic assistant")
    await expect(page.locator(ANSWERS).last).to_contain_text("Printers stand on every floor")


async def test_two_pages_of_a_reader_show_the_same_in_the_same_order(
    page: Page, library: Library
) -> None:
    await open_chat(page, library)
    other = await page.context.new_page()
    await open_chat(other, library)

    await ask(page, "How do I renew a book?")
    await expect(page.locator(ANSWERS)).to_have_count(1)
    await page.reload()
    await expect(page.locator(ANSWERS)).to_have_count(1)
    await other.reload()
    await ask(other, "Where can I print?")

    for one in (page, other):
        await expect(one.locator(".entry .text").nth(2)).to_have_text("Where can I print?")
        await expect(one.locator(ANSWERS)).to_have_count(2)
    await other.close()


async def test_markup_and_bidi_characters_are_shown_as_the_text_they_are(
    page: Page, library: Library
) -> None:
    await open_chat(page, library)
    text = (
        "<img src=x onerror=alert(1)> \u202egnp.exe & javascript:alert(1) https://a.example/?q=<b>"
    )

    await ask(page, text)

    own = page.locator(f"{OWN} .text")
    assert await own.text_content() == text
    await expect(own.locator("img, b")).to_have_count(0)
    links = await own.locator("a").evaluate_all("links => links.map(link => link.href)")
    assert links == ["https://a.example/?q="]
    assert await own.evaluate("one => getComputedStyle(one).unicodeBidi") == "plaintext"


async def test_a_message_that_is_too_long_is_not_sent_and_stays_in_the_field(
    page: Page, library: Library
) -> None:
    await open_chat(page, library)

    await page.locator(QUESTION).fill("字" * 8_003)
    await page.get_by_role("button", name="Send").click()

    await expect(page.locator("#hint")).to_contain_text("3 characters too many")
    await expect(page.locator(OWN)).to_have_count(0)
    assert len(await page.locator(QUESTION).input_value()) == 8_003


async def test_new_messages_do_not_pull_a_reader_away_from_what_they_read(
    page: Page, library: Library
) -> None:
    await open_chat(page, library)
    await page.get_by_role("button", name="Ask a librarian").click()
    await expect(page.locator("#speaker")).to_have_text("Waiting for a librarian")
    consultation = await library.claim()
    for number in range(12):
        await library.reply(consultation, f"Line {number}\nof a long\nconversation")
    await expect(page.locator(".entry.librarian")).to_have_count(12)
    log = page.locator("#log")
    assert await _distance_from_end(page) < 3

    await log.evaluate("log => { log.scrollTop = 0; }")
    await expect(page.locator("#newer")).to_be_hidden()
    await library.reply(consultation, "The newest")
    await expect(page.locator("#newer")).to_be_visible()
    assert await log.evaluate("log => log.scrollTop") == 0

    await page.get_by_role("button", name="New messages").click()
    await expect(page.locator("#newer")).to_be_hidden()
    await expect(page.get_by_text("The newest")).to_be_in_viewport()


async def _distance_from_end(page: Page) -> float:
    distance: float = await page.locator("#log").evaluate(
        "log => log.scrollHeight - log.scrollTop - log.clientHeight"
    )
    return distance


async def test_the_page_works_below_a_base_path(page: Page, tmp_path: Path) -> None:
    port = free_port()
    settings = f'[web]\npublic_url = "http://127.0.0.1:{port}/ask"\n'
    (tmp_path / "refdesk.toml").write_text(settings, "utf-8")
    async with serving(tmp_path, port):
        await page.goto(f"http://127.0.0.1:{port}/ask/?language=zh")
        await page.get_by_role("link", name="开始咨询").click()
        await page.locator(QUESTION).press_sequentially("打印")
        await page.get_by_role("option").first.click()
        await expect(page.locator(ANSWERS)).to_contain_text("每层楼梯旁都有打印机")
        await page.close()


async def test_what_is_typed_before_the_script_runs_gets_suggestions_too(
    page: Page, library: Library
) -> None:
    await page.route("**/composer.js*", _hold_until_typed(page))

    await page.goto(f"{library.address}/chat", wait_until="commit")

    await expect(page.get_by_role("option").first).to_be_visible()


def _hold_until_typed(page: Page) -> Callable[[Route], Awaitable[None]]:
    async def hold(route: Route) -> None:
        await page.locator(QUESTION).press_sequentially("print")
        await route.continue_()

    return hold
