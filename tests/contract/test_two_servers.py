"""Do two servers on one database share the work, and can a dead one's decisions do no harm?"""

import asyncio
from collections.abc import Iterator

import pytest

from refdesk import Reply
from refdesk.core.intents import Say
from refdesk.core.messages import InboundMessage
from refdesk.core.turns.consultation_store import ConsultationStore
from refdesk.core.turns.leases import Lease
from refdesk.core.turns.store import Fenced, Finished, Outcome, Turn
from refdesk.core.turns.triggers import Trigger
from refdesk.storage import Database
from tests.databases import ENGINES, Engine, Place

NEVER_SILENT = Lease("a", silence_seconds=3600.0)
# Whoever looks finds that the other one has said nothing for too long.
IMPATIENT = Lease("b", silence_seconds=-1.0)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    engine: Engine = request.param
    return engine


@pytest.fixture
def databases(place: Place) -> Iterator[tuple[Database, Database]]:
    """The same database, opened by two servers."""
    both = (place.open(), place.open())
    yield both
    for database in both:
        database.close()


def message(key: str, rid: str = "r1") -> InboundMessage:
    return InboundMessage("web_chat", rid, f"{rid}:{key}", f"text {key}", 0.0, "en")


def trigger(key: str, rid: str = "r1") -> Trigger:
    return Trigger(key, "web_chat", rid, "rooms", "booked", {"room": "五楼", "people": 4})


async def accept(store: ConsultationStore, key: str) -> Turn:
    accepted = await store.accept(message(key))
    assert accepted.turn is not None
    return accepted.turn


ANSWER = Outcome("en", (Say(Reply.of("an answer")),))


async def test_what_one_server_has_in_hand_the_other_only_stores(
    databases: tuple[Database, Database],
) -> None:
    one, other = (ConsultationStore(db, "main", lease=Lease(name, 3600.0)) for db, name in
                  zip(databases, "ab", strict=True))  # fmt: skip
    await one.claim()
    await other.claim()
    turn = await accept(one, "first")
    second = await other.accept(message("second"))
    assert (second.arrival, second.turn) == ("new", None), "the one who has it goes on with it"
    assert [each.seq for each in await one.claim()] == [turn.seq, second.seq]
    assert await other.claim() == []


async def test_without_work_in_hand_whoever_accepts_has_it(
    databases: tuple[Database, Database],
) -> None:
    one, other = (ConsultationStore(db, "main", lease=Lease(name, 3600.0)) for db, name in
                  zip(databases, "ab", strict=True))  # fmt: skip
    first = await accept(one, "first")
    assert isinstance(await one.finish(first, ANSWER), Finished)
    second = await accept(other, "second")
    assert second.consultation.id == first.consultation.id
    assert second.consultation.epoch == first.consultation.epoch + 1
    assert isinstance(await other.finish(second, ANSWER), Finished)


async def test_the_work_of_a_silent_server_is_taken_over_and_what_it_says_late_is_refused(
    databases: tuple[Database, Database],
) -> None:
    frozen = ConsultationStore(databases[0], "main", lease=NEVER_SILENT)
    await frozen.claim()
    turn = await accept(frozen, "first")
    heir = ConsultationStore(databases[1], "main", lease=IMPATIENT)
    taken = await heir.claim()
    assert [(each.message.text, each.seq) for each in taken] == [("text first", 1)]
    assert await frozen.finish(turn, ANSWER) == Fenced()
    finished = await heir.finish(taken[0], ANSWER)
    assert isinstance(finished, Finished)
    assert [event.seq for event in finished.events] == [2], "the late one has left no trace"
    assert await frozen.finish(turn, ANSWER) == Fenced()


async def test_a_server_that_leaves_gives_its_work_back_at_once(
    databases: tuple[Database, Database],
) -> None:
    one = ConsultationStore(databases[0], "main", lease=NEVER_SILENT)
    await one.claim()
    await accept(one, "first")
    await one.leave()
    other = ConsultationStore(databases[1], "main", lease=Lease("b", 3600.0))
    assert [each.seq for each in await other.claim()] == [1]


async def test_a_server_alone_takes_up_at_once_what_its_predecessor_left(
    databases: tuple[Database, Database],
) -> None:
    before = ConsultationStore(databases[0], "main")
    await before.claim()
    turn = await accept(before, "first")
    after = ConsultationStore(databases[1], "main")
    assert [each.seq for each in await after.claim()] == [turn.seq]
    assert await before.finish(turn, ANSWER) == Fenced()


async def test_first_messages_at_two_servers_open_one_consultation(
    databases: tuple[Database, Database],
) -> None:
    one, other = (ConsultationStore(db, "main", lease=Lease(name, 3600.0)) for db, name in
                  zip(databases, "ab", strict=True))  # fmt: skip
    accepted = await asyncio.gather(
        *((one, other)[number % 2].accept(message(str(number))) for number in range(50))
    )
    assert len({each.consultation for each in accepted}) == 1
    assert sorted(each.seq for each in accepted) == list(range(1, 51))


async def test_a_copy_at_another_server_gets_the_first_result(
    databases: tuple[Database, Database],
) -> None:
    one, other = (ConsultationStore(db, "main", lease=Lease(name, 3600.0)) for db, name in
                  zip(databases, "ab", strict=True))  # fmt: skip
    accepted = await asyncio.gather(
        *((one, other)[number % 2].accept(message("same")) for number in range(20))
    )
    assert sorted(each.arrival for each in accepted) == ["new"] + ["repeat"] * 19
    assert len({(each.consultation, each.seq) for each in accepted}) == 1


async def test_a_trigger_is_accepted_once_keeps_its_place_and_survives_a_crash(
    databases: tuple[Database, Database],
) -> None:
    store = ConsultationStore(databases[0], "main")
    await store.accept(message("before"))
    first, again = await store.accept(trigger("t1")), await store.accept(trigger("t1"))
    await store.accept(message("after"))
    assert (first.arrival, again.arrival, first.seq) == ("new", "repeat", again.seq)
    assert [event.audience for event in first.events] == ["program"]
    claimed = await ConsultationStore(databases[1], "main").claim()
    assert [turn.trigger and turn.trigger.name for turn in claimed] == [None, "booked", None]
    found = claimed[1].trigger
    assert found is not None
    assert (found.plugin, found.data) == ("rooms", {"room": "五楼", "people": 4})


async def test_a_trigger_for_a_reader_without_a_consultation_opens_one(
    databases: tuple[Database, Database],
) -> None:
    store = ConsultationStore(databases[0], "main")
    elsewhere = InboundMessage("email", "r9", "m1", "hello", 0.0, "en")
    first = await store.accept(elsewhere)
    accepted = await store.accept(trigger("t1", "r9"))
    assert accepted.turn is not None
    assert accepted.consultation != first.consultation, "another channel account"
    assert accepted.turn.trigger == trigger("t1", "r9")
    assert isinstance(await store.finish(accepted.turn, ANSWER), Finished)


async def test_a_trigger_for_a_reader_who_was_erased_leaves_no_trace(
    databases: tuple[Database, Database],
) -> None:
    store = ConsultationStore(databases[0], "main")
    accepted = await store.accept(trigger("t1", "erased"))
    assert (accepted.arrival, accepted.turn, accepted.events) == ("nobody", None, ())
    assert await store.claim() == []
