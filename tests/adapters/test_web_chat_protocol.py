"""Does the socket keep every sentence of docs/reference/web-chat-protocol.md?"""

import json
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError
from sqlalchemy import func, select

from refdesk import State
from refdesk.adapters.web_chat.connection import EVENTS_AT_ONCE
from refdesk.core.lifecycle.wrapping_up import WrapUp
from refdesk.core.reader_tokens import LIFETIME_SECONDS, ReaderTokens
from refdesk.core.secrets import deployment_key
from refdesk.core.staff.authorise import Role, StaffActor
from refdesk.core.tables import ConsultationRow, EventRow, InboxRow, ReaderRow
from refdesk.core.turns.inbox import LONGEST_MESSAGE_CHARACTERS
from refdesk.errors import StorageError
from refdesk.knowledge_base import make_entry
from refdesk.storage import prepare
from refdesk.testing import Library, MakeLibrary
from tests.reader_page import Frame, Pages, ReaderPage, said, serving

LI = StaffActor("li", "Ms Li", Role.LIBRARIAN)
PRINTING = make_entry(
    "print", "Where can I print?", "Beside the stairs.", source="https://x.example/p", language="en"
)


@pytest.fixture
def asked(library: MakeLibrary) -> Library:
    return library(entries=[PRINTING], settings="[limits]\nburst = 60\nper_second = 2.0\n")


@pytest.fixture
async def pages(asked: Library) -> AsyncIterator[Pages]:
    async with serving(asked.app.server) as opened:
        yield opened


@pytest.fixture
async def page(pages: Pages) -> ReaderPage:
    return await pages.open()


def rows(library: Library, table: Any) -> int:
    count = prepare(select(func.count().label("number")).select_from(table.__table__))
    row = library.deployment.database.read_blocking(lambda tx: tx.one(count))
    return int(row["number"]) if row else 0


async def answered(page: ReaderPage, text: str) -> Frame:
    """Say something and wait for what is said to it."""
    accepted = await page.say(text)
    assert accepted["type"] == "accepted", accepted
    return await page.until(
        lambda f: f["type"] == "event" and f["from"] != "reader" and f["seq"] > accepted["seq"]
    )


async def test_a_new_reader_is_welcomed_with_a_token(page: ReaderPage) -> None:
    welcome = await page.hello()
    assert welcome == {"type": "welcome", "token": welcome["token"], "consultation": None, "seq": 0}
    assert welcome["token"]


async def test_before_the_first_message_nothing_is_stored(
    asked: Library, pages: Pages, page: ReaderPage
) -> None:
    token = (await page.hello())["token"]
    again = await (await pages.open()).hello(token)
    assert (again["token"], again["consultation"], again["seq"]) == (token, None, 0)
    assert [rows(asked, table) for table in (ReaderRow, ConsultationRow, EventRow, InboxRow)] == [
        0, 0, 0, 0,
    ]  # fmt: skip


async def test_a_question_is_accepted_shown_and_answered(page: ReaderPage) -> None:
    await page.hello()
    client_id = str(uuid.uuid4())
    accepted = await page.say("Where can I print?", client_id)
    assert accepted == {
        "type": "accepted", "client_id": client_id,
        "consultation": accepted["consultation"], "seq": 1,
    }  # fmt: skip
    own, reply = await page.event(), await page.event()
    assert (own["kind"], own["from"], own["seq"]) == ("message", "reader", 1)
    assert own["parts"] == [{"type": "text", "text": "Where can I print?"}]
    assert (reply["kind"], reply["from"], reply["automatic"]) == ("reply", "bot", True)
    assert reply["parts"][0] == {"type": "text", "text": "Beside the stairs."}
    assert reply["sources"] == [
        {"title": "Where can I print?", "url": "https://x.example/p", "entry": "print"}
    ]
    assert reply["at"] >= own["at"] > 1_600_000_000


async def test_accepted_means_that_it_is_stored(asked: Library, page: ReaderPage) -> None:
    await page.hello()
    await page.say("hello")
    assert rows(asked, InboxRow) == 1


async def test_a_page_resumes_by_number(pages: Pages, page: ReaderPage) -> None:
    await page.hello()
    for text in ("hello", "thanks", "Where can I print?"):
        await answered(page, text)
    for seen in range(7):
        other = await pages.open()
        welcome = await other.hello(page.token, page.consultation, seen)
        assert (welcome["consultation"], welcome["seq"]) == (page.consultation, 6)
        await other.quiet()
        assert [event["seq"] for event in other.events] == list(range(seen + 1, 7))


