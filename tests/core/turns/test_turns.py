"""Are messages of one consultation worked on in order, one at a time, and beside all others?"""

import asyncio
from collections.abc import Awaitable, Callable
from types import ModuleType

import pytest
from sqlalchemy import column, insert, table, text

from refdesk import Command, CommandCall, Offer, PluginContext, Question, hookimpl
from refdesk.core.consultations import Event
from refdesk.core.log.parts_json import plain_text
from refdesk.core.messages import InboundMessage
from refdesk.core.staff.authorise import Role, StaffActor
from refdesk.core.turns import turns
from refdesk.core.turns.store import Finished, Outcome, Overtaken, Turn
from refdesk.errors import StorageError
from refdesk.storage import prepare
from refdesk.testing import Library, MakeLibrary

Answer = Callable[[Question], Awaitable[Offer | None]]
LI = StaffActor("li", "Ms Li", Role.LIBRARIAN)
Logged = list[dict[str, object]]


def answering(answer: Answer) -> ModuleType:
    @hookimpl
    async def answer_question(question: Question) -> Offer | None:
        return await answer(question)

    module = ModuleType("answering")
    module.answer_question = answer_question  # type: ignore[attr-defined]
    return module


def commanding(*commands: Command) -> ModuleType:
    @hookimpl
    def register_commands() -> list[Command]:
        return list(commands)

    module = ModuleType("commanding")
    module.register_commands = register_commands  # type: ignore[attr-defined]
    return module


async def send(library: Library, reader: str, text: str) -> str:
    """Send without waiting for the answer; return the consultation."""
    message = InboundMessage("web_chat", reader, f"{reader}:{text}", text, 0.0, "en")
    return (await library.app.gateway.accept(message)).consultation


async def log_of(library: Library, consultation: str) -> list[Event]:
    await library.app.settle(10)
    return await library.app.desk.reading.events(consultation, 0)


def said(events: list[Event]) -> list[tuple[str, str]]:
    return [(event.sender, plain_text(event.parts)) for event in events]


async def test_messages_of_one_reader_are_answered_in_order(library: MakeLibrary) -> None:
    at_once: list[str] = []

    async def answer(question: Question) -> Offer:
        assert at_once == [], "one at a time"
        at_once.append(question.text)
        # The earlier the question, the longer it takes.
        await asyncio.sleep(0.05 / int(question.text.split()[1]))
        at_once.clear()
        return Offer(f"answer to {question.text}", 0.9)

    asked = library(answering(answer))
    consultations = {await send(asked, "r1", f"question {n}") for n in range(1, 9)}
    events = await log_of(asked, consultations.pop())
    assert [text for sender, text in said(events) if sender == "bot"] == [
        f"answer to question {n}" for n in range(1, 9)
    ]


async def test_readers_are_answered_side_by_side(library: MakeLibrary) -> None:
    everybody_is_here = asyncio.Barrier(5)

    async def answer(_question: Question) -> Offer:
        await everybody_is_here.wait()
        return Offer("all of you", 0.9)

    asked = library(answering(answer))
    consultations = [await send(asked, f"r{n}", "the question") for n in range(5)]
    for consultation in consultations:
        assert said(await log_of(asked, consultation))[-1] == ("bot", "all of you")


async def test_an_answer_decided_before_a_claim_is_not_given_after_it(
    library: MakeLibrary,
) -> None:
    deciding, claimed = asyncio.Event(), asyncio.Event()

    async def answer(_question: Question) -> Offer:
        deciding.set()
        await claimed.wait()
        return Offer("the bot's answer", 0.9)

    asked = library(answering(answer))
    consultation = await send(asked, "r1", "librarian")
    await asked.app.settle(10)
    await promise_for_later(asked, consultation)
    await send(asked, "r1", "and another question")
    await deciding.wait()
    assert (await asked.app.desk.claim(LI, consultation)).word == "done"
    claimed.set()
    events = said(await log_of(asked, consultation))
    assert ("bot", "the bot's answer") not in events
    assert events[-1] == ("system", "Ms Li is here and reads your question.")


