"""Do consultations keep their rules under any mix of readers, librarians and crashes?

Store and desk are compared, step by step, with a small model of what
docs/explanation/design.md, section 6, says.
"""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import func, select, text

from refdesk import QueueChoice, Reply, State
from refdesk.core.authorise import Role, StaffActor
from refdesk.core.consultation_rows import EVENTS_AFTER
from refdesk.core.consultations import BOT_ANSWERS, CLAIMABLE, Consultation, allows
from refdesk.core.desk_work import Desk, Done, WrapUp
from refdesk.core.intents import Say
from refdesk.core.live import Live
from refdesk.core.messages import InboundMessage
from refdesk.core.consultation_store import ConsultationStore
from refdesk.core.store import Fenced, Finished, Outcome, Turn, Waiting
from refdesk.core.tables import ConsultationRow
from refdesk.storage import SqliteDatabase, prepare
from refdesk.storage.schema import CORE_MIGRATIONS, bring_up_to_date

STAFF = tuple(StaffActor(name, name.title(), Role.LIBRARIAN) for name in ("li", "kim"))
READERS = st.sampled_from(["r1", "r2"])
LIBRARIANS = st.sampled_from(STAFF)
OUTCOMES = st.sampled_from(["answer", "miss", "wait", "promise", "back", "silence"])
CLOSED = (State.CLOSED, State.WRAPPED_UP)
SAY = (Say(Reply.of("answer")),)
_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
STATES = prepare(select(_C.c.id, _C.c.state, _C.c.owner))
OPEN_BY_READER = prepare(
    select(func.count().label("number"))
    .select_from(_C)
    .where(text("state NOT IN ('closed', 'wrapped_up')"))
    .group_by(_C.c.account, _C.c.rid)
)


@dataclass
class Model:
    """What one consultation should be like."""

    id: str
    state: State = State.SELF_SERVICE
    owner: str | None = None
    pending: list[Turn] = field(default_factory=list)
    messages: dict[str, int] = field(default_factory=dict)
    replies: dict[tuple[str, str], int] = field(default_factory=dict)


