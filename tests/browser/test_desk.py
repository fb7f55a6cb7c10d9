"""Can a librarian work at the desk: by mouse, by keyboard, on a phone, on a bad line?"""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from refdesk.core.web.server import SOCKETS
from tests.desk_server import PASSWORD, Desk, running_desk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WAITING, MINE, CLOSED = "#waiting a", "#mine a", "#closed a"
HOSTILE = "<img src=x onerror=\"document.title='owned'\"> \u202eevil <b>bold</b>"
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest_asyncio.fixture(loop_scope="session")
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running_desk(tmp_path) as running:
        yield running


async def sign_in(page: Page, desk: Desk, name: str = "mei", language: str = "en") -> None:
    await page.goto(f"{desk.address}/desk/sign-in?language={language}")
    await page.locator("#name").fill(name)
    await page.locator("#password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("#desk")).to_be_visible()


async def open_first(page: Page, where: str = WAITING) -> None:
    await page.locator(where).first.click()
    await expect(page.locator("#opened")).to_be_visible()
    await expect(page.locator("#entries li").first).to_be_visible()


async def claim_first(page: Page) -> None:
    await open_first(page)
    await page.locator("#claim").click()
    await expect(page.locator("#reply")).to_be_focused()


async def test_a_librarian_takes_over_a_question_by_keyboard_alone(page: Page, desk: Desk) -> None:
    reader = await desk.reader()
    await sign_in(page, desk)
    await expect(page.locator("#waiting-empty")).to_be_visible()
    await reader.wait_for_person("Where are the old maps of the town?")
    await expect(page.locator(WAITING)).to_contain_text("Where are the old maps of the town?")
    await expect(page).to_have_title(re.compile(r"^\(1\) "))

    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.locator(WAITING)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#topic")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.locator("#claim")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#reply")).to_be_focused()
    await page.keyboard.type("On the second floor,")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("in the map room.")
    await page.keyboard.press("Enter")
    reply = await reader.next("event", kind="reply", **{"from": "librarian"})
    assert reply["parts"][0]["text"] == "On the second floor,\nin the map room."
    await expect(page.locator(".entry.librarian .said")).to_have_text(
        "On the second floor,\nin the map room.", use_inner_text=True
    )
    await reader.say("Thank you!")
    await expect(page.locator(".entry.reader").last).to_contain_text("Thank you!")

    await page.keyboard.type("You are welcome.")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".entry.librarian")).to_have_count(2)
    await page.locator("#close").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#outcome")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await expect(page.locator("#nothing-title")).to_have_text("Wrapped up. Thank you.")
    await expect(page.locator("#lists a")).to_have_count(0)


async def test_what_readers_write_is_shown_as_text(page: Page, desk: Desk) -> None:
    await (await desk.reader()).wait_for_person(HOSTILE, "https://library.example.edu/a?b=1, or")
    await sign_in(page, desk)
    await expect(page.locator(WAITING)).to_contain_text("<img src=x onerror=")
    await open_first(page)
    await expect(page.locator(".entry.reader .said").first).to_have_text(HOSTILE)
    await expect(page.locator("#context-words .words")).to_contain_text("<img src=x")
    assert await page.locator("#entries img, #entries b, #lists img").count() == 0
    link = page.locator("#entries a")
    await expect(link).to_have_attribute("href", "https://library.example.edu/a?b=1")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    assert "owned" not in await page.title()
    direction = "element => getComputedStyle(element).unicodeBidi"
    for place in (f"{WAITING} .words bdi", ".entry.reader .said p"):
        assert "isolate" in str(await page.locator(place).first.evaluate(direction)), place


async def test_the_card_says_why_a_person_is_needed_and_what_was_answered(
    page: Page, desk: Desk
) -> None:
    reader = await desk.reader()
    await reader.say("thanks")
    await reader.wait_for_person("Where are the old maps of the town?")
    await sign_in(page, desk)
    await open_first(page)
    card = page.locator("#context-card")
    await card.evaluate("card => card.toggleAttribute('open', true)")
    for words in ("Where are the old maps", "asked for a person", "You are welcome"):
        await expect(card).to_contain_text(words)
    await expect(card).to_contain_text("English · Web chat")


async def test_who_comes_too_late_is_told_who_has_it_and_sees_nothing_more(
    page: Page, desk: Desk
) -> None:
    reader = await desk.reader()
    consultation = await reader.wait_for_person("Where are the old maps?")
    await sign_in(page, desk)
    await open_first(page)
    tom = await desk.signed_in("tom")
    await tom.post(f"/consultations/{consultation}/claim")
    await expect(page.locator("#nothing-title")).to_have_text("Tom Hale has taken this question.")
    await expect(page.locator("#entries li")).to_have_count(0)
    await expect(page.locator("#context")).to_be_hidden()
    await tom.write(consultation, "For the reader only")
    await reader.next("event", kind="reply", **{"from": "librarian"})
    await (await desk.reader()).wait_for_person("Another question")
    await expect(page.locator(WAITING)).to_contain_text("Another question")
    assert "For the reader only" not in await page.content()
    await page.goto(f"{desk.address}/desk#/{consultation}")
    await expect(page.locator("#nothing-title")).to_have_text("Tom Hale has taken this question.")


