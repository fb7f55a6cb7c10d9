"""Do consultations keep their rules under any mix of readers, librarians, time and crashes?

Store, desk and keeper are compared, step by step, with a small model of what
docs/explanation/consultation-states.md says: on each engine, on a clock that the test moves.
"""

import asyncio
import itertools
import tempfile
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from refdesk import QueueChoice, Reply, Source, State, Text
from refdesk.core.consultations import BOT_ANSWERS, CLAIMABLE, Consultation, allows
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.intents import Say
from refdesk.core.lifecycle.handoff_routing import HandoffRouting
from refdesk.core.lifecycle.lifecycle import Lifecycle
from refdesk.core.lifecycle.rules import ConsultationSettings
from refdesk.core.lifecycle.wrapping_up import WrapUp
from refdesk.core.log.consultation_rows import ALL_EVENTS, EVENTS_AFTER
from refdesk.core.log.live import Live
from refdesk.core.log.log_changes import LogChanges
from refdesk.core.messages import InboundMessage
from refdesk.core.plugin_context import Surroundings
from refdesk.core.staff.authorise import Role, StaffActor
from refdesk.core.staff.desk_work import Desk, Done
from refdesk.core.staff.duty import Duty
from refdesk.core.tables import ConsultationRow, StatisticsRow
from refdesk.core.turns.consultation_store import ConsultationStore
from refdesk.core.turns.store import Finished, Outcome, Turn, Waiting
from refdesk.storage import prepare
from refdesk.testing import FakeClock
from tests.databases import Place, postgres_place, sqlite_place
from tests.postgres_server import PostgresServer

STAFF = tuple(StaffActor(name, name.title(), Role.LIBRARIAN) for name in ("li", "kim"))
SUE = StaffActor("sue", "Sue", Role.SUPERVISOR)
# One reader writes on two channel accounts.
READERS = st.sampled_from([("web", "r1"), ("mail", "r1"), ("web", "r2")])
LIBRARIANS = st.sampled_from(STAFF)
OUTCOMES = st.sampled_from(["answer", "miss", "wait", "promise", "back", "stop", "silence"])
CLOSED = (State.CLOSED, State.WRAPPED_UP)
OPEN = frozenset(State) - set(CLOSED)
SAY = (Say(Reply((Text("answer"),), (Source("Rules"),))),)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_S: Any = StatisticsRow.__table__  # type: ignore[attr-defined]
ROWS = prepare(select(_C))
COUNTED = prepare(select(_S.c.id, _S.c.follow_ups))


@dataclass
class Model:
    """What one consultation should be like."""

    id: str
    reader: tuple[str, str]
    since: float
    state: State = State.SELF_SERVICE
    owner: str | None = None
    pending: list[Turn] = field(default_factory=list)
    messages: dict[str, int] = field(default_factory=dict)
    replies: dict[tuple[str, str], int] = field(default_factory=dict)
    asked_at: float = 0.0
    last_word: str = "reader"
    came_to_desk: bool = False
    counted: bool = False
    merged: bool = False
    follow_ups: int = 0
    reopen_until: float = 0.0

    def enter(self, state: State, now: float) -> None:
        self.state, self.since = state, now

    def wrap_up(self, now: float) -> None:
        """End for good, or leave that to the librarian who had it."""
        self.enter(State.CLOSED, now)
        if self.counted or self.owner is None:
            self.state, self.counted = State.WRAPPED_UP, True


