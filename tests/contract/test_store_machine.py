"""Do two servers on one store keep its promises under any mix of repeats, crashes and take-overs?

Store and model go side by side; the model is what `refdesk.core.turns.store` says, in memory.
The states of a consultation have a machine of their own, in
tests/core/lifecycle/test_consultation_states.py.
"""

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import bindparam, select, update

from benchmarks.faults.unfenced import Unfenced
from refdesk import Reply
from refdesk.core.intents import Say
from refdesk.core.messages import InboundMessage
from refdesk.core.tables import ConsultationRow, EventRow, NodeRow
from refdesk.core.turns.consultation_store import ConsultationStore
from refdesk.core.turns.leases import Lease
from refdesk.core.turns.store import (
    Accepted,
    Fenced,
    Finished,
    Outcome,
    OutOfTurn,
    Overtaken,
    Turn,
    Unfinished,
)
from refdesk.core.turns.triggers import Trigger
from refdesk.storage import Database, prepare
from tests.databases import Engine, Place, postgres_place, sqlite_place

_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_E: Any = EventRow.__table__  # type: ignore[attr-defined]
_N: Any = NodeRow.__table__  # type: ignore[attr-defined]
LOG = prepare(
    select(_E.c.seq, _E.c.kind, _E.c.parts)
    .where(_E.c.consultation == bindparam("consultation"))
    .order_by(_E.c.seq)
)
DONE = prepare(select(_C.c.id, _C.c.done_seq))
FALL_SILENT = prepare(update(_N).where(_N.c.id == bindparam("node")).values(seen_at=0.0))
SERVERS = st.sampled_from(["left", "right"])
READERS = st.sampled_from(["r1", "r2"])
# Long: only a server that is made to fall silent is silent.
SILENCE_SECONDS = 3600.0

SEARCH = (Phase.explicit, Phase.generate)  # finding it is enough here
NewPlace = Callable[[], Place]


@dataclass
class Model:
    """What one consultation should be like."""

    id: str
    reader: str
    holder: str
    epoch: int = 1
    # Number -> whether it has been worked on, in the order of acceptance.
    arrived: dict[int, bool] = field(default_factory=dict)

    @property
    def waiting(self) -> list[int]:
        return [seq for seq, done in self.arrived.items() if not done]


@dataclass
class Server:
    """One server: its store, and the turns it has been given and not finished."""

    database: Database
    store: ConsultationStore
    turns: list[Turn] = field(default_factory=list)

    @property
    def node(self) -> str:
        return self.store.lease.node