@pytest.mark.parametrize("named", [None, "of another", "no-such-consultation", "x" * 5000, "\x00"])
async def test_another_or_no_consultation_counts_as_nothing_seen(
    named: str | None, pages: Pages, page: ReaderPage
) -> None:
    other = await pages.open()
    await other.hello()
    await answered(other, "hello")
    await page.hello()
    await answered(page, "thanks")
    again = await pages.open()
    named = other.consultation if named == "of another" else named
    welcome = await again.hello(page.token, named, last_seen=1)
    assert (welcome["consultation"], welcome["seq"]) == (page.consultation, 2)
    await again.quiet()
    assert [said(event) for event in again.events][:1] == ["thanks"]
    assert len(again.events) == 2


async def test_a_consultation_of_somebody_else_is_treated_as_none(
    pages: Pages, page: ReaderPage
) -> None:
    await page.hello()
    await answered(page, "hello")
    stranger = await pages.open()
    token = (await stranger.hello())["token"]
    welcome = await stranger.hello(token, page.consultation, 0)
    assert (welcome["consultation"], welcome["seq"]) == (None, 0)
    await answered(page, "thanks")
    assert await stranger.quiet() == []


async def test_a_number_that_the_log_does_not_have_counts_as_nothing_seen(
    pages: Pages, page: ReaderPage
) -> None:
    """As after a restore from a backup: the reader sees what there is, and what comes."""
    await page.hello()
    await answered(page, "hello")
    again = await pages.open()
    await again.hello(page.token, page.consultation, last_seen=5000)
    await again.quiet()
    assert [event["seq"] for event in again.events] == [1, 2]
    await answered(again, "thanks")


async def test_a_repeated_client_id_gets_the_same_answer_and_runs_nothing(
    pages: Pages, page: ReaderPage
) -> None:
    await page.hello()
    first = await page.say("Where can I print?", "same")
    await page.event("bot")
    for repeating in (page, await pages.open()):
        await repeating.hello(page.token)
        assert await repeating.say("other words", "same") == first
    frames = await page.quiet()
    assert [frame for frame in frames if frame["type"] == "event" and frame["seq"] > 2] == []


async def test_the_same_client_id_of_another_reader_is_another_message(
    pages: Pages, page: ReaderPage
) -> None:
    other = await pages.open()
    await page.hello()
    await other.hello()
    one, two = await page.say("hello", "same"), await other.say("hello", "same")
    assert one["consultation"] != two["consultation"]


@pytest.mark.parametrize(
    "token", ["forged", "", "a.b.c", "x" * 100_000, "\ud800", "\x00", "rid.9999999999." + "A" * 43]
)
async def test_a_forged_token_is_said_and_replaced(token: str, page: ReaderPage) -> None:
    await page.send(type="hello", token=token, consultation=None, last_seen=0)
    error = await page.next()
    assert (error["type"], error["code"]) == ("error", "invalid_token")
    welcome = await page.next()
    assert welcome["type"] == "welcome"
    assert (welcome["consultation"], welcome["seq"]) == (None, 0)
    assert welcome["token"] != token
    assert (await page.say("hello"))["type"] == "accepted"


async def test_an_expired_token_is_said_and_replaced(
    asked: Library, pages: Pages, page: ReaderPage
) -> None:
    await page.hello()
    await answered(page, "hello")
    now = asked.app.gateway.now()
    tokens = ReaderTokens(deployment_key(asked.deployment.folder))
    _, expired = tokens.issue(now - LIFETIME_SECONDS - 1)
    other = await pages.open()
    await other.send(type="hello", token=expired, consultation=page.consultation, last_seen=0)
    assert (await other.next())["code"] == "invalid_token"
    assert (await other.next())["consultation"] is None