class Consultations(RuleBasedStateMachine):
    make_place: ClassVar[Callable[[Path], Place]]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory(prefix="refdesk-states-")
        self.place = type(self).make_place(Path(self.folder.name))
        self.keys = itertools.count(1)
        self.all: dict[str, Model] = {}
        self.clock = FakeClock()
        self.at_desk: set[str] = set()
        self.seen: dict[str, float] = {}
        self.open_database()

    def open_database(self) -> None:
        clock = self.clock
        self.database = self.place.open()
        self.store = ConsultationStore(self.database, "main", clock=clock.now)
        changes = LogChanges(self.database, "main", Live(), lambda _account: False, clock.now)
        self.desk = Desk(changes)
        self.duty = Duty(clock.monotonic)
        self.at_desk.clear()
        routing = HandoffRouting(PluginHost(), Surroundings({}, {}, None, {}), clock.now)
        rules = ConsultationSettings()
        self.lifecycle = Lifecycle(changes, self.duty, routing, rules, clock.monotonic)
        self.started = clock.now()

    def teardown(self) -> None:
        self.database.close()
        self.runner.close()
        self.folder.cleanup()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def one_of(self, data: st.DataObject) -> Model:
        return data.draw(st.sampled_from(sorted(self.all.values(), key=lambda one: one.id)))

    def going_on(self, reader: tuple[str, str]) -> Model | None:
        """Return what this reader's next message belongs to, reopened if need be."""
        own = [one for one in self.all.values() if one.reader == reader]
        now = self.clock.now()
        for model in own:
            if model.state in OPEN:
                return model
        for model in reversed(own):
            if model.reopen_until > now:
                model.enter(State.SELF_SERVICE, now)
                model.follow_ups += 1
                model.reopen_until = 0.0
                return model
        return None

    @initialize()
    def somebody_writes(self) -> None:
        self.a_reader_writes(("web", "r1"))

    @rule(reader=READERS)
    def a_reader_writes(self, reader: tuple[str, str]) -> None:
        account, rid = reader
        key, now = f"{rid}:{next(self.keys)}", self.clock.now()
        # The newest that ended wins; those of one instant are not told apart.
        self.clock.advance(1)
        accepted = self.run(self.store.accept(InboundMessage(account, rid, key, key, 0.0)))
        now = self.clock.now()
        model = self.going_on(reader)
        if model is None:
            assert accepted.consultation not in self.all, "what has ended for good has ended"
            model = self.all[accepted.consultation] = Model(accepted.consultation, reader, now)
        assert accepted.consultation == model.id
        assert accepted.turn.consultation.state is model.state
        model.messages[key] = accepted.seq
        model.pending.append(accepted.turn)
        model.asked_at, model.last_word = now, "reader"

    @rule(data=st.data())
    def a_message_comes_again(self, data: st.DataObject) -> None:
        model = self.one_of(data)
        key, seq = data.draw(st.sampled_from(sorted(model.messages.items())))
        again = InboundMessage(*model.reader, key, "again", 0.0)
        accepted = self.run(self.store.accept(again))
        assert (accepted.arrival, accepted.consultation, accepted.seq) == ("repeat", model.id, seq)

    @precondition(lambda self: any(one.pending for one in self.all.values()))
    @rule(data=st.data(), wish=OUTCOMES)
    def the_bot_finishes_a_turn(self, data: st.DataObject, wish: str) -> None:
        working = sorted((one for one in self.all.values() if one.pending), key=lambda one: one.id)
        model = data.draw(st.sampled_from(working))
        turn = model.pending.pop(0)
        result = self.run(self.store.finish(turn, decide(turn.consultation, wish)))
        if not isinstance(result, Finished):
            assert result.consultation.state is model.state
            turn = Turn(result.consultation, turn.message, turn.seq)
            result = self.run(self.store.finish(turn, decide(turn.consultation, wish)))
        assert isinstance(result, Finished)
        self.expect(model, wish)
        assert result.consultation.state is model.state
        again = self.run(self.store.finish(turn, decide(turn.consultation, wish)))
        assert not isinstance(again, Finished) or again.events == ()

    def expect(self, model: Model, wish: str) -> None:
        now = self.clock.now()
        if wish == "stop" and model.state in OPEN:
            # Whoever has written on meanwhile does not want to end.
            if not model.pending and model.state is State.WITH_LIBRARIAN:
                model.enter(State.CLOSED, now)
            elif not model.pending:
                model.wrap_up(now)
        elif (state := following(model.state, wish)) is not model.state:
            model.enter(state, now)
            model.came_to_desk = model.came_to_desk or state in CLAIMABLE

    @rule(data=st.data(), staff=LIBRARIANS)
    def a_librarian_claims(self, data: st.DataObject, staff: StaffActor) -> None:
        model = self.one_of(data)
        before = (model.state, model.owner)
        done = self.run(self.desk.claim(staff, model.id))
        if before[0] in CLAIMABLE:
            assert done.word == "done"
            model.enter(State.WITH_LIBRARIAN, self.clock.now())
            model.owner = staff.name
        elif before[0] is State.WITH_LIBRARIAN:
            assert done.word == ("repeat" if before[1] == staff.name else "taken")
        else:
            assert done.word not in ("done", "repeat", "taken")

    @rule(data=st.data())
    def both_claim_together(self, data: st.DataObject) -> None:
        model = self.one_of(data)
        claimable = model.state in CLAIMABLE

        async def race() -> list[Done]:
            return await asyncio.gather(*(self.desk.claim(one, model.id) for one in STAFF))

        words = [done.word for done in self.run(race())]
        assert words.count("done") == claimable
        if claimable:
            assert words.count("taken") == 1
            model.owner = STAFF[words.index("done")].name
            model.enter(State.WITH_LIBRARIAN, self.clock.now())

    @rule(data=st.data(), staff=LIBRARIANS, client_id=st.sampled_from(["m1", "m2", "m3"]))
    def a_librarian_replies(self, data: st.DataObject, staff: StaffActor, client_id: str) -> None:
        model = self.one_of(data)
        done = self.run(self.desk.reply(staff, model.id, "Dear reader", client_id))
        mine = model.owner == staff.name
        if mine and (staff.name, client_id) in model.replies:
            assert (done.word, done.seq) == ("repeat", model.replies[staff.name, client_id])
        else:
            assert (done.word == "done") == (mine and model.state is State.WITH_LIBRARIAN)
            if done.word == "done":
                model.replies[staff.name, client_id] = done.seq
                model.last_word = "librarian"

    @rule(data=st.data(), staff=LIBRARIANS, verb=st.sampled_from(["give_back", "close"]))
    def a_librarian_ends(self, data: st.DataObject, staff: StaffActor, verb: str) -> None:
        model = self.one_of(data)
        done = self.run(getattr(self.desk, verb)(staff, model.id))
        allowed = model.owner == staff.name and model.state is State.WITH_LIBRARIAN
        assert (done.word == "done") == allowed
        if not allowed:
            return
        now = self.clock.now()
        if verb == "give_back":
            model.owner = None
            model.enter(State.SELF_SERVICE, now)
        else:
            model.enter(State.CLOSED, now)
            model.reopen_until = now + DAY

    @rule(data=st.data(), staff=LIBRARIANS)
    def a_librarian_wraps_up(self, data: st.DataObject, staff: StaffActor) -> None:
        model = self.one_of(data)
        done = self.run(self.desk.wrap_up(staff, model.id, WrapUp("answered")))
        goes_on = model.state is State.SELF_SERVICE and not model.counted
        allowed = model.owner == staff.name and (model.state is State.CLOSED or goes_on)
        assert (done.word == "done") == allowed
        if allowed:
            model.counted = True
            if model.state is State.CLOSED:
                model.enter(State.WRAPPED_UP, self.clock.now())

    @rule(data=st.data())
    def a_supervisor_merges(self, data: st.DataObject) -> None:
        away, into = self.one_of(data), self.one_of(data)
        done = self.run(self.desk.merge(SUE, away.id, into.id))
        both = (away, into)
        allowed = (
            away is not into
            and away.reader[1] == into.reader[1]
            and all(one.came_to_desk and not one.merged for one in both)
            and all(one.state is not State.SELF_SERVICE for one in both)
            and (away.state in CLOSED or into.state in OPEN)
        )
        assert (done.word == "done") == allowed
        if allowed:
            if away.state is not State.WRAPPED_UP:
                away.enter(State.WRAPPED_UP, self.clock.now())
            away.merged, away.counted, away.reopen_until = True, False, 0.0
            away.owner = into.owner or away.owner

    @rule(staff=LIBRARIANS)
    def a_librarian_comes_or_goes(self, staff: StaffActor) -> None:
        if staff.name in self.at_desk:
            self.duty.page_closed(staff.name)
            self.at_desk.remove(staff.name)
        else:
            self.duty.page_opened(staff.name)
            self.at_desk.add(staff.name)

    @rule(span=st.sampled_from([4 * MINUTE, 11 * MINUTE, 13 * HOUR, 25 * HOUR, 8 * DAY]))
    def time_passes(self, span: float) -> None:
        self.clock.advance(span)
        now = self.clock.now()
        expected = sum(self.expect_with_time(model, now) for model in self.all.values())
        assert self.run(self.lifecycle.round()) == expected
        assert self.run(self.lifecycle.round()) == 0, "what is done is done"

    def expect_with_time(self, model: Model, now: float) -> bool:
        self.seen |= dict.fromkeys(self.at_desk, now)
        age = now - model.since
        match model.state:
            case State.WAITING if age >= 10 * MINUTE:
                model.enter(State.ASYNCHRONOUS, now)
            case State.WITH_LIBRARIAN if (
                model.last_word == "reader"
                and now - max(model.since, self.seen.get(model.owner or "", 0.0), self.started)
                >= 10 * MINUTE
            ):
                model.owner = None
                model.enter(State.WAITING, now)
            case State.SELF_SERVICE if not model.pending and min(age, now - model.asked_at) >= DAY:
                model.wrap_up(now)
                model.reopen_until = now + DAY
            case State.CLOSED if age >= 7 * DAY:
                model.enter(State.WRAPPED_UP, now)
                model.counted = True
            case _:
                return False
        return True

    @rule(step=st.sampled_from([-DAY, 30 * DAY]))
    def somebody_sets_the_clock(self, step: float) -> None:
        self.clock.jump(step)
        assert self.run(self.lifecycle.round()) == 0, "nothing ends because a clock was set"
        self.clock.jump(-step)
        assert self.run(self.lifecycle.round()) == 0
        # From here on the keeper counts anew; a restarted one knows nothing of the steps.
        self.the_program_is_killed()

    @rule()
    def the_program_is_killed(self) -> None:
        self.database.close()
        self.open_database()
        pending: dict[str, list[int]] = {}
        for turn in self.run(self.store.claim()):
            pending.setdefault(turn.consultation.id, []).append(turn.seq)
        assert pending == {
            key: [turn.seq for turn in model.pending]
            for key, model in self.all.items()
            if model.pending
        }
        # Work that is taken over comes under a new epoch.
        for turn in self.run(self.store.claim()):
            model = self.all[turn.consultation.id]
            model.pending = [turn if one.seq == turn.seq else one for one in model.pending]

    @invariant()
    def rows_are_as_expected_and_nobody_has_two_open(self) -> None:
        rows = self.database.read_blocking(lambda tx: tx.all(ROWS))
        assert {
            row["id"]: (State(row["state"]), row["owner"], row["follow_ups"]) for row in rows
        } == {key: (one.state, one.owner, one.follow_ups) for key, one in self.all.items()}
        still_open = [(r["account"], r["rid"]) for r in rows if State(r["state"]) in OPEN]
        assert len(still_open) == len(set(still_open))

    @invariant()
    def each_is_counted_once_with_its_follow_ups(self) -> None:
        rows = self.database.read_blocking(lambda tx: tx.all(ROWS))
        counted = {
            row["id"]: row["follow_ups"]
            for row in self.database.read_blocking(lambda tx: tx.all(COUNTED))
        }
        keys = [row["statistics_row"] for row in rows if row["statistics_row"] is not None]
        assert sorted(keys) == sorted(counted), "one row of statistics for each, none without"
        for row in rows:
            model = self.all[row["id"]]
            assert (row["statistics_row"] is not None) == model.counted
            if model.state is State.WRAPPED_UP and not model.merged:
                assert counted[row["statistics_row"]] == model.follow_ups

    @invariant()
    def numbers_rise_states_follow_the_table_and_the_bot_knows_its_place(self) -> None:
        for model in self.all.values():
            events = self.database.read_blocking(
                lambda tx, key=model.id: tx.all(
                    EVENTS_AFTER, consultation=key, after=0, most=ALL_EVENTS
                )
            )
            assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
            state = State.SELF_SERVICE
            for event in events:
                if event["state"]:
                    assert allows(state, State(event["state"]))
                    state = State(event["state"])
                speaks = event["kind"] == "reply" and event["sender"] == "bot"
                assert not speaks or state in BOT_ANSWERS, "the bot is silent beside a person"
            assert state is model.state


