"""Are the pieces of one thought read together, and is nothing else kept waiting?"""

import asyncio

import pytest

from refdesk import Option, State
from refdesk.core.consultations import Event
from refdesk.core.log.parts_json import plain_text
from refdesk.core.messages import InboundMessage
from refdesk.core.staff.authorise import Role, StaffActor
from refdesk.core.turns.fragments import breaks_off
from refdesk.knowledge_base import make_entry
from refdesk.testing import Library, MakeLibrary

RENEW = make_entry("renew", "How do I renew a book?", "Press Renew.", language="en")
RENEW_ZH = make_entry("renew-zh", "图书怎么续借？", "点击续借。", language="zh")
LONG_SECONDS = 30.0
SHORT_SECONDS = 0.05


async def pieces(library: Library, *texts: str) -> list[Event]:
    """Send several messages at once; return the answers."""
    gateway = library.app.gateway
    for text in texts:
        accepted = await gateway.accept(
            InboundMessage("web_chat", "r", f"r:{text}", text, gateway.now())
        )
    await library.app.settle(20)
    events = await gateway.events_after("r", accepted.consultation, 0) or []
    return [event for event in events if event.sender != "reader"]


def library_with(library: MakeLibrary, seconds: float) -> Library:
    asked = library(entries=[RENEW, RENEW_ZH])
    asked.app.turns.fragment_seconds = seconds
    return asked


@pytest.mark.parametrize(
    ("texts", "answer"),
    [
        (("hi", "How do I renew a book?"), "Press Renew."),
        (("你好", "我想问", "图书怎么续借？"), "点击续借。"),
        (("hello", "excuse me", "how do I renew,", "a book?"), "Press Renew."),
    ],
)
async def test_pieces_sent_one_after_the_other_get_one_answer(
    texts: tuple[str, ...], answer: str, library: MakeLibrary
) -> None:
    answers = await pieces(library_with(library, LONG_SECONDS), *texts)
    assert len(answers) == 1
    assert answer in plain_text(answers[0].parts)


async def test_a_whole_question_does_not_wait(library: MakeLibrary) -> None:
    asked = library_with(library, LONG_SECONDS * 100)
    async with asyncio.timeout(20):
        assert len(await pieces(asked, "How do I renew a book?", "图书怎么续借？")) == 2


async def test_a_greeting_alone_is_greeted_and_an_announced_question_is_waited_for(
    library: MakeLibrary,
) -> None:
    asked = library_with(library, SHORT_SECONDS)
    assert plain_text((await pieces(asked, "hello"))[0].parts).startswith("Hello!")
    assert "请讲" in plain_text((await pieces(asked, "我想问"))[-1].parts)


async def test_a_command_after_a_greeting_stands_for_itself(library: MakeLibrary) -> None:
    asked = library_with(library, LONG_SECONDS)
    answers = await pieces(asked, "hi", "librarian")
    assert plain_text(answers[0].parts).startswith("Hello!")
    assert answers[-1].state in (State.WAITING, State.ASYNCHRONOUS)


async def test_pieces_said_to_a_person_are_not_touched(library: MakeLibrary) -> None:
    asked = library_with(library, LONG_SECONDS)
    await pieces(asked, "librarian")
    consultation = await asked.app.gateway.current_consultation("web_chat", "r")
    assert consultation
    await asked.app.desk.claim(StaffActor("li", "Ms Li", Role.LIBRARIAN), consultation)
    async with asyncio.timeout(20):
        await pieces(asked, "hi", "I mean the blue book")
    events = await asked.app.gateway.events_after("r", consultation, 0) or []
    assert [plain_text(one.parts) for one in events if one.kind == "message"] == [
        "librarian",
        "hi",
        "I mean the blue book",
    ]


@pytest.mark.parametrize("text", ["I need,", "请问：", "和…", "and then ...  "])
def test_a_text_that_breaks_off(text: str) -> None:
    assert breaks_off(text)


@pytest.mark.parametrize("text", ["Where?", "图书馆几点开门", "ok.", "", Option("a", "b").label])
def test_a_text_that_ends(text: str) -> None:
    assert not breaks_off(text)
