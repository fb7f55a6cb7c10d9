"""Are effects and reminders written with the reply, or not at all, and taken by one server only?"""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from refdesk import Reply
from refdesk.core.effects.rows import (
    Undertaking,
    abandoned,
    decide,
    follow,
    forget,
    key_of,
    mark_told,
    needing_attention,
    put_off,
    take_due,
    untold,
)
from refdesk.core.effects.rules import Following
from refdesk.core.effects.undertaking_tables import ReminderRow
from refdesk.core.intents import Intent, Perform, Say, Schedule, Unschedule
from refdesk.core.messages import InboundMessage
from refdesk.core.turns.consultation_store import ConsultationStore
from refdesk.core.turns.leases import Lease
from refdesk.core.turns.store import Fenced, Finished, Outcome, Overtaken, Turn
from refdesk.storage import Database, Transaction, prepare
from tests.databases import ENGINES, Engine, Place

REMINDERS = prepare(select(ReminderRow.__table__))  # type: ignore[attr-defined]  # SQLModel adds it
BOOK = Perform("rooms", "book", '{"room":"五楼"}')
SOON = Schedule("rooms", "soon", "R-1", 50.0, '{"room":"五楼"}')
DONE = Following("done", "no", {"number": "R-1"})


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    engine: Engine = request.param
    return engine


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    opened = place.open()
    yield opened
    opened.close()


@pytest.fixture
async def store(database: Database) -> ConsultationStore:
    made = ConsultationStore(database, "main", lease=Lease("a", 3600.0), clock=lambda: 10.0)
    await made.claim()
    return made


async def turn(store: ConsultationStore, key: str, rid: str = "r1") -> Turn:
    message = InboundMessage("web_chat", rid, f"{rid}:{key}", "text", 0.0, "en")
    accepted = await store.accept(message)
    assert accepted.turn is not None
    return accepted.turn


def wanting(*intents: Intent) -> Outcome:
    return Outcome("en", (Say(Reply.of("I am booking it.")), *intents), dialogue="")


async def taken(database: Database, me: str = "a", now: float = 20.0) -> list[Undertaking]:
    return await database.write(lambda tx: take_due(tx, "main", me, now, 10))


async def reminders(database: Database) -> list[tuple[Any, ...]]:
    rows = await database.read(lambda tx: tx.all(REMINDERS))
    return [(row["rid"], row["reference"], row["at"]) for row in rows]


async def test_wishes_are_written_with_the_reply(
    store: ConsultationStore, database: Database
) -> None:
    one = await turn(store, "a")
    assert isinstance(await store.finish(one, wanting(BOOK, SOON)), Finished)
    (effect,) = await taken(database)
    assert (effect.arguments, effect.attempts, effect.rid) == ({"room": "五楼"}, 1, "r1")
    assert effect.id == key_of("main", one.consultation.id, one.seq, 1)
    assert await reminders(database) == [("r1", "R-1", 50.0)]


async def test_a_turn_finished_twice_wishes_once(
    store: ConsultationStore, database: Database
) -> None:
    one = await turn(store, "a")
    await store.finish(one, wanting(BOOK))
    await store.finish(one, wanting(BOOK))
    assert len(await taken(database)) == 1


async def test_what_is_not_written_wishes_nothing(
    store: ConsultationStore, database: Database, place: Place
) -> None:
    first, second = await turn(store, "a"), await turn(store, "b")
    changed = Outcome("en", misses=1)
    assert isinstance(await store.finish(first, changed), Finished)
    assert isinstance(await store.finish(second, wanting(BOOK, SOON)), Overtaken)
    other = place.open()
    try:
        await ConsultationStore(other, "main", lease=Lease("b", -1.0)).claim()
        assert isinstance(await store.finish(second, wanting(BOOK, SOON)), Fenced)
    finally:
        other.close()
    assert await taken(database) == []
    assert await reminders(database) == []


async def test_a_form_is_kept_with_the_consultation(store: ConsultationStore) -> None:
    one = await turn(store, "a")
    finished = await store.finish(one, Outcome("en", dialogue='{"form":"五"}'))
    assert isinstance(finished, Finished)
    kept = await turn(store, "b")
    assert kept.consultation.dialogue == '{"form":"五"}'
    assert kept.consultation.version == finished.consultation.version
    silent = await store.finish(kept, Outcome("en"))
    assert isinstance(silent, Finished)
    assert silent.consultation.dialogue == '{"form":"五"}', "None leaves it as it is"


