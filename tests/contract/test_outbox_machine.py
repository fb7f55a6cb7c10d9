"""Does the outbox keep its promises under any mix of answers, crashes, restarts and waiting?

The platform is the judge: it sees every send, and what it has shown to readers is what counts.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from refdesk.core.channels.capabilities import Capabilities, SendResult
from tests.databases import Engine, Place, postgres_place, sqlite_place
from tests.sending import Platform, Post, Time

NewPlace = Callable[[], Place]
READERS = st.sampled_from(["r1", "r2", "r3"])
WINDOW_SECONDS = 3600.0
BUDGET, RESERVE = 2, 1
CAPABILITIES = {
    "plain": Capabilities(send_seconds=60.0),
    "keyed": Capabilities(idempotent_send="by key", send_seconds=60.0),
    "counted": Capabilities(
        messages_per_inbound=BUDGET, push_window_seconds=WINDOW_SECONDS, librarian_reserve=RESERVE
    ),
    "counted and keyed": Capabilities(
        messages_per_inbound=BUDGET,
        push_window_seconds=WINDOW_SECONDS,
        librarian_reserve=RESERVE,
        idempotent_send="by key",
        coalesce="never",
    ),
}
ANSWERS = st.lists(
    st.sampled_from(["accepted", "silence", "death", "retry", "retry at", "auth", "permanent"]),
    min_size=1,
    max_size=4,
)


class Sending(RuleBasedStateMachine):
    def __init__(self, new_place: NewPlace) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.place = new_place()
        self.judged = 0
        self.keys: dict[str, str] = {}  # mark -> key of the send that carried it
        self.asked_at: dict[str, float] = {}  # reader -> their newest message

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    @initialize(
        capabilities=st.sampled_from(sorted(CAPABILITIES)), marks_per_payload=st.integers(1, 3)
    )
    def a_platform_of_this_kind(self, capabilities: str, marks_per_payload: int) -> None:
        clock = Time()

        async def opened() -> None:
            platform = Platform(CAPABILITIES[capabilities], clock, marks_per_payload)
            self.post = Post(self.place.open, platform, clock)

        self.run(opened())
        self.capabilities = CAPABILITIES[capabilities]

    @rule(reader=READERS, replies=st.lists(st.integers(1, 3), max_size=4))
    def a_reader_says_something(self, reader: str, replies: list[int]) -> None:
        self.run(self.post.reader_says(reader, *replies))
        self.asked_at[reader] = self.post.clock.now

    @rule(reader=READERS)
    def a_librarian_writes(self, reader: str) -> None:
        if reader in self.asked_at:
            self.run(self.post.librarian_says(reader))

    @rule(answers=ANSWERS)
    def the_platform_sends_on_as_it_likes(self, answers: list[str]) -> None:
        made = {
            "retry": SendResult("retry"),
            "retry at": SendResult("retry", retry_at=self.post.clock.now + 90),
            "auth": SendResult("auth"),
            "permanent": SendResult("permanent", reason="no"),
            "accepted": SendResult("accepted"),
        }
        self.post.platform.answers = [made.get(answer, answer) for answer in answers]
        self.run(self.post.send())

    @rule()
    def what_is_due_is_sent(self) -> None:
        self.run(self.post.send())

    @rule(seconds=st.sampled_from([1, 10, 100, 1000, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.post.clock.now += seconds

    @rule()
    def the_server_starts_anew(self) -> None:
        async def restarted() -> None:
            self.post.start()
            await self.post.outbox.recover()

        self.run(restarted())

    @precondition(lambda self: hasattr(self, "post"))
    @invariant()
    def the_platform_has_seen_nothing_wrong(self) -> None:
        platform = self.post.platform
        for one in platform.tried[self.judged :]:
            for mark in one.marks:
                row = one.key.rpartition(".")[0]
                assert self.keys.setdefault(mark, row) == row, "a mark keeps its row's key"
        self.judged = len(platform.tried)
        for reader, marks in self.post.marks.items():
            arrived = platform.arrived_at(reader)
            assert len(arrived) == len(set(arrived)), "nothing is shown twice"
            assert arrived == [mark for mark in marks if mark in arrived], "in order"
            self._budget_is_kept(reader)

    def _budget_is_kept(self, reader: str) -> None:
        if not self.capabilities.messages_per_inbound or reader not in self.asked_at:
            return
        since = [
            one
            for one in self.post.platform.arrived
            if one.reader == reader and one.at >= self.asked_at[reader]
        ]
        assert len(since) <= BUDGET
        assert all(one.at < self.asked_at[reader] + WINDOW_SECONDS for one in since)

    def teardown(self) -> None:
        if hasattr(self, "post"):
            self.run(self._until_all_is_settled())
            self.post.database.close()
        self.runner.close()

    async def _until_all_is_settled(self) -> None:
        """A platform that works and readers who write: nothing is left, and marks say the truth."""
        self.post.platform.answers = []
        await self.post.outbox.recover()
        for _ in range(40):
            if "queued" not in self.post.states():
                break
            for reader in self.asked_at:
                await self.post.reader_says(reader)
                self.asked_at[reader] = self.post.clock.now
            self.post.clock.now += 700
            await self.post.send()
        shown = {mark for one in self.post.platform.arrived for mark in one.marks}
        for row in self.post.rows():
            assert row["state"] in ("accepted", "failed", "unknown"), "nothing is forgotten"
            if row["state"] == "failed":
                assert row["reason"], "staff are told why"
            if self.capabilities.idempotent_send == "by key":
                assert row["state"] != "unknown", "where repeats are dropped, all is known"
        accepted = {row["id"] for row in self.post.rows() if row["state"] == "accepted"}
        missing = [
            mark for marks in self.post.marks.values() for mark in marks if mark not in shown
        ]
        assert all(self._row_of(mark) not in accepted for mark in missing)
        self.the_platform_has_seen_nothing_wrong()

    def _row_of(self, mark: str) -> str:
        return self.keys.get(mark, "never tried")


@pytest.fixture
def new_place(engine: Engine, request: pytest.FixtureRequest) -> NewPlace:
    if engine == "postgresql":
        server = request.getfixturevalue("postgres")
        return lambda: postgres_place(server)
    folders = request.getfixturevalue("tmp_path_factory")
    file = request.getfixturevalue("migrated_file")
    return lambda: sqlite_place(folders.mktemp("machine"), file)


def test_what_is_sent_is_as_promised(new_place: NewPlace) -> None:
    run_state_machine_as_test(
        lambda: Sending(new_place),
        settings=settings(max_examples=25, stateful_step_count=25, deadline=None),
    )