class Consultations(RuleBasedStateMachine):
    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="refdesk-states-"))
        shutil.copy(self.template, self.folder / "refdesk.db")
        self.keys = itertools.count(1)
        self.open: dict[str, Model] = {}
        self.all: dict[str, Model] = {}
        self.open_database()

    def open_database(self) -> None:
        self.database = SqliteDatabase(self.folder / "refdesk.db")
        self.store = ConsultationStore(self.database, "main")
        self.desk = Desk(self.database, "main", Live(), lambda _account: False)

    def teardown(self) -> None:
        self.database.close()
        self.runner.close()
        shutil.rmtree(self.folder)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def one_of(self, data: st.DataObject) -> Model:
        return data.draw(st.sampled_from(sorted(self.all.values(), key=lambda one: one.id)))

    @initialize()
    def somebody_writes(self) -> None:
        self.a_reader_writes("r1")

    @rule(reader=READERS)
    def a_reader_writes(self, reader: str) -> None:
        key = f"{reader}:{next(self.keys)}"
        accepted = self.run(self.store.accept(InboundMessage("web", reader, key, key, 0.0)))
        model = self.open.get(reader)
        if model is None:
            assert accepted.consultation not in self.all, "closed ones are not continued"
            model = self.open[reader] = Model(accepted.consultation)
            self.all[model.id] = model
        assert accepted.consultation == model.id
        assert accepted.turn.consultation.state is model.state
        model.messages[key] = accepted.seq
        model.pending.append(accepted.turn)

    @rule(data=st.data())
    def a_message_comes_again(self, data: st.DataObject) -> None:
        model = self.one_of(data)
        key, seq = data.draw(st.sampled_from(sorted(model.messages.items())))
        rid = key.partition(":")[0]
        accepted = self.run(self.store.accept(InboundMessage("web", rid, key, "again", 0.0)))
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
        model.state = following(model.state, wish)
        assert result.consultation.state is model.state
        spoke = any(event.kind == "reply" for event in result.events)
        assert not spoke or model.state in BOT_ANSWERS, "the bot is silent beside a person"
        again = self.run(self.store.finish(turn, decide(turn.consultation, wish)))
        assert not isinstance(again, Finished) or again.events == ()

    @rule(data=st.data(), staff=LIBRARIANS)
    def a_librarian_claims(self, data: st.DataObject, staff: StaffActor) -> None:
        model = self.one_of(data)
        before = (model.state, model.owner)
        done = self.run(self.desk.claim(staff, model.id))
        if before[0] in CLAIMABLE:
            assert done.word == "done"
            model.state, model.owner = State.WITH_LIBRARIAN, staff.name
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
            model.state = State.WITH_LIBRARIAN

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

    @rule(data=st.data(), staff=LIBRARIANS, verb=st.sampled_from(["give_back", "close", "wrap_up"]))
    def a_librarian_ends(self, data: st.DataObject, staff: StaffActor, verb: str) -> None:
        model = self.one_of(data)
        needed, leads_to = {
            "give_back": (State.WITH_LIBRARIAN, State.SELF_SERVICE),
            "close": (State.WITH_LIBRARIAN, State.CLOSED),
            "wrap_up": (State.CLOSED, State.WRAPPED_UP),
        }[verb]
        notes = (WrapUp("answered"),) if verb == "wrap_up" else ()
        done = self.run(getattr(self.desk, verb)(staff, model.id, *notes))
        allowed = model.owner == staff.name and model.state is needed
        assert (done.word == "done") == allowed
        if allowed:
            model.state = leads_to
            if verb == "give_back":
                model.owner = None
            if verb == "close":
                self.open = {rid: one for rid, one in self.open.items() if one is not model}

    @rule()
    def the_program_is_killed(self) -> None:
        self.database.close()
        self.open_database()
        claimed: dict[str, list[Turn]] = {}
        for turn in self.run(self.store.claim()):
            claimed.setdefault(turn.consultation.id, []).append(turn)
        for key, model in self.all.items():
            before, model.pending = model.pending, claimed.pop(key, [])
            assert [turn.seq for turn in model.pending] == [turn.seq for turn in before]
            for old in before:
                late = self.run(self.store.finish(old, decide(old.consultation, "answer")))
                assert late == Fenced(), "the dead program cannot write any more"
        assert claimed == {}

    @invariant()
    def states_and_owners_are_as_expected(self) -> None:
        rows = self.database.read_blocking(lambda tx: tx.all(STATES))
        assert {row["id"]: (State(row["state"]), row["owner"]) for row in rows} == {
            key: (model.state, model.owner) for key, model in self.all.items()
        }

    @invariant()
    def a_reader_has_one_open_consultation(self) -> None:
        rows = self.database.read_blocking(lambda tx: tx.all(OPEN_BY_READER))
        assert all(row["number"] == 1 for row in rows)

    @invariant()
    def numbers_rise_without_gap_and_states_follow_the_table(self) -> None:
        for model in self.all.values():
            events = self.database.read_blocking(
                lambda tx, key=model.id: tx.all(EVENTS_AFTER, consultation=key, after=0, most=-1)
            )
            assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
            passed = [State.SELF_SERVICE, *(State(e["state"]) for e in events if e["state"])]
            assert passed[-1] is model.state
            assert all(allows(one, other) for one, other in itertools.pairwise(passed))


def decide(consultation: Consultation, wish: str) -> Outcome:
    """Do what the pipeline would: silence beside a person, else what was wished."""
    if following(consultation.state, wish) is not consultation.state:
        if wish == "back":
            return Outcome("en", returned="to self-service")
        wait = "waiting" if wish == "wait" else "asynchronous"
        return Outcome("en", waiting=Waiting(QueueChoice("q", wait, "promise"), "asked"))  # type: ignore[arg-type]
    if consultation.state in BOT_ANSWERS and wish in ("answer", "miss"):
        return Outcome("en", SAY, misses=consultation.misses + (wish == "miss"))
    return Outcome("en", (), consultation.misses, consultation.offered)


def following(state: State, wish: str) -> State:
    """Return the state to which a reader's wish leads."""
    if wish == "wait" and state in BOT_ANSWERS:
        return State.WAITING
    if wish == "promise" and state is State.SELF_SERVICE:
        return State.ASYNCHRONOUS
    if wish == "back" and state in CLAIMABLE:
        return State.SELF_SERVICE
    return state


@pytest.fixture(scope="module", autouse=True)
def template(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Migrate once; each run works on a copy."""
    Consultations.template = tmp_path_factory.mktemp("template") / "refdesk.db"
    bring_up_to_date(Consultations.template, CORE_MIGRATIONS)


TestConsultations = Consultations.TestCase
TestConsultations.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