def decide(consultation: Consultation, wish: str) -> Outcome:
    """Do what the pipeline would: silence beside a person, else what was wished."""
    memory = (consultation.misses, consultation.offered)
    if wish == "stop" and consultation.state in OPEN:
        return Outcome("en", (), *memory, returned="ended")
    if following(consultation.state, wish) is not consultation.state:
        if wish == "back":
            return Outcome("en", returned="to self-service")
        wait = "waiting" if wish == "wait" else "asynchronous"
        return Outcome("en", waiting=Waiting(QueueChoice("q", wait, "promise"), "asked"))  # type: ignore[arg-type]
    if consultation.state in BOT_ANSWERS and wish in ("answer", "miss"):
        return Outcome("en", SAY, misses=consultation.misses + (wish == "miss"))
    return Outcome("en", (), *memory)


def following(state: State, wish: str) -> State:
    """Return the state to which a reader's wish leads."""
    if wish == "wait" and state in BOT_ANSWERS:
        return State.WAITING
    if wish == "promise" and state is State.SELF_SERVICE:
        return State.ASYNCHRONOUS
    if wish == "back" and state in CLAIMABLE:
        return State.SELF_SERVICE
    return state


class OnSqlite(Consultations):
    """Each run on a file of its own."""


class OnPostgresql(Consultations):
    """Each run on a database of its own."""


@pytest.fixture(scope="module")
def sqlite(migrated_file: Path) -> None:
    OnSqlite.make_place = staticmethod(lambda folder: sqlite_place(folder, migrated_file))  # type: ignore[assignment]


@pytest.fixture(scope="module")
def postgresql(postgres: PostgresServer) -> None:
    OnPostgresql.make_place = staticmethod(lambda _folder: postgres_place(postgres))  # type: ignore[assignment]


TestOnSqlite = pytest.mark.usefixtures("sqlite")(OnSqlite.TestCase)
TestOnSqlite.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TestOnPostgresql = pytest.mark.usefixtures("postgresql")(OnPostgresql.TestCase)
TestOnPostgresql.settings = settings(
    max_examples=6,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