async def test_a_message_that_breaks_the_program_is_apologised_for(
    library: MakeLibrary, monkeypatch: pytest.MonkeyPatch, logged: Logged
) -> None:
    asked = library()
    handle = asked.app.pipeline.handle

    async def broken(turn: Turn) -> Outcome:
        if "break" in turn.message.text:
            raise RuntimeError("break it, my private words")
        return await handle(turn)

    monkeypatch.setattr(asked.app.pipeline, "handle", broken)
    consultation = await send(asked, "r1", "break it, my private words")
    await send(asked, "r1", "hello")
    events = said(await log_of(asked, consultation))
    assert ("bot", "Sorry, that did not work just now.") in events
    assert events[-1][1].startswith("Hello!"), "the next message is answered"
    assert [line["problem"] for line in logged if line["event"] == "message_failed"] == [
        "RuntimeError"
    ]


async def test_a_reply_that_cannot_be_stored_is_apologised_for(
    library: MakeLibrary, logged: Logged
) -> None:
    async def half_a_character(_call: CommandCall, _context: PluginContext) -> str:
        return "broken \ud83d emoji"

    asked = library(commanding(Command("commanding.x", half_a_character, {"en": ("emoji",)})))
    assert await asked.ask("emoji") == "Sorry, that did not work just now."
    assert await asked.ask("hello")
    assert [line["event"] for line in logged if line["event"] == "outcome_refused"]


async def test_a_row_that_can_never_be_written_is_apologised_for(
    library: MakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "FIRST_PAUSE_SECONDS", 0.01)
    missing = prepare(insert(table("no_such_table", column("x"))).values(x="y"))

    async def write(_call: CommandCall, context: PluginContext) -> str:
        context.write_row(missing)
        return "written"

    asked = library(commanding(Command("commanding.x", write, {"en": ("write",)})))
    assert await asked.ask("write") == "Sorry, that did not work just now."


async def test_while_nothing_can_be_written_messages_wait_in_order(
    library: MakeLibrary, monkeypatch: pytest.MonkeyPatch, logged: Logged
) -> None:
    monkeypatch.setattr(turns, "FIRST_PAUSE_SECONDS", 0.01)
    asked = library()
    store = asked.app.turns._store
    finish, disk = store.finish, ["full"] * 5

    async def finish_on_a_full_disk(turn: Turn, outcome: Outcome) -> Finished | Overtaken:
        if disk:
            disk.pop()
            raise StorageError("database or disk is full")
        return await finish(turn, outcome)

    monkeypatch.setattr(store, "finish", finish_on_a_full_disk)
    consultation = await send(asked, "r1", "hello")
    await send(asked, "r1", "thanks")
    replies = [text for sender, text in said(await log_of(asked, consultation)) if sender == "bot"]
    assert [text.split()[0] for text in replies] == ["Hello!", "You"]
    assert sum(line["event"] == "turn_put_off" for line in logged) == 5


async def test_an_answer_with_a_row_waits_too_while_nothing_can_be_written(
    library: MakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "FIRST_PAUSE_SECONDS", 0.01)
    row = prepare(text("UPDATE reader SET language = language"))

    async def write(_call: CommandCall, context: PluginContext) -> str:
        context.write_row(row)
        return "written"

    asked = library(commanding(Command("commanding.x", write, {"en": ("write",)})))
    finish, lost = asked.app.turns._store.finish, ["the connection"]

    async def finish_after_a_restart(turn: Turn, outcome: Outcome) -> Finished | Overtaken:
        if lost:
            raise StorageError(f"{lost.pop()} is lost")
        return await finish(turn, outcome)

    monkeypatch.setattr(asked.app.turns._store, "finish", finish_after_a_restart)
    assert await asked.ask("write") == "written"


async def test_what_was_left_unfinished_is_taken_up_at_the_next_start(
    library: MakeLibrary,
) -> None:
    never = asyncio.Event()

    async def answer(_question: Question) -> Offer:
        await never.wait()
        raise AssertionError

    asked = library(answering(answer))
    consultation = await send(asked, "r1", "a question that is never answered")
    await send(asked, "r1", "hello")
    await asked.app.turns.drain(0.01)
    assert asked.app.turns.in_hand == 0
    never.set()
    assert await asked.app.turns.recover() == 2
    events = said(await log_of(asked, consultation))
    assert [sender for sender, _text in events] == ["reader", "reader", "bot", "bot"]


async def promise_for_later(library: Library, consultation: str) -> None:
    """Put a waiting reader on the list for later, where the bot answers new questions."""
    change = prepare(text("UPDATE consultation SET state = 'asynchronous' WHERE id = :id"))
    await library.deployment.database.write(lambda tx: tx.run(change, id=consultation))