async def test_two_pages_that_claim_at_once_agree_on_the_winner(
    chromium: Browser, desk: Desk
) -> None:
    page, other = [await (await chromium.new_context()).new_page() for _ in range(2)]
    await (await desk.reader()).wait_for_person("Where are the old maps?")
    await sign_in(page, desk, "mei")
    await sign_in(other, desk, "tom")
    for one in (page, other):
        await open_first(one)
    press = "document.getElementById('claim').click()"
    await asyncio.gather(page.evaluate(press), other.evaluate(press))
    for one in (page, other):
        await expect(one.locator("#claim")).to_be_hidden()
    shown = [await one.locator("#composer").is_visible() for one in (page, other)]
    assert sorted(shown) == [False, True]
    loser, winner = (other, "Li Mei") if shown[0] else (page, "Tom Hale")
    await expect(loser.locator("#nothing-title")).to_contain_text(winner)
    for one in (page, other):
        await one.context.close()


async def test_a_draft_belongs_to_its_consultation_and_survives_a_reload(
    page: Page, desk: Desk
) -> None:
    for words in ("First question", "Second question"):
        await (await desk.reader()).wait_for_person(words)
    await sign_in(page, desk)
    await claim_first(page)
    await page.locator("#reply").fill("Half a thought")
    await claim_first(page)
    await expect(page.locator("#reply")).to_have_value("")
    await page.locator(MINE).first.click()
    await expect(page.locator("#reply")).to_have_value("Half a thought")
    await page.reload()
    await expect(page.locator("#reply")).to_have_value("Half a thought")
    await page.locator("#me").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator("#password")).to_be_visible()
    assert await page.evaluate("Object.keys(localStorage).filter(k => k.includes('draft'))") == []


async def test_a_message_that_did_not_go_out_says_so_and_can_be_sent_again(
    page: Page, desk: Desk
) -> None:
    consultation = await (await desk.reader()).wait_for_person()
    await sign_in(page, desk)
    await claim_first(page)
    await page.route("**/messages", lambda route: route.abort())
    await page.locator("#reply").fill("Only once, please")
    await page.keyboard.press("Enter")
    await expect(page.locator(".entry.failed")).to_contain_text("Not sent.", timeout=20_000)
    assert await replies(desk, consultation) == 0
    await page.unroute("**/messages")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator(".entry.pending")).to_have_count(0)
    await expect(page.locator(".entry.librarian")).to_have_count(1)
    assert await replies(desk, consultation) == 1


async def test_a_message_whose_confirmation_got_lost_is_neither_repeated_nor_in_doubt(
    page: Page, desk: Desk
) -> None:
    consultation = await (await desk.reader()).wait_for_person()
    await sign_in(page, desk)
    await claim_first(page)
    tries = 0
    third = asyncio.Event()

    async def stored_but_unheard(route: Route) -> None:
        nonlocal tries
        tries += 1
        await route.fetch()
        await route.abort()
        if tries == 3:  # the page gives up
            third.set()

    await page.route("**/messages", stored_but_unheard)
    await page.locator("#reply").fill("Only once, please")
    await page.keyboard.press("Enter")
    await asyncio.wait_for(third.wait(), 20)
    await expect(page.locator(".entry.librarian")).to_have_count(1)
    await expect(page.locator(".entry.librarian[data-seq]")).to_be_visible()
    assert await replies(desk, consultation) == 1


async def test_a_message_that_did_not_go_out_waits_as_a_draft_of_its_consultation(
    page: Page, desk: Desk
) -> None:
    for words in ("First question", "Second question"):
        await (await desk.reader()).wait_for_person(words)
    await sign_in(page, desk)
    await claim_first(page)
    await page.route("**/messages", lambda route: route.abort())
    await page.locator("#reply").fill("Do not lose me")
    await page.keyboard.press("Enter")
    await expect(page.locator(".entry.failed")).to_be_visible(timeout=20_000)
    await open_first(page)
    await expect(page.locator("#topic")).to_have_text("Second question")
    await page.locator(MINE).first.click()
    await expect(page.locator("#reply")).to_have_value("Do not lose me")


async def replies(desk: Desk, consultation: str) -> int:
    log = await desk.app.desk.reading.events(consultation, 0)
    return sum(event.sender == "librarian" for event in log)