async def test_a_token_of_another_library_opens_nothing(
    pages: Pages, page: ReaderPage, library: MakeLibrary
) -> None:
    await page.hello()
    await answered(page, "hello")
    async with serving(library().app.server) as elsewhere:
        stranger = await elsewhere.open()
        await stranger.send(
            type="hello", token=page.token, consultation=page.consultation, last_seen=0
        )
        assert (await stranger.next())["code"] == "invalid_token"
    assert (await (await pages.open()).hello(page.token))["consultation"] == page.consultation


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "x"])
async def test_a_page_of_another_origin_is_refused(origin: str, pages: Pages) -> None:
    with pytest.raises(WSServerHandshakeError) as refusal:
        await pages.open(Origin=origin)
    assert refusal.value.status == 403


async def test_our_own_pages_are_let_in(pages: Pages) -> None:
    page = await pages.open(Origin=pages.address)
    assert (await page.hello())["type"] == "welcome"


async def test_the_public_address_decides_whose_pages_are_ours(library: MakeLibrary) -> None:
    asked = library(settings='[web]\npublic_url = "https://library.example.edu/ask"\n')
    async with serving(asked.app.server) as pages:
        pages.address += "/ask"
        assert await (await pages.open(Origin="https://library.example.edu")).hello()
        with pytest.raises(WSServerHandshakeError):
            await pages.open(Origin=pages.address.removesuffix("/ask"))


async def test_nothing_is_compressed(page: ReaderPage) -> None:
    assert page.socket.compress == 0


MALFORMED = {
    "not JSON": "}{",
    "empty": "",
    "a number": "5",
    "a list": '[{"type":"hello"}]',
    "null": "null",
    "no type": "{}",
    "a type that is no text": '{"type":["hello"]}',
    "an unknown type": '{"type":"subscribe"}',
    "deep nesting": "[" * 100_000,
    "a deep object": '{"type":' * 50_000,
    "a huge number": '{"type":"hello","token":null,"last_seen":1' + "0" * 10_000 + "}",
    "not a number": '{"type":"hello","token":null,"last_seen":NaN}',
    "a negative number": '{"type":"hello","token":null,"last_seen":-1}',
    "true as a number": '{"type":"hello","token":null,"last_seen":true}',
    "a fraction": '{"type":"hello","token":null,"last_seen":1.5}',
    "a token that is no text": '{"type":"hello","token":5}',
    "a consultation that is no text": '{"type":"hello","token":null,"consultation":{}}',
    "no client_id": '{"type":"message","text":"hello"}',
    "a client_id that is no text": '{"type":"message","client_id":5,"text":"hello"}',
    "a client_id with spaces": '{"type":"message","client_id":"a b","text":"hello"}',
    "a long client_id": '{"type":"message","client_id":"' + "a" * 65 + '","text":"hello"}',
    "no text": '{"type":"message","client_id":"a"}',
    "a text that is no text": '{"type":"message","client_id":"a","text":{"$ne":""}}',
    "a blank text": '{"type":"message","client_id":"a","text":" \\n\\t "}',
    "only control characters": '{"type":"message","client_id":"a","text":"\\u0000\\u001b"}',
    "an action that is none": '{"type":"message","client_id":"a","text":"x","action":"<b>"}',
    "half a character in an action": (
        '{"type":"message","client_id":"a","text":"x","action":"faq.entry:\\ud800"}'
    ),
    "an action that is no text": '{"type":"message","client_id":"a","text":"x","action":[]}',
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_frame_is_explained_and_harms_nothing(
    name: str, asked: Library, page: ReaderPage
) -> None:
    await page.hello()
    await page.socket.send_str(MALFORMED[name])
    error = await page.next()
    assert error["type"] == "error"
    assert re.fullmatch(r"[a-z_]+", error["code"])
    assert error["message"].endswith(".")
    assert rows(asked, InboxRow) == 0
    assert (await page.say("hello"))["type"] == "accepted", "the page goes on"


async def test_a_binary_frame_is_explained(page: ReaderPage) -> None:
    await page.hello()
    await page.socket.send_bytes(b"\x00\x01")
    assert (await page.next())["code"] == "binary_frame"
    assert (await page.say("hello"))["type"] == "accepted"


async def test_bytes_that_are_no_text_close_the_socket_and_nothing_else(
    pages: Pages, page: ReaderPage
) -> None:
    await page.hello()
    writer = page.socket._writer
    await writer.send_frame(b"\xff\xfe\xfd", WSMsgType.TEXT)
    assert (await page.socket.receive()).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
    assert page.socket.close_code == 1007
    assert (await (await pages.open()).hello())["type"] == "welcome"


async def test_a_text_of_a_megabyte_is_too_long_and_the_page_goes_on(
    asked: Library, page: ReaderPage
) -> None:
    await page.hello()
    refused = await page.say("x" * 1_000_000)
    assert (refused["type"], refused["code"]) == ("error", "too_long")
    assert rows(asked, InboxRow) == 0
    assert (await page.say("x" * LONGEST_MESSAGE_CHARACTERS))["type"] == "accepted"


async def test_a_frame_of_ten_megabytes_closes_the_socket_and_nothing_else(
    pages: Pages, page: ReaderPage
) -> None:
    await page.hello()
    with suppress(ConnectionError):
        await page.socket.send_str("x" * 10_000_000)
    assert (await page.socket.receive()).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
    assert (await (await pages.open()).hello())["type"] == "welcome"


async def test_a_message_before_the_hello_is_refused(asked: Library, page: ReaderPage) -> None:
    refused = await page.say("hello", "early")
    assert (refused["code"], refused["client_id"]) == ("hello_first", "early")
    assert rows(asked, ReaderRow) == 0


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "\u202eright to left\u202c \u2066isolated\u2069",
        "{{ 7 * 7 }} {name} %s %(x)s ${y}",
        "'; DROP TABLE event; --",
        "a\u2028b\u2029c",
        "zero\u200bwidth",
        "👩‍👩‍👧‍👦 汉字 ﷽",
        "line one\nline two\tand a tab",
    ],
)  # fmt: skip
async def test_what_a_reader_typed_comes_back_as_it_was(text: str, page: ReaderPage) -> None:
    await page.hello()
    await page.say(text)
    own = await page.event()
    assert own["parts"] == [{"type": "text", "text": text}]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b", "ab"),
        ("\x1b[2Jcleared", "[2Jcleared"),
        ("bell\x07 del\x7f c1\x9b", "bell del c1"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("half \ud800 a character", "half ? a character"),
        ("  spaces around  ", "spaces around"),
    ],
)
async def test_what_nobody_can_read_is_left_out(text: str, kept: str, page: ReaderPage) -> None:
    await page.hello()
    await page.say(text)
    assert said(await page.event()) == kept
    assert (await page.event("bot"))["kind"] == "reply"


