"""Does every store keep the promises of `refdesk.core.turns.store.Store`?

A new engine adds a line to `STORES`; it may not change a test.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing

import pytest
from sqlalchemy import Column, MetaData, String, Table, insert

from refdesk import HandoffReason, Option, QueueChoice, Reply, Source, State, Text
from refdesk.core.intents import Say, WriteRow
from refdesk.core.messages import InboundMessage
from refdesk.core.turns.consultation_store import ConsultationStore
from refdesk.core.turns.store import Accepted, Finished, Outcome, Overtaken, Store, Turn, Waiting
from refdesk.errors import ConstraintError
from refdesk.storage import Database, prepare
from tests.databases import ENGINES, Place

OpenStore = Callable[[], Awaitable[Store]]
# A plugin's table with a rule that a row may break.
SEEN = Table("seen", MetaData(), Column("word", String, primary_key=True))
SEE = prepare(insert(SEEN))
CREATE_SEEN = "CREATE TABLE seen (word TEXT PRIMARY KEY)"


STORES = ENGINES  # the fixture `place` gives each of them in turn


@pytest.fixture
async def open_store(place: Place) -> AsyncIterator[OpenStore]:
    place.execute(CREATE_SEEN)
    opened: list[Database] = []

    async def open_again() -> Store:
        """End the store before, as a crash would, and open what it has left."""
        while opened:
            opened.pop().close()
        opened.append(place.open())
        return ConsultationStore(opened[0], "main")

    yield open_again
    for database in opened:
        database.close()


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()


def message(key: str, rid: str = "r1", text: str = "", account: str = "web_chat") -> InboundMessage:
    return InboundMessage(account, rid, f"{rid}:{key}", text or f"text {key}", 0.0, "en")


def saying(*texts: str, misses: int = 0, offered: tuple[Option, ...] = ()) -> Outcome:
    says = tuple(Say(Reply((Text(text),), (Source("Rules"),))) for text in texts)
    return Outcome("en", says, misses=misses, offered=offered)


def waiting(wait: str = "waiting") -> Outcome:
    choice = QueueChoice("reference", wait, "You are next.")  # type: ignore[arg-type]
    return Outcome("en", waiting=Waiting(choice, HandoffReason.ASKED.value))


async def accept(store: Store, key: str, rid: str = "r1", text: str = "") -> Turn:
    accepted = await store.accept(message(key, rid, text))
    assert accepted.turn is not None
    return accepted.turn


async def finish(store: Store, turn: Turn, outcome: Outcome) -> Finished:
    finished = await store.finish(turn, outcome)
    assert isinstance(finished, Finished)
    return finished


async def test_the_first_message_opens_a_consultation(store: Store) -> None:
    accepted = await store.accept(message("a"))
    assert (accepted.arrival, accepted.seq) == ("new", 1)
    assert accepted.turn is not None
    assert accepted.turn.consultation.state is State.SELF_SERVICE
    assert accepted.turn.consultation.id == accepted.consultation
    assert [(one.seq, one.kind, one.sender) for one in accepted.events] == [
        (1, "message", "reader")
    ]
    assert accepted.events[0].parts == (Text("text a"),)


async def test_the_next_message_goes_on_in_it(store: Store) -> None:
    first, second = await store.accept(message("a")), await store.accept(message("b"))
    assert second.consultation == first.consultation
    assert second.seq == 2


async def test_readers_and_accounts_have_consultations_of_their_own(store: Store) -> None:
    accepted = [
        await store.accept(message("a")),
        await store.accept(message("a", "r2")),
        await store.accept(message("a", account="email")),
    ]
    assert len({one.consultation for one in accepted}) == 3


async def test_a_repeat_gets_the_first_result_and_starts_nothing(store: Store) -> None:
    first = await store.accept(message("a"))
    await store.accept(message("b"))
    again = await store.accept(message("a", text="other words"))
    assert again == Accepted("repeat", first.consultation, first.seq, None, ())


async def test_a_repeat_after_the_answer_is_still_a_repeat(open_store: OpenStore) -> None:
    store = await open_store()
    turn = await accept(store, "a")
    await finish(store, turn, saying("done"))
    store = await open_store()
    again = await store.accept(message("a"))
    assert (again.arrival, again.seq) == ("repeat", 1)
    assert await store.claim() == []


async def test_copies_that_arrive_together_are_accepted_once(store: Store) -> None:
    accepted = await asyncio.gather(*(store.accept(message("a")) for _ in range(20)))
    assert sorted(one.arrival for one in accepted) == ["new"] + ["repeat"] * 19
    assert len({(one.consultation, one.seq) for one in accepted}) == 1


async def test_first_messages_that_arrive_together_open_one_consultation(store: Store) -> None:
    accepted = await asyncio.gather(*(store.accept(message(str(n))) for n in range(20)))
    assert len({one.consultation for one in accepted}) == 1
    assert [one.seq for one in accepted] == list(range(1, 21)), "in the order of arrival"


async def test_what_is_accepted_can_be_claimed_after_a_crash(open_store: OpenStore) -> None:
    store = await open_store()
    turns = [await accept(store, key, rid) for key, rid in (("a", "r1"), ("b", "r2"), ("c", "r1"))]
    await finish(store, turns[0], saying("done"))
    store = await open_store()
    claimed = await store.claim()
    assert {(one.consultation.rid, one.seq, one.message.text) for one in claimed} == {
        ("r2", 1, "text b"),
        ("r1", 2, "text c"),
    }
    for turn in claimed:
        await finish(store, turn, saying("late"))
    assert await store.claim() == []


async def test_claimed_messages_of_one_consultation_are_in_order(open_store: OpenStore) -> None:
    store = await open_store()
    for number in range(20):
        await store.accept(message(str(number), f"r{number % 3}"))
    claimed = await (await open_store()).claim()
    for rid in ("r0", "r1", "r2"):
        seqs = [one.seq for one in claimed if one.consultation.rid == rid]
        assert seqs == sorted(seqs)
    assert len(claimed) == 20


async def test_a_pressed_button_survives_a_crash(open_store: OpenStore) -> None:
    store = await open_store()
    pressed = InboundMessage("web_chat", "r1", "k", "Printing", 0.0, "zh", action="faq.entry:print")
    await store.accept(pressed)
    claimed = await (await open_store()).claim()
    assert [(one.message.action, one.message.language) for one in claimed] == [
        ("faq.entry:print", "zh")
    ]


@pytest.mark.parametrize(
    "text", ["<b>&amp;", "\u202eevil", "'; DROP TABLE event; --", "{x} %s", "你好\n\t👍"]
)
async def test_text_is_kept_as_it_is(text: str, open_store: OpenStore) -> None:
    await (await open_store()).accept(message("a", text=text))
    assert [one.message.text for one in await (await open_store()).claim()] == [text]


async def test_replies_are_numbered_after_the_messages(store: Store) -> None:
    first, _second = await accept(store, "a"), await accept(store, "b")
    finished = await finish(store, first, saying("one", "two"))
    assert [(one.seq, one.kind, one.sender) for one in finished.events] == [
        (3, "reply", "bot"),
        (4, "reply", "bot"),
    ]
    assert finished.events[0].sources == (Source("Rules"),)
    assert (await store.accept(message("c"))).seq == 5


async def test_a_turn_finished_twice_is_written_once(store: Store) -> None:
    turn = await accept(store, "a")
    await finish(store, turn, saying("one"))
    again = await store.finish(turn, saying("one"))
    assert isinstance(again, Finished)
    assert again.events == ()
    assert (await store.accept(message("b"))).seq == 3


@pytest.mark.parametrize("outcome", [saying("x", misses=1), waiting()], ids=["reply", "state"])
async def test_copies_of_a_turn_that_finish_together_are_written_once(
    outcome: Outcome, store: Store
) -> None:
    turn = await accept(store, "a")
    results = await asyncio.gather(*(store.finish(turn, outcome) for _ in range(5)))
    assert sum(len(one.events) for one in results if isinstance(one, Finished)) == 1


async def test_an_outcome_decided_on_old_knowledge_is_not_written(store: Store) -> None:
    first, second = await accept(store, "a"), await accept(store, "b")
    await finish(store, first, waiting())
    overtaken = await store.finish(second, saying("too late"))
    assert isinstance(overtaken, Overtaken)
    assert overtaken.consultation.state is State.WAITING
    assert [one.seq for one in await store.claim()] == [2], "it has still to be done"
    retry = Turn(overtaken.consultation, second.message, second.seq)
    assert (await finish(store, retry, saying())).events == ()
    assert (await store.accept(message("c"))).seq == 4, "nothing was said in between"


async def test_a_consultation_remembers_misses_buttons_and_language(store: Store) -> None:
    turn = await accept(store, "a")
    offered = (Option("Printing", "faq.entry:print"),)
    outcome = Outcome("zh", saying("x").intents, misses=1, offered=offered)
    finished = await finish(store, turn, outcome)
    later = (await accept(store, "b")).consultation
    assert (later.misses, later.offered, later.language) == (1, offered, "zh")
    assert later.version == finished.consultation.version > turn.consultation.version


async def test_silence_changes_nothing_but_that_it_is_done(store: Store) -> None:
    turn = await accept(store, "a")
    finished = await finish(store, turn, saying())
    assert finished.events == ()
    assert finished.consultation.version == turn.consultation.version
    assert await store.claim() == []


async def test_a_handoff_puts_the_reader_on_the_list_with_a_promise(store: Store) -> None:
    finished = await finish(store, await accept(store, "a"), waiting())
    assert finished.consultation.state is State.WAITING
    assert finished.consultation.queue == "reference"
    assert finished.consultation.handoff_reason == "asked_for_person"
    event = finished.events[-1]
    assert (event.kind, event.sender, event.state) == ("state", "system", State.WAITING)
    assert event.parts == (Text("You are next."),)


async def test_one_who_waits_already_is_told_and_keeps_their_place(store: Store) -> None:
    since = (await finish(store, await accept(store, "a"), waiting())).consultation.since
    finished = await finish(store, await accept(store, "b"), waiting())
    assert [(one.kind, one.state) for one in finished.events] == [("notice", None)]
    assert finished.consultation.since == since


async def test_a_promise_for_later_is_a_state_of_its_own(store: Store) -> None:
    finished = await finish(store, await accept(store, "a"), waiting("asynchronous"))
    assert finished.consultation.state is State.ASYNCHRONOUS


async def test_a_reader_may_return_to_self_service(store: Store) -> None:
    await finish(store, await accept(store, "a"), waiting())
    back = Outcome("en", returned="to self-service")
    finished = await finish(store, await accept(store, "b"), back)
    assert finished.consultation.state is State.SELF_SERVICE
    assert [one.state for one in finished.events] == [State.SELF_SERVICE]


async def test_a_plugin_s_row_is_written_with_the_reply_or_neither_is(store: Store) -> None:
    def seeing(text: str) -> Outcome:
        return Outcome("en", (*saying(text).intents, WriteRow(SEE, {"word": "x"})))

    await finish(store, await accept(store, "a"), seeing("first"))
    turn = await accept(store, "b")
    with pytest.raises(ConstraintError):
        await store.finish(turn, seeing("second"))
    assert [one.seq for one in await store.claim()] == [turn.seq]
    assert (await finish(store, turn, saying("sorry"))).events[0].seq == turn.seq + 1


async def test_a_unit_that_fails_harms_no_other_that_was_waiting_beside_it(store: Store) -> None:
    turns = [await accept(store, "a", f"r{number}") for number in range(10)]
    row = WriteRow(SEE, {"word": "x"})
    outcomes = [Outcome("en", (*saying("x").intents, row)) for _ in turns]
    results = await asyncio.gather(
        *(store.finish(turn, one) for turn, one in zip(turns, outcomes, strict=True)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Finished) for one in results) == 1
    assert sum(isinstance(one, ConstraintError) for one in results) == 9
    assert len(await store.claim()) == 9


def test_the_probe_of_a_plugin_s_rows_is_about_a_real_table(place: Place) -> None:
    place.execute(CREATE_SEEN)
    with closing(place.open()) as database:
        assert database.write_blocking(lambda tx: tx.run(SEE, word="x")) == 1