async def test_a_page_whose_line_broke_comes_back_and_has_missed_nothing(
    page: Page, desk: Desk
) -> None:
    reader = await desk.reader()
    await reader.wait_for_person()
    await sign_in(page, desk)
    await claim_first(page)
    for number in range(3):
        for socket in tuple(desk.app.server[SOCKETS]):
            if socket._req.path == "/desk/ws":  # the reader's line holds
                await socket.close(code=1012)
        await reader.say(f"while you were away {number}")
        await expect(page.locator(".entry.reader").last).to_contain_text(f"away {number}")
    numbers = "list => list.map(entry => Number(entry.dataset.seq))"
    shown = await page.locator("#entries li").evaluate_all(numbers)
    assert shown == sorted(set(shown))
    assert await page.locator(".entry.reader").count() == 4
    await expect(page.locator("#line")).to_have_text("")


async def test_news_in_another_conversation_is_marked_and_announced(page: Page, desk: Desk) -> None:
    reader = await desk.reader()
    await reader.wait_for_person("First question")
    await sign_in(page, desk)
    await claim_first(page)
    await (await desk.reader()).wait_for_person("Second question")
    await expect(page.locator("#announcer")).to_have_text(
        "A new question is waiting: Second question"
    )
    await open_first(page)
    await reader.say("Are you still there?")
    await expect(page.locator(f"{MINE}.unread")).to_contain_text("new message")
    await expect(page.locator("#announcer")).to_have_text("A reader has written: First question")
    await expect(page).to_have_title(re.compile(r"^\(2\) "))
    await page.locator(MINE).click()
    await expect(page.locator(".unread")).to_have_count(0)
    await expect(page).to_have_title(re.compile(r"^\(1\) "))


async def test_a_returned_reader_leaves_the_desk(page: Page, desk: Desk) -> None:
    reader = await desk.reader()
    await reader.wait_for_person()
    await sign_in(page, desk)
    await claim_first(page)
    await page.locator("#return").click()
    await expect(page.locator("#nothing-title")).to_have_text(
        "The reader is with the automatic assistant again."
    )
    await reader.next("event", state="self_service")
    await expect(page.locator("#lists a")).to_have_count(0)


async def test_a_supervisor_reads_along_without_buttons(page: Page, desk: Desk) -> None:
    consultation = await (await desk.reader()).wait_for_person("Where are the maps?")
    mei = await desk.signed_in("mei")
    await mei.post(f"/consultations/{consultation}/claim")
    await sign_in(page, desk, "sue")
    await open_first(page, MINE)
    await expect(page.locator("#overseen")).to_contain_text("Li Mei answers this reader")
    for name in ("claim", "return", "close", "composer", "wrap-up"):
        await expect(page.locator(f"#{name}")).to_be_hidden()


@pytest.mark.parametrize("line", ["open", "broken"])
async def test_a_disabled_account_is_shown_the_way_out(
    chromium: Browser, desk: Desk, line: str
) -> None:
    page = await (await chromium.new_context()).new_page()
    await sign_in(page, desk)
    await expect(page.locator("#waiting-empty")).to_be_visible()
    await asyncio.to_thread(desk.app.staff.disable, "mei")
    if line == "broken":
        for socket in tuple(desk.app.server[SOCKETS]):
            await socket.close(code=1012)
    await expect(page.locator("#password")).to_be_visible(timeout=20_000)
    await page.context.close()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing(page: Page, desk: Desk, language: str, theme: str) -> None:
    await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    first = await desk.reader("zh")
    await first.say("hello")
    await first.wait_for_person(HOSTILE)
    await (await desk.reader()).wait_for_person("Second question")
    await page.goto(f"{desk.address}/desk/sign-in?language={language}")
    await expect(page.locator("html")).to_have_attribute("lang", re.compile(f"^{language}"))
    await check(page, "signing in")
    await sign_in(page, desk, language=language)
    await expect(page.locator(WAITING)).to_have_count(2)
    await check(page, "lists")
    await open_first(page)
    await check(page, "preview")
    await page.locator("#claim").click()
    await page.locator("#reply").fill("See https://library.example.edu/maps")
    await page.keyboard.press("Enter")
    await expect(page.locator(".entry.librarian[data-seq]")).to_be_visible()
    await open_first(page)
    await first.say("Are you there?")
    await expect(page.locator(".unread")).to_be_visible()
    await page.locator(MINE).click()
    await check(page, "conversation")
    await page.locator("#close").click()
    await expect(page.locator("#wrap-up")).to_be_visible()
    await check(page, "wrap-up")