async def test_an_effect_is_taken_by_one_of_two_servers(
    store: ConsultationStore, database: Database, place: Place
) -> None:
    for number in range(10):
        await store.finish(await turn(store, "a", f"r{number}"), wanting(BOOK))
    other = place.open()
    try:
        both = await asyncio.gather(taken(database, "a"), taken(other, "b"))
    finally:
        other.close()
    keys = [one.id for half in both for one in half]
    assert len(keys) == len(set(keys)) == 10


async def test_the_next_effect_of_a_consultation_waits_for_the_one_before(
    store: ConsultationStore, database: Database
) -> None:
    await store.finish(await turn(store, "a"), wanting(BOOK, BOOK))
    (first,) = await taken(database)
    assert await taken(database) == []
    await database.write(lambda tx: follow(tx, first, DONE, 21.0))
    (second,) = await taken(database)
    assert second.id != first.id


async def test_what_a_dead_server_was_doing_is_found_and_its_late_answer_counts_no_more(
    store: ConsultationStore, database: Database
) -> None:
    await store.finish(await turn(store, "a"), wanting(BOOK))
    (late,) = await taken(database, "dead")
    (found,) = await database.read(lambda tx: abandoned(tx, "main", "a"))
    again = Following("waiting", "yes", {}, "It gave no answer.", 1.0)
    assert await database.write(lambda tx: follow(tx, found, again, 20.0)) == 1
    (retry,) = await taken(database, "a", 30.0)
    assert (retry.id, retry.attempts, retry.unclear) == (late.id, 2, "yes")
    assert await database.write(lambda tx: follow(tx, late, DONE, 31.0)) == 0
    assert await database.write(lambda tx: follow(tx, retry, DONE, 31.0)) == 1


async def test_the_living_are_not_taken_for_dead(
    store: ConsultationStore, database: Database
) -> None:
    await store.finish(await turn(store, "a"), wanting(BOOK))
    await taken(database, "a")
    assert await database.read(lambda tx: abandoned(tx, "main", "b")) == []


async def test_an_ending_is_told_once_in_each_round(
    store: ConsultationStore, database: Database
) -> None:
    await store.finish(await turn(store, "a"), wanting(BOOK))
    (one,) = await taken(database)
    failed = Following("failed", "no", {}, "closed")
    await database.write(lambda tx: follow(tx, one, failed, 21.0))

    async def told() -> list[tuple[str, int]]:
        found = await database.read(lambda tx: untold(tx, "main", 10))
        for each in found:
            await database.write(lambda tx, each=each: mark_told(tx, each))  # type: ignore[misc]
        return [(each.state, each.round) for each in found]

    assert await told() == [("failed", 1)]
    assert await told() == []

    def settled(tx: Transaction) -> Undertaking | None:
        return decide(tx, "main", one.id, "done", "wang", 30.0)

    assert await database.write(settled) is not None
    assert await database.write(settled) is None
    assert await told() == [("done", 2)]
    assert await database.write(lambda tx: forget(tx, "main", 30.0)) == 0
    assert await database.write(lambda tx: forget(tx, "main", 31.0)) == 1


async def test_what_is_put_off_was_not_tried_and_shows_when_it_is_overdue(
    store: ConsultationStore, database: Database
) -> None:
    await store.finish(await turn(store, "a"), wanting(BOOK))
    (one,) = await taken(database)
    await database.write(lambda tx: put_off(tx, one, 60.0))
    assert await taken(database, now=59.0) == []
    shown = await database.read(lambda tx: needing_attention(tx, "main", 11.0, 10))
    assert [each.state for each in shown] == ["waiting"]
    (again,) = await taken(database, now=60.0)
    assert again.attempts == 1


async def test_a_reminder_is_replaced_and_dropped_by_its_name_and_reference(
    store: ConsultationStore, database: Database
) -> None:
    other = Schedule("rooms", "soon", "R-2", 70.0, "{}")
    later = Schedule("rooms", "soon", "R-1", 90.0, "{}")
    await store.finish(await turn(store, "a"), wanting(SOON, other))
    await store.finish(await turn(store, "b"), wanting(later))
    await store.finish(await turn(store, "c", "r2"), wanting(Unschedule("rooms", "soon", "R-2")))
    assert sorted(await reminders(database)) == [("r1", "R-1", 90.0), ("r1", "R-2", 70.0)]
    await store.finish(await turn(store, "d"), wanting(Unschedule("rooms", "soon", "R-2")))
    assert await reminders(database) == [("r1", "R-1", 90.0)]
