"""Does the keeper move on what stands still, and only that? (Each engine, a clock of its own.)"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select

from refdesk import HandoffReason, QueueChoice, Reply, Source, State, Text
from refdesk.core.consultations import Consultation, Event
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.intents import Say
from refdesk.core.lifecycle.finding import CANDIDATES, PORTION
from refdesk.core.lifecycle.handoff_routing import HandoffRouting
from refdesk.core.lifecycle.lifecycle import Lifecycle
from refdesk.core.lifecycle.rules import ConsultationSettings
from refdesk.core.lifecycle.wrapping_up import WrapUp
from refdesk.core.log.live import ALL, Live
from refdesk.core.log.log_changes import LogChanges
from refdesk.core.messages import InboundMessage
from refdesk.core.plugin_context import Surroundings
from refdesk.core.staff.authorise import Role, StaffActor
from refdesk.core.staff.desk_work import Desk
from refdesk.core.staff.duty import Duty
from refdesk.core.tables import ConsultationRow, StatisticsRow
from refdesk.core.turns.consultation_store import ConsultationStore
from refdesk.core.turns.store import Finished, Outcome, Turn, Waiting
from refdesk.storage import Database, Transaction, prepare
from refdesk.testing import FakeClock
from tests.databases import Place, sqlite_place

LI = StaffActor("li", "Ms Li", Role.LIBRARIAN)
SUE = StaffActor("sue", "Sue", Role.SUPERVISOR)
_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_S: Any = StatisticsRow.__table__  # type: ignore[attr-defined]
STATISTICS = prepare(select(_S).order_by(_S.c.id))
ANSWER = Outcome("en", (Say(Reply((Text("There."),), (Source("Rules"),))),))
MISS = Outcome("en", (Say(Reply((Text("I found nothing."),))),), misses=1)
STOP = Outcome("en", returned="ended")
WAIT = Outcome(
    "en", waiting=Waiting(QueueChoice("reference", "waiting", "Next."), HandoffReason.ASKED.value)
)


class Server:
    """What one server has: a store, a desk and a keeper on the same database."""

    def __init__(self, database: Database, clock: FakeClock) -> None:
        self.database, self.clock, self.live = database, clock, Live()
        self.store = ConsultationStore(database, "main", clock=clock.now)
        changes = LogChanges(database, "main", self.live, lambda _account: False, clock.now)
        self.desk = Desk(changes)
        self.duty = Duty(clock.monotonic)
        routing = HandoffRouting(PluginHost(), Surroundings({}, {}, None, {}), clock.now)
        self.keeper = Lifecycle(
            changes, self.duty, routing, ConsultationSettings(), clock.monotonic
        )

    async def accept(self, key: str, rid: str = "r1", account: str = "web") -> Turn:
        accepted = await self.store.accept(InboundMessage(account, rid, key, key, 0.0, "en"))
        assert accepted.turn is not None
        return accepted.turn

    async def said(self, key: str, outcome: Outcome, rid: str = "r1", account: str = "web") -> str:
        """Let a reader say something and the program do this about it."""
        turn = await self.accept(key, rid, account)
        assert isinstance(await self.store.finish(turn, outcome), Finished)
        return turn.consultation.id

    async def claimed(self, key: str = "please", account: str = "web") -> str:
        one = await self.said(key, WAIT, account=account)
        assert (await self.desk.claim(LI, one)).word == "done"
        return one

    async def now(self, consultation: str) -> Consultation:
        found = await self.desk.reading.consultation(consultation)
        assert found is not None
        return found

    async def words(self, consultation: str) -> list[tuple[str | None, str]]:
        """Return what readers see: state and text of each event."""
        events = await self.desk.reading.readers_events(consultation, 0)
        return [(one.state, getattr(one.parts[0], "text", "")) for one in events]

    async def statistics(self) -> list[dict[str, Any]]:
        rows = await self.database.read(lambda tx: tx.all(STATISTICS))
        return [{name: row[name] for name in _S.c.keys()} for row in rows]  # noqa: SIM118 - no dict


@dataclass
class Town:
    """A database and a clock."""

    place: Place
    clock: FakeClock
    opened: list[Database]

    def server(self) -> Server:
        self.opened.append(self.place.open())
        return Server(self.opened[-1], self.clock)


@pytest.fixture
async def town(place: Place) -> AsyncIterator[Town]:
    made = Town(place, FakeClock(), [])
    yield made
    for database in made.opened:
        database.close()


@pytest.fixture
def server(town: Town) -> Server:
    return town.server()


async def test_a_quiet_one_ends_without_a_word_to_the_reader(server: Server) -> None:
    one = await server.said("Where?", ANSWER)
    seen = await server.words(one)
    server.clock.advance(hours=23)
    assert await server.keeper.round() == 0
    server.clock.advance(hours=2)
    assert await server.keeper.round() == 1
    assert (await server.now(one)).state is State.WRAPPED_UP
    assert await server.words(one) == seen
    (row,) = await server.statistics()
    assert (row["answered_by"], row["outcome"], row["messages"]) == ("bot", "answered", 1)


@pytest.mark.parametrize(
    ("said", "answered_by", "outcome"),
    [
        ([ANSWER], "bot", "answered"),
        ([MISS], "nobody", "lost_contact"),
        ([ANSWER, MISS], "bot", "lost_contact"),
        ([MISS, ANSWER], "bot", "answered"),
        ([Outcome("en")], "nobody", "not_recorded"),
        ([ANSWER, WAIT, STOP], "bot", "lost_contact"),
        ([WAIT, STOP], "nobody", "lost_contact"),
    ],
)
async def test_statistics_say_what_the_log_shows(
    said: list[Outcome], answered_by: str, outcome: str, server: Server
) -> None:
    for number, one in enumerate(said):
        await server.said(str(number), one)
    server.clock.advance(hours=25)
    await server.keeper.round()
    (row,) = await server.statistics()
    assert (row["answered_by"], row["outcome"]) == (answered_by, outcome)


async def test_a_message_that_is_worked_on_keeps_a_consultation_open(server: Server) -> None:
    turn = await server.accept("Where?")
    server.clock.advance(hours=25)
    assert await server.keeper.round() == 0
    assert isinstance(await server.store.finish(turn, ANSWER), Finished)


async def test_a_message_or_a_claim_that_comes_meanwhile_wins(town: Town) -> None:
    server = town.server()
    for number in range(10):
        quiet = await server.said(f"q{number}", ANSWER, f"q{number}")
        waits = await server.said(f"w{number}", WAIT, f"w{number}")
        server.clock.advance(hours=25)
        turn, claim, _ = await asyncio.gather(
            server.accept(f"again {number}", f"q{number}"),
            server.desk.claim(LI, waits),
            server.keeper.round(),
        )
        assert turn.consultation.id == quiet, "in the same one: reopened, or never closed"
        assert (await server.now(quiet)).state is State.SELF_SERVICE
        assert claim.word == "done"
        assert (await server.now(waits)).state is State.WITH_LIBRARIAN
        assert isinstance(await server.store.finish(turn, ANSWER), Finished)


async def test_who_has_waited_in_vain_is_told_and_has_the_assistant_again(server: Server) -> None:
    one = await server.said("librarian", WAIT)
    server.clock.advance(minutes=11)
    assert await server.keeper.round() == 1
    state, words = (await server.words(one))[-1]
    assert state == State.ASYNCHRONOUS
    assert words.startswith("No librarian has been able to take your question yet.")
    assert (await server.desk.claim(LI, one)).word == "done"


async def test_a_reader_who_waits_for_one_who_has_gone_is_on_the_list_again(town: Town) -> None:
    server, elsewhere = town.server(), town.server()
    one = await server.claimed()
    # Her page is open on another server.
    elsewhere.duty.page_opened("li")
    for _ in range(4):
        server.clock.advance(minutes=6)
        assert await elsewhere.keeper.round() == 0
        assert await server.keeper.round() == 0
    elsewhere.duty.page_closed("li")
    server.clock.advance(minutes=11)
    assert await server.keeper.round() == 1
    found = await server.now(one)
    assert (found.state, found.owner) == (State.WAITING, None)
    assert (await server.words(one))[-1][1].startswith("Your librarian is not at the desk")


async def test_who_is_at_the_desk_of_another_server_is_at_the_desk(town: Town) -> None:
    server, elsewhere = town.server(), town.server()
    elsewhere.duty.page_opened("li")
    for one in (elsewhere, server, elsewhere):
        await one.keeper.round()
    assert server.duty.librarians() == {"li"}
    assert (server.duty.here(), elsewhere.duty.elsewhere) == (frozenset(), frozenset())
    elsewhere.duty.page_closed("li")
    assert elsewhere.duty.librarians() == frozenset(), "where she was, at once"
    town.clock.advance(minutes=1)
    await server.keeper.round()
    assert server.duty.librarians() == frozenset()


async def test_a_librarian_who_has_answered_may_go(server: Server) -> None:
    one = await server.claimed()
    await server.desk.reply(LI, one, "On shelf 3.", "m1")
    server.clock.advance(days=3)
    assert await server.keeper.round() == 0
    (listed,) = await server.desk.lists.of(LI, "with_librarian")
    assert listed.quiet_since == server.clock.now() - 3 * 86_400
    await server.said("That one is missing.", Outcome("en"))
    (listed,) = await server.desk.lists.of(LI, "with_librarian")
    assert listed.quiet_since is None
    assert await server.keeper.round() == 1, "now somebody waits for her"


async def test_after_a_restart_pages_have_time_to_come_back(town: Town) -> None:
    one = await town.server().claimed()
    town.clock.advance(hours=2)
    server = town.server()
    assert await server.keeper.round() == 0
    town.clock.advance(minutes=11)
    assert await server.keeper.round() == 1
    assert (await server.now(one)).state is State.WAITING


async def test_what_nobody_wraps_up_is_counted_without(server: Server) -> None:
    one = await server.claimed()
    await server.desk.reply(LI, one, "On shelf 3.", "m1")
    await server.desk.close(LI, one)
    server.clock.advance(days=6)
    assert await server.keeper.round() == 0
    server.clock.advance(days=2)
    assert await server.keeper.round() == 1
    (row,) = await server.statistics()
    assert (row["answered_by"], row["outcome"]) == ("librarian", "not_recorded")
    assert (await server.desk.wrap_up(LI, one, WrapUp("answered"))).word == "wrong_state"


async def test_an_overdue_promise_is_shown_and_stays(server: Server) -> None:
    due = server.clock.now() + 3600
    choice = QueueChoice("reference", "asynchronous", "By then.", due)
    one = await server.said("x", Outcome("en", waiting=Waiting(choice, "asked_for_person")))
    (listed,) = await server.desk.lists.of(LI, "waiting")
    assert (listed.consultation.due_at, listed.overdue) == (due, False)
    server.clock.advance(days=30)
    assert await server.keeper.round() == 0
    (listed,) = await server.desk.lists.of(LI, "waiting")
    assert (listed.consultation.id, listed.overdue) == (one, True)
    await server.desk.claim(LI, one)
    assert (await server.now(one)).due_at is None


@pytest.mark.parametrize("step", [-86_400.0, 30 * 86_400.0])
async def test_a_clock_that_is_set_ends_nothing(step: float, server: Server) -> None:
    for number in range(3):
        await server.said(f"q{number}", ANSWER, f"q{number}")
        await server.said(f"w{number}", WAIT, f"w{number}")
    server.clock.jump(step)
    assert await server.keeper.round() == 0
    server.clock.advance(minutes=5)
    assert await server.keeper.round() == 0


async def test_after_a_step_forward_spans_are_counted_anew(server: Server) -> None:
    await server.said("w", WAIT)
    server.clock.jump(30 * 86_400)
    await server.keeper.round()
    server.clock.advance(minutes=11)
    assert await server.keeper.round() == 1


async def test_several_servers_do_each_thing_once(town: Town) -> None:
    servers = [town.server() for _ in range(3)]
    ones = [await servers[0].said(f"q{n}", ANSWER, f"q{n}") for n in range(20)]
    town.clock.advance(hours=25)
    done = await asyncio.gather(*(one.keeper.round() for one in servers))
    assert sum(done) == len(ones)
    assert len(await servers[0].statistics()) == len(ones)
    for one in ones:
        log = await servers[0].desk.reading.events(one, 0)
        assert [event.state for event in log if event.state] == [State.CLOSED, State.WRAPPED_UP]


async def test_more_than_a_portion_is_done_in_one_round(server: Server) -> None:
    number = 2 * PORTION + 10
    await asyncio.gather(*(server.said(f"q{n}", ANSWER, f"q{n}") for n in range(number)))
    server.clock.advance(hours=25)
    assert await server.keeper.round() == number


async def test_open_pages_hear_of_it(server: Server) -> None:
    heard: list[tuple[Consultation | None, tuple[Event, ...]]] = []
    server.live.listen(ALL, lambda one, events: heard.append((one, events)))
    await server.said("librarian", WAIT)
    server.clock.advance(minutes=11)
    await server.keeper.round()
    await asyncio.sleep(0)
    ((one, events),) = heard
    assert one is not None
    assert (one.state, events[0].state) == (State.ASYNCHRONOUS, State.ASYNCHRONOUS)


async def test_fifty_first_messages_reopen_one_consultation(town: Town) -> None:
    servers = [town.server() for _ in range(2)]
    one = await servers[0].claimed()
    await servers[0].desk.close(LI, one)
    accepted = await asyncio.gather(
        *(
            servers[n % 2].store.accept(InboundMessage("web", "r1", f"m{n}", "hello", 0.0))
            for n in range(50)
        )
    )
    assert {each.consultation for each in accepted} == {one}
    log = await servers[0].desk.reading.events(one, 0)
    assert sum(event.state is State.SELF_SERVICE for event in log) == 1
    assert (await servers[0].now(one)).follow_ups == 1
    assert [event.seq for event in log] == list(range(1, len(log) + 1))


async def test_a_follow_up_is_counted_in_the_row_of_its_question(server: Server) -> None:
    one = await server.claimed()
    await server.desk.close(LI, one)
    await server.desk.wrap_up(LI, one, WrapUp("answered", "policy", 3))
    server.clock.advance(hours=2)
    assert await server.said("One more thing", ANSWER) == one
    server.clock.advance(hours=25)
    await server.keeper.round()
    (row,) = await server.statistics()
    assert (row["follow_ups"], row["messages"], row["read_effort"]) == (1, 2, 3)
    assert row["outcome"] == "answered", "what the librarian has noted stays"
    assert (await server.now(one)).state is State.WRAPPED_UP


async def test_thanks_after_the_end_keep_nobody_from_wrapping_up(server: Server) -> None:
    one = await server.claimed()
    await server.desk.close(LI, one)
    assert await server.said("Thanks!", Outcome("en")) == one
    (listed,) = await server.desk.lists.of(LI, "closed")
    assert (listed.consultation.id, listed.consultation.state) == (one, State.SELF_SERVICE)
    assert (await server.desk.wrap_up(LI, one, WrapUp("referred"))).word == "done"
    assert await server.desk.lists.of(LI, "closed") == []
    assert (await server.now(one)).state is State.SELF_SERVICE, "the reader is not cut off"
    server.clock.advance(hours=25)
    await server.keeper.round()
    (row,) = await server.statistics()
    assert (row["outcome"], row["follow_ups"]) == ("referred", 1)


async def test_what_the_reader_has_ended_is_not_continued(server: Server) -> None:
    one = await server.said("Where?", ANSWER)
    assert await server.said("stop", STOP) == one
    assert (await server.now(one)).state is State.WRAPPED_UP
    assert await server.said("Where now?", ANSWER) != one


async def test_whoever_writes_on_after_stop_is_answered(server: Server) -> None:
    stop, more = await server.accept("stop"), await server.accept("And where?")
    assert isinstance(await server.store.finish(stop, STOP), Finished)
    now = await server.now(stop.consultation.id)
    assert now.state is State.SELF_SERVICE
    assert isinstance(await server.store.finish(replace(more, consultation=now), ANSWER), Finished)


async def test_two_of_one_reader_become_one(server: Server) -> None:
    first, second = await server.claimed("a"), await server.claimed("b", "mail")
    done = await server.desk.merge(LI, second, first)
    assert done.word == "done"
    away, kept = await server.now(second), await server.now(first)
    assert (away.state, away.merged_into) == (State.WRAPPED_UP, first)
    assert kept.state is State.WITH_LIBRARIAN
    for one, other in ((first, second), (second, first)):
        log = await server.desk.reading.events(one, 0)
        notes = [event for event in log if event.kind == "note"]
        assert other in str(notes[-1].parts)
        assert all(note.audience == "staff" for note in notes)
    assert (await server.words(second))[-1][1].startswith("This conversation has been joined")
    await server.desk.close(LI, first)
    await server.desk.wrap_up(LI, first, WrapUp("answered"))
    (row,) = await server.statistics()
    assert row["messages"] == 2, "both are counted, once"
    assert await server.said("new", ANSWER, account="mail") not in (first, second)


async def test_what_was_counted_twice_is_counted_once(server: Server) -> None:
    ones = [await server.claimed("a"), await server.claimed("b", "mail")]
    for one in ones:
        await server.desk.close(LI, one)
        await server.desk.wrap_up(LI, one, WrapUp("answered"))
    assert len(await server.statistics()) == 2
    assert (await server.desk.merge(SUE, *ones)).word == "done"
    (row,) = await server.statistics()
    assert row["messages"] == 2
    assert (await server.desk.merge(SUE, *ones)).word == "wrong_state"


async def test_only_consultations_of_one_reader_are_merged(server: Server) -> None:
    mine = await server.claimed("a")
    hers = await server.said("b", WAIT, "r2")
    assert (await server.desk.merge(LI, hers, mine)).word == "not_the_same_reader"
    assert (await server.desk.merge(LI, mine, mine)).word == "wrong_state"
    assert (await server.desk.merge(LI, mine, "nothing-here")).word == "not_found"


async def test_nobody_merges_what_is_not_theirs(server: Server) -> None:
    first, second = await server.claimed("a"), await server.claimed("b", "mail")
    tom = StaffActor("tom", "Tom", Role.LIBRARIAN)
    assert (await server.desk.merge(tom, second, first)).word == "not_found"
    bots = await server.said("c", ANSWER, account="phone")
    assert (await server.desk.merge(LI, bots, first)).word == "not_found"
    assert (await server.desk.merge(SUE, bots, first)).word == "not_found"


async def test_a_reader_who_waits_is_not_put_into_what_is_over(server: Server) -> None:
    over = await server.claimed("a")
    await server.desk.close(LI, over)
    waits = await server.said("b", WAIT, account="mail")
    assert (await server.desk.merge(LI, waits, over)).word == "wrong_state"
    assert (await server.desk.merge(LI, over, waits)).word == "done"


async def test_what_a_reader_asked_earlier_is_listed_for_those_who_may_see_it(
    server: Server,
) -> None:
    first = await server.claimed("a")
    await server.desk.close(LI, first)
    server.clock.advance(days=2)
    second = await server.claimed("b")
    bots = await server.said("c", ANSWER, account="mail")
    tom = StaffActor("tom", "Tom", Role.LIBRARIAN)
    earlier = await server.desk.lists.earlier(LI, second)
    assert earlier is not None
    assert [one.consultation.id for one in earlier] == [first]
    assert bots not in [one.consultation.id for one in earlier]
    assert await server.desk.lists.earlier(tom, second) is None


async def test_finding_what_is_due_costs_what_is_due(tmp_path: Path, migrated_file: Path) -> None:
    file = sqlite_place(tmp_path, migrated_file)
    opened = file.open()
    one = await Server(opened, FakeClock()).said("Where?", ANSWER)
    opened.write_blocking(lambda tx: fill(tx, one, 100_000))
    opened.close()
    with closing(sqlite3.connect(str(file.where))) as connection:
        for change, (state, statement) in CANDIDATES.items():
            query = statement.sqlite
            given = query.bind({"library": "main", "state": state.value, "before": 5.0})
            rows = connection.execute(f"EXPLAIN QUERY PLAN {query.sql}", given)
            plan = [str(row[3]) for row in rows]
            assert any(
                "consultation_by_state (library=? AND state=? AND since<?)" in step for step in plan
            ), (change, plan)
            assert not any(step.startswith("SCAN") or "TEMP" in step for step in plan), plan


def fill(tx: Transaction, consultation: str, number: int) -> None:
    """Put in as many more like this one, which is open and not due."""
    row = tx.one(prepare(select(_C).where(_C.c.id == bindparam("id"))), id=consultation)
    assert row is not None
    like = {name: row[name] for name in row.keys()}  # noqa: SIM118 - no dict
    more = (like | {"id": f"c{n}", "account": f"web{n}"} for n in range(number))
    tx.run_many(prepare(insert(_C)), more)