async def check(page: Page, where: str) -> None:
    found = await Axe().run(page, options=AXE)
    problems = [
        f"{where}: {one['id']}: {node['html']}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]
    assert problems == []


async def test_a_phone_shows_lists_and_conversation_one_at_a_time(
    chromium: Browser, desk: Desk
) -> None:
    words = f"Where are the maps {'x' * 300} https://library.example.edu/{'y' * 200}"
    await (await desk.reader()).wait_for_person(words)
    context: BrowserContext = await chromium.new_context(
        viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True
    )
    page = await context.new_page()
    await sign_in(page, desk)
    lists, pane = page.locator("#lists"), page.locator(".pane")
    await expect(page.locator(WAITING)).to_be_visible()
    await expect(pane).to_be_hidden()
    await fits(page)
    await page.locator(WAITING).tap()
    await expect(lists).to_be_hidden()
    await expect(page.locator("#claim")).to_be_in_viewport()
    await fits(page)
    await page.locator("#claim").tap()
    await expect(page.locator("#reply")).to_be_in_viewport()
    await fits(page)
    await page.locator("#close").tap()
    await expect(page.locator("#outcome")).to_be_in_viewport()
    await fits(page)
    await page.locator("#back").tap()
    await expect(lists).to_be_visible()
    await expect(page.locator(CLOSED)).to_be_visible()
    await page.locator(CLOSED).tap()
    await page.locator("#wrap-up button").tap()
    await expect(page.locator("#news")).to_have_text("Wrapped up. Thank you.")
    await expect(page.locator("#news")).to_be_in_viewport()
    await page.go_back()
    await context.close()


async def fits(page: Page) -> None:
    """Nothing stands out at the side, and nothing to press is too small for a thumb."""
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    small = await page.locator("button:visible, a:visible").evaluate_all(
        "all => all.filter(one => one.getBoundingClientRect().height < 24).map(one => one.id)"
    )
    assert small == []


async def test_the_desk_in_large_print_needs_no_scrolling_sideways(
    chromium: Browser, desk: Desk
) -> None:
    await (await desk.reader()).wait_for_person("Where are the old maps of the town?")
    # 1280 pixels at 400 % (WCAG 1.4.10).
    context = await chromium.new_context(viewport={"width": 320, "height": 256})
    page = await context.new_page()
    await sign_in(page, desk)
    await open_first(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    await expect(page.locator("#claim")).to_be_in_viewport()
    await context.close()


async def test_thanks_after_the_end_do_not_take_the_wrap_up_away(page: Page, desk: Desk) -> None:
    reader = await desk.reader()
    await reader.wait_for_person("Where are the maps?")
    await sign_in(page, desk)
    await claim_first(page)
    await page.locator("#close").click()
    await expect(page.locator("#wrap-up")).to_be_visible()
    await reader.say("Thanks!")
    await expect(page.locator(CLOSED)).to_contain_text("follow-up")
    await expect(page.locator(".entry.reader").last).to_contain_text("Thanks!")
    await page.locator("#outcome").select_option("referred")
    await page.locator("#wrap-up button").click()
    await expect(page.locator(CLOSED)).to_have_count(0)
    await expect(page.locator("#nothing-title")).to_have_text("Wrapped up. Thank you.")


async def test_what_was_told_of_the_end_does_not_stand_under_a_question_that_waits_again(
    page: Page, desk: Desk
) -> None:
    reader = await desk.reader()
    await reader.wait_for_person("Where are the maps?")
    await sign_in(page, desk)
    await claim_first(page)
    await page.locator("#close").click()
    await expect(page.locator("#told")).to_have_text("Closed. Please wrap it up.")
    await reader.wait_for_person()
    await expect(page.locator("#claim")).to_be_visible()
    await expect(page.locator("#told")).to_be_empty()


async def test_what_a_reader_asked_earlier_is_beside_it_and_can_be_merged(
    page: Page, tmp_path: Path
) -> None:
    async with running_desk(tmp_path, "[consultations]\nreopen_hours = 0\n") as desk:
        reader = await desk.reader()
        first = await reader.wait_for_person(HOSTILE)
        await sign_in(page, desk)
        await claim_first(page)
        await expect(page.locator("#earlier")).to_be_empty()
        await page.locator("#close").click()
        await expect(page.locator("#wrap-up")).to_be_visible()
        await reader.wait_for_person("The same again")
        await claim_first(page)
        card = page.locator("#context-card")
        await card.evaluate("card => card.toggleAttribute('open', true)")
        await expect(page.locator("#earlier li")).to_contain_text("to be wrapped up")
        await check(page, "earlier")
        await page.locator("#earlier button").click()
        await expect(page.locator("#earlier li")).to_contain_text("merged")
        await expect(page.locator("#earlier button")).to_have_count(0)
        await expect(page.locator(".entry.note").last).to_contain_text(first)
        await expect(page.locator(CLOSED)).to_have_count(0)
        await page.locator("#earlier a").click()
        await expect(page.locator("#facts")).to_contain_text("merged")
        await expect(page).to_have_title(re.compile("^((?!owned).)*$"))