@pytest.mark.parametrize("text", ["\u200b", "\ufeff", "\u202e \u2066\u2069", "\u00a0\u3000\n"])
async def test_a_text_in_which_there_is_nothing_to_see_is_empty(
    text: str, page: ReaderPage
) -> None:
    await page.hello()
    assert (await page.say(text))["code"] == "empty_message"


async def test_two_pages_of_one_reader_show_the_same(pages: Pages, page: ReaderPage) -> None:
    token = (await page.hello())["token"]
    second = await pages.open()
    await second.hello(token)
    await answered(page, "hello")
    await answered(second, "thanks")
    await page.quiet()
    await second.quiet()
    assert page.events == second.events
    assert [event["seq"] for event in page.events] == [1, 2, 3, 4]


async def test_a_page_may_say_hello_again(pages: Pages, page: ReaderPage) -> None:
    await page.hello()
    await answered(page, "hello")
    await page.hello(page.token, page.consultation, 2)
    await answered(page, "thanks")
    assert [event["seq"] for event in page.events] == [1, 2, 3, 4], "nothing is shown twice"
    await page.hello(None)
    await answered(page, "hello")
    assert page.events[-2]["seq"] == 1, "without its token it is a new reader"
    old = await pages.open()
    await old.hello(page.frames[0]["token"])
    assert len([frame for frame in await old.quiet() if frame["type"] == "event"]) == 4


async def test_a_flood_is_told_how_long_to_wait_and_reaches_nobody_else(
    pages: Pages, page: ReaderPage
) -> None:
    await page.hello()
    for number in range(80):
        await page.send(type="message", client_id=f"f{number}", text="thanks")
    outcomes = {}
    while len(outcomes) < 80:
        frame = await page.next()
        if frame["type"] in ("accepted", "error"):
            outcomes[frame["client_id"]] = frame
    refused = [frame for frame in outcomes.values() if frame["type"] == "error"]
    assert refused
    assert {frame["code"] for frame in refused} == {"too_many_messages"}
    assert all(0 < frame["retry_after"] <= 1 for frame in refused)
    other = await pages.open()
    await other.hello()
    assert (await answered(other, "hello"))["from"] == "bot"