class TwoServers(RuleBasedStateMachine):
    def __init__(
        self, new_place: NewPlace, kind: type[ConsultationStore] = ConsultationStore
    ) -> None:
        super().__init__()
        self.kind = kind
        self.runner = asyncio.Runner()
        self.place = new_place()
        self.numbers = itertools.count(1)
        self.keys: dict[str, tuple[str, str, int]] = {}  # key -> reader, consultation, number
        self.models: dict[str, Model] = {}  # by reader
        self.living: set[str] = set()
        self.servers: dict[str, Server] = {}

    def teardown(self) -> None:
        for model in self.models.values():
            self.log_is_as_promised(model)
        for server in self.servers.values():
            server.database.close()
        self.runner.close()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    @initialize()
    def two_servers_start(self) -> None:
        self.starts("left")
        self.starts("right")

    def starts(self, name: str) -> None:
        database = self.place.open()
        lease = Lease(silence_seconds=SILENCE_SECONDS)
        self.servers[name] = Server(database, self.kind(database, "main", lease=lease))
        self.a_server_claims(name)

    @rule(name=SERVERS, reader=READERS, kind=st.sampled_from(["message", "trigger"]))
    def something_arrives(self, name: str, reader: str, kind: str) -> None:
        key = f"{reader}:{next(self.numbers)}"
        server, model = self.servers[name], self.models.get(reader)
        accepted = self.accept(server, reader, key, kind)
        if model is None and kind == "trigger":
            assert accepted == Accepted("nobody", "", 0, None, ()), "such a reader is not known"
            return
        assert accepted.arrival == "new"
        if model is None:
            model = self.models[reader] = Model(accepted.consultation, reader, server.node)
        elif not model.waiting and model.holder != server.node:
            model.holder, model.epoch = server.node, model.epoch + 1
        assert accepted.consultation == model.id
        assert accepted.seq > max(model.arrived, default=0)
        model.arrived[accepted.seq] = False
        self.keys[key] = (reader, model.id, accepted.seq)
        assert (accepted.turn is not None) == (model.holder == server.node), "one works on it"
        if accepted.turn is not None:
            assert accepted.turn.consultation.epoch == model.epoch
            server.turns.append(accepted.turn)

    @rule(names=st.permutations(["left", "right", "left"]), reader=READERS)
    def a_reader_is_heard_by_both(self, names: list[str], reader: str) -> None:
        for name in names:
            self.something_arrives(name, reader, "message")

    @precondition(lambda self: self.keys)
    @rule(name=SERVERS, data=st.data())
    def it_comes_again(self, name: str, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.keys)))
        reader, consultation, seq = self.keys[key]
        accepted = self.accept(self.servers[name], reader, key, "message")
        assert accepted == Accepted("repeat", consultation, seq, None, ())

    def accept(self, server: Server, reader: str, key: str, kind: str) -> Accepted:
        arriving: InboundMessage | Trigger = InboundMessage("web", reader, key, key, 0.0)
        if kind == "trigger":
            arriving = Trigger(key, "web", reader, "reminders", "due", {"key": key})
        accepted: Accepted = self.run(server.store.accept(arriving))
        return accepted

    @precondition(lambda self: any(server.turns for server in self.servers.values()))
    @rule(data=st.data())
    def a_turn_is_finished(self, data: st.DataObject) -> None:
        """Work on the first turn a server has of a consultation, as Turns does."""
        having = sorted(name for name, server in self.servers.items() if server.turns)
        self.finish_first(self.servers[data.draw(st.sampled_from(having))], data)

    @precondition(lambda self: any(server.turns for server in self.servers.values()))
    @rule(data=st.data())
    def a_frozen_server_goes_on(self, data: st.DataObject) -> None:
        """It was silent for too long, somebody took its work over, and it does not know."""
        having = sorted(name for name, server in self.servers.items() if server.turns)
        name = data.draw(st.sampled_from(having))
        self.a_server_falls_silent(name)
        self.finish_first(self.servers[name], data)

    def finish_first(self, server: Server, data: st.DataObject) -> None:
        readers = sorted({turn.consultation.rid for turn in server.turns})
        model = self.models[data.draw(st.sampled_from(readers))]
        turn = min(
            (one for one in server.turns if one.consultation.id == model.id),
            key=lambda one: one.seq,
        )
        server.turns.remove(turn)
        result = self.finish(server, turn, data.draw(st.booleans()))
        if turn.consultation.epoch != model.epoch:
            assert isinstance(result, Fenced), "whoever was overtaken writes nothing"
        elif model.arrived[turn.seq]:
            assert isinstance(result, Finished)
            assert result.events == (), "a second time writes nothing"
        elif turn.seq > model.waiting[0]:
            assert isinstance(result, OutOfTurn), "what came before it has to be done first"
        else:
            assert isinstance(result, Finished)
            assert [one.kind for one in result.events] == ["reply"]
            model.arrived[turn.seq] = True
            again = self.finish(server, turn, False)
            assert isinstance(again, Finished)
            assert again.events == (), "a second time writes nothing"

    def finish(self, server: Server, turn: Turn, missed: bool) -> Finished | Fenced | OutOfTurn:
        outcome = Outcome("en", (Say(Reply.of(f"to {turn.seq}")),), misses=int(missed))
        result: Finished | Unfinished = self.run(server.store.finish(turn, outcome))
        if isinstance(result, Overtaken):
            assert result.consultation.version > turn.consultation.version
            again = replace(turn, consultation=result.consultation)
            result = self.run(server.store.finish(again, outcome))
        assert not isinstance(result, Overtaken)
        return result

    @rule(name=SERVERS)
    def a_server_claims(self, name: str) -> None:
        server = self.servers[name]
        turns: list[Turn] = self.run(server.store.claim())
        self.living.add(server.node)
        for model in self.models.values():
            if model.waiting and model.holder not in self.living:
                model.holder, model.epoch = server.node, model.epoch + 1
        wanted = {
            model.id: (model.epoch, model.waiting)
            for model in self.models.values()
            if model.holder == server.node and model.waiting
        }
        found: dict[str, tuple[int, list[int]]] = {}
        for turn in turns:
            epoch, seqs = found.setdefault(turn.consultation.id, (turn.consultation.epoch, []))
            assert epoch == turn.consultation.epoch
            seqs.append(turn.seq)
        assert found == wanted, "all of one's own work, in order, and nothing else"
        for turn in turns:
            assert (turn.trigger or turn.message.text) is not None
        server.turns = [*turns, *(one for one in server.turns if self.is_stale(one))]

    def is_stale(self, turn: Turn) -> bool:
        return turn.consultation.epoch != self.models[turn.consultation.rid].epoch

    @rule(name=SERVERS)
    def a_server_falls_silent(self, name: str) -> None:
        """It is frozen or cut off: it keeps its turns and believes that it holds them."""
        node = self.servers[name].node
        other = next(one for one in self.servers.values() if one.node != node)
        self.run(other.database.write(lambda tx: tx.run(FALL_SILENT, node=node)))
        self.living.discard(node)
        # Somebody else looks: only then is it forgotten.
        self.a_server_claims(next(key for key, one in self.servers.items() if one is other))

    @rule(name=SERVERS)
    def a_server_is_killed_and_starts_again(self, name: str) -> None:
        server = self.servers[name]
        server.database.close()
        self.starts(name)  # under a new name; the dead one has not been missed yet

    @rule(name=SERVERS)
    def a_server_stops_and_starts_again(self, name: str) -> None:
        server = self.servers[name]
        self.run(server.store.leave())
        self.living.discard(server.node)
        server.database.close()
        self.starts(name)

    @invariant()
    def nothing_is_forgotten(self) -> None:
        """What is not finished stands there to be done, and nothing else does."""
        if not self.models:
            return
        rows = self.servers["left"].database.read_blocking(lambda tx: tx.all(DONE))
        done = {row["id"]: row["done_seq"] for row in rows}
        for model in self.models.values():
            assert model.waiting == [seq for seq in model.arrived if seq > done[model.id]]

    def log_is_as_promised(self, model: Model) -> None:
        """Numbers without gaps; what arrived in its order; one answer to each that was done."""
        rows = self.servers["left"].database.read_blocking(
            lambda tx: tx.all(LOG, consultation=model.id)
        )
        assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
        arrived = [row["seq"] for row in rows if row["kind"] in ("message", "trigger")]
        assert arrived == list(model.arrived)
        answers = [row["parts"] for row in rows if row["kind"] == "reply"]
        done = [seq for seq, is_done in model.arrived.items() if is_done]
        assert len(answers) == len(done)
        for seq, answer in zip(done, answers, strict=True):
            assert f'"to {seq}"' in answer, "answers stand in the order of what they answer"


@pytest.fixture
def new_place(engine: Engine, request: pytest.FixtureRequest) -> NewPlace:
    if engine == "postgresql":
        server = request.getfixturevalue("postgres")
        return lambda: postgres_place(server)
    folders = request.getfixturevalue("tmp_path_factory")
    file = request.getfixturevalue("migrated_file")
    return lambda: sqlite_place(folders.mktemp("machine"), file)


def test_two_servers_keep_the_promises(new_place: NewPlace, engine: Engine) -> None:
    examples = 20 if engine == "sqlite" else 8  # each has a database of its own, which takes time
    run_state_machine_as_test(
        lambda: TwoServers(new_place),
        settings=settings(max_examples=examples, stateful_step_count=30, deadline=None),
    )


def test_a_store_without_fencing_is_found_out(new_place: NewPlace) -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            lambda: TwoServers(new_place, Unfenced),
            settings=settings(max_examples=200, deadline=None, database=None, phases=SEARCH),
        )