async def test_a_page_that_floods_for_long_is_told_each_time_and_stays_connected(
    page: ReaderPage,
) -> None:
    await page.hello()
    for number in range(5000):
        await page.send(type="message", client_id=f"f{number}", text="thanks")
    told = {frame["client_id"] async for frame in first(page, 5000)}
    assert len(told) == 5000


async def first(page: ReaderPage, number: int) -> AsyncIterator[Frame]:
    """The next outcomes of messages."""
    while number:
        frame = await page.next()
        if frame["type"] in ("accepted", "error"):
            number -= 1
            yield frame


async def test_numbers_rise_over_the_whole_life_of_a_consultation(
    asked: Library, page: ReaderPage
) -> None:
    desk = asked.app.desk
    await page.hello()
    await answered(page, "Where can I print?")
    waiting = await answered(page, "librarian")
    assert (waiting["kind"], waiting["state"]) == ("state", "waiting")
    consultation = waiting["consultation"]
    await desk.claim(LI, consultation)
    claimed = await page.event("system")
    assert (claimed["state"], claimed["name"]) == ("with_librarian", "Ms Li")
    await desk.reply(LI, consultation, "Good morning <b>!</b>", "d1")
    reply = await page.event("librarian")
    assert (said(reply), reply["name"], "automatic" in reply) == (
        "Good morning <b>!</b>",
        "Ms Li",
        False,
    )
    await page.say("thanks")
    assert [frame["from"] for frame in await page.quiet() if frame["type"] == "event"] == ["reader"]
    await desk.close(LI, consultation)
    assert (await page.event("system"))["state"] == "closed"
    seqs = [event["seq"] for event in page.events]
    assert seqs == sorted(set(seqs))


async def test_soon_after_the_end_a_message_goes_on_in_the_same_consultation(
    asked: Library, pages: Pages, page: ReaderPage
) -> None:
    await page.hello()
    consultation = (await answered(page, "librarian"))["consultation"]
    await asked.app.desk.claim(LI, consultation)
    await asked.app.desk.close(LI, consultation)
    closed = await page.until(lambda frame: frame.get("state") == "closed")
    other = await pages.open()
    await other.hello(page.token, consultation, closed["seq"])
    accepted = await page.say("thanks")
    assert accepted["consultation"] == consultation
    assert accepted["seq"] == closed["seq"] + 2
    for one in (page, other):
        events = [await one.event() for _ in range(3)]
        assert [event["seq"] for event in events] == [closed["seq"] + n for n in (1, 2, 3)]
        assert [event.get("state") for event in events] == ["self_service", None, None]
        assert [event["from"] for event in events] == ["system", "reader", "bot"]


async def test_after_the_end_for_good_a_new_message_opens_a_new_consultation(
    pages: Pages, page: ReaderPage
) -> None:
    await page.hello()
    closed = await answered(page, "stop")
    consultation = closed["consultation"]
    assert closed["state"] == "closed"
    old = await pages.open()
    welcome = await old.hello(page.token, consultation, closed["seq"])
    assert welcome["consultation"] == consultation, "an ended one may still be read"
    accepted = await page.say("hello")
    assert accepted["consultation"] != consultation
    assert accepted["seq"] == 1
    assert [(await page.event())["seq"] for _ in range(2)] == [1, 2]
    assert [(await old.event())["seq"] for _ in range(2)] == [1, 2], "the other page follows"


async def test_notes_of_the_staff_are_gaps(asked: Library, pages: Pages, page: ReaderPage) -> None:
    await page.hello()
    consultation = (await answered(page, "librarian"))["consultation"]
    found = await asked.app.desk.reading.consultation(consultation)
    assert found is not None
    assert found.state is State.WAITING
    await asked.app.desk.claim(LI, consultation)
    await asked.app.desk.close(LI, consultation)
    await asked.app.desk.wrap_up(LI, consultation, WrapUp("answered"))
    everything = await asked.app.desk.reading.events(consultation, 0)
    assert everything[-1].audience == "staff"
    again = await pages.open()
    await again.hello(page.token, consultation, 0)
    await again.quiet()
    seen = [event["seq"] for event in again.events]
    assert seen == [event.seq for event in everything if event.audience == "everybody"]


async def test_a_long_log_is_resumed_whole(asked: Library, pages: Pages, page: ReaderPage) -> None:
    await page.hello()
    consultation = (await answered(page, "librarian"))["consultation"]
    await asked.app.desk.claim(LI, consultation)
    number = 20 * EVENTS_AT_ONCE
    for n in range(number):
        done = await asked.app.desk.reply(LI, consultation, f"{n} " + "words " * 100, f"d{n}")
        assert done.word == "done"
    again = await pages.open()
    await again.send(type="hello", token=page.token, consultation=None, last_seen=0)
    # A slow page: it begins to take in what it is sent only when the server had time to send all.
    await asked.app.settle()
    last = await again.until(lambda f: f["type"] == "event" and f["seq"] == number + 3)
    assert said(last).startswith(f"{number - 1} ")
    assert [event["seq"] for event in again.events] == list(range(1, number + 4))


async def test_a_page_that_takes_nothing_in_does_not_make_the_server_keep_its_whole_log_ready(
    asked: Library, pages: Pages, page: ReaderPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await page.hello()
    consultation = (await answered(page, "librarian"))["consultation"]
    await asked.app.desk.claim(LI, consultation)
    await page.socket.close()
    number = 2000
    for n in range(number):
        await asked.app.desk.reply(LI, consultation, "words " * 1300, f"d{n}")
    events_after, read = asked.app.gateway.events_after, []

    async def noted(*arguments: Any, **named: Any) -> Any:
        found = await events_after(*arguments, **named)
        read.extend(found or ())
        return found

    monkeypatch.setattr(asked.app.gateway, "events_after", noted)
    again = await pages.open()
    again.socket._conn.transport.pause_reading()
    await again.send(type="hello", token=page.token, consultation=None, last_seen=0)
    for _ in range(50):
        await (await pages.open()).hello(page.token, consultation, number + 3)
    assert EVENTS_AT_ONCE <= len(read) < number
    again.socket._conn.transport.resume_reading()
    last = await again.until(lambda f: f["type"] == "event" and f["seq"] == number + 3)
    assert last["from"] == "librarian"


async def test_a_page_that_takes_nothing_in_is_hung_up_and_can_resume(
    asked: Library, pages: Pages, page: ReaderPage
) -> None:
    await page.hello()
    consultation = (await answered(page, "librarian"))["consultation"]
    await asked.app.desk.claim(LI, consultation)
    transport = page.socket._conn.transport
    transport.pause_reading()
    for n in range(3000):
        await asked.app.desk.reply(LI, consultation, "words " * 1000, f"d{n}")
        if n % 500 == 0:
            assert (await (await pages.open()).hello())["type"] == "welcome"
    transport.resume_reading()
    while not page.socket.closed:
        with suppress(AssertionError):
            await page.receive()
    assert page.socket.close_code == 1013
    again = await pages.open()
    await again.hello(page.token, page.consultation, page.last_seen)
    last = await again.until(lambda f: f["type"] == "event" and f["seq"] == 3003)
    assert last["from"] == "librarian"


async def test_a_full_disk_is_said_and_the_message_can_be_sent_again(
    asked: Library, page: ReaderPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = asked.app.turns._store
    accept = store.accept

    async def full(_message: object) -> None:
        raise StorageError("database or disk is full")

    await page.hello()
    monkeypatch.setattr(store, "accept", full)
    refused = await page.say("hello", "again")
    assert (refused["code"], refused["retry_after"]) == ("not_stored", 5.0)
    monkeypatch.setattr(store, "accept", accept)
    assert (await page.say("hello", "again"))["type"] == "accepted"


async def test_the_language_of_the_page_counts_when_the_words_do_not_tell(
    pages: Pages, page: ReaderPage
) -> None:
    await page.hello(language="zh")
    assert said(await answered(page, "ok hi?")).isascii() is False
    other = await pages.open()
    await other.hello(language="fr")
    assert said(await answered(other, "hello")).startswith("Hello!")


async def test_frames_are_plain_json_with_readable_chinese(page: ReaderPage) -> None:
    await page.hello()
    await page.send(type="message", client_id="zh", text="你好")
    message = await page.socket.receive()
    while "你好" not in message.data:
        message = await page.socket.receive()
    assert json.loads(message.data)["type"] == "event"
