"""Is what another system is asked to do done once, and told once, whatever dies in between?"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdesk import (
    Command,
    CommandCall,
    Effect,
    EffectCall,
    EffectDone,
    EffectNews,
    EffectRefused,
    EffectRetry,
    PluginContext,
    hookimpl,
)
from refdesk.core.effects.effects import AttemptResult, Repeatable
from refdesk.core.effects.rows import take_due
from refdesk.core.effects.rules import LONGEST_PAUSE_SECONDS, after_attempt, pause_before
from refdesk.core.messages import InboundMessage
from refdesk.errors import ConflictError, PluginError, RemoteServiceError
from refdesk.testing import FakeClock, Library, MakeLibrary


@dataclass
class Posting:
    """A plugin that posts letters; what the post office does is set by the test."""

    __name__ = "posting"
    repeatable: Repeatable = "by key"
    calls: list[EffectCall] = field(default_factory=list)
    posted: dict[str, str] = field(default_factory=dict)
    answers: list[Callable[[], Awaitable[AttemptResult]]] = field(default_factory=list)
    told: list[EffectNews] = field(default_factory=list)
    tells: str = "words"

    @hookimpl
    def register_effects(self) -> list[Effect]:
        return [
            Effect("post", self.post, self.tell, self.repeatable, attempts=3, seconds=0.5),
        ]

    @hookimpl
    def register_commands(self) -> list[Command]:
        return [Command("posting.post", self.ask, {"en": ("/post",)})]

    async def ask(self, call: CommandCall, context: PluginContext) -> str:
        for letter in call.argument.split():
            context.perform("post", {"letter": letter})
        return "It is on its way."

    async def post(self, call: EffectCall, _context: PluginContext) -> AttemptResult:
        self.calls.append(call)
        if self.answers:
            return await self.answers.pop(0)()
        self.posted.setdefault(call.key, str(call.arguments["letter"]))
        return EffectDone({"stamp": len(self.posted)})

    async def tell(self, news: EffectNews, _context: PluginContext) -> str | None:
        if self.tells == "raises":
            raise RuntimeError
        self.told.append(news)
        return f"Letter {news.arguments['letter']}: {news.ending}."


async def later() -> AttemptResult:
    return EffectRetry("the counter is closed")


async def refuses() -> AttemptResult:
    return EffectRefused("too heavy")


async def breaks() -> AttemptResult:
    raise RemoteServiceError("It did not answer in time.", happened="unknown")


async def cannot_be_reached() -> AttemptResult:
    raise RemoteServiceError("It cannot be reached.", happened="nothing")


async def says_no() -> AttemptResult:
    raise RemoteServiceError("It refuses.", happened="refused", status=409)


async def hangs() -> AttemptResult:
    await asyncio.sleep(60)
    return EffectDone()


async def talks_nonsense() -> AttemptResult:
    return "posted"  # type: ignore[return-value]  # as a plugin without types may


@pytest.fixture
def posting() -> Posting:
    return Posting()


@pytest.fixture
def willow(library: MakeLibrary, posting: Posting) -> Library:
    return library(posting, clock=FakeClock())


async def test_register_effects_does_it_once_and_tells_the_reader(
    willow: Library, posting: Posting
) -> None:
    anna = willow.reader("anna")
    await anna.says("/post A")
    anna.expects("It is on its way.")
    anna.expects("Letter A: done.")
    await willow.advance(hours=1)
    assert [one.arguments for one in posting.calls] == [{"letter": "A"}]
    assert posting.told[0].data == {"stamp": 1}
    assert posting.told[0].consultation.id == anna.consultation


async def test_effects_of_one_reader_are_done_and_told_in_order(
    willow: Library, posting: Posting
) -> None:
    anna = willow.reader("anna")
    posting.answers = [later]
    await anna.says("/post A B C")
    assert [one.arguments["letter"] for one in posting.calls] == ["A"], "B waits for A"
    await willow.advance(minutes=1)
    assert [one.arguments["letter"] for one in posting.calls] == ["A", "A", "B", "C"]
    for letter in "ABC":
        anna.expects(f"Letter {letter}: done.")


async def test_the_key_stays_the_same_in_each_attempt(willow: Library, posting: Posting) -> None:
    posting.answers = [later, breaks]
    await willow.reader("anna").says("/post A")
    await willow.advance(minutes=1)
    await willow.advance(minutes=1)
    assert [one.attempt for one in posting.calls] == [1, 2, 3]
    assert len({one.key for one in posting.calls}) == 1
    await willow.reader("anna").says("/post A")
    assert len({one.key for one in posting.calls}) == 2, "another wish has another key"


@pytest.mark.parametrize(
    ("answer", "repeatable", "ending"),
    [
        (refuses, "no", "refused"),
        (says_no, "no", "refused"),
        (breaks, "no", "unknown"),
        (hangs, "no", "unknown"),
        (talks_nonsense, "no", "unknown"),
        (later, "no", "failed"),
        (cannot_be_reached, "no", "failed"),
        (cannot_be_reached, "by key", "failed"),
        (breaks, "by key", "unknown"),
        (hangs, "by key", "unknown"),
    ],
)
async def test_what_the_other_system_does_is_told_as_it_is(
    answer: Callable[[], Awaitable[AttemptResult]],
    repeatable: Repeatable,
    ending: str,
    posting: Posting,
    library: MakeLibrary,
) -> None:
    posting.repeatable, posting.answers = repeatable, [answer] * 3
    willow = library(posting, clock=FakeClock())
    anna = willow.reader("anna")
    await anna.says("/post A")
    for _ in range(3):
        await willow.advance(minutes=10)
    assert any(f"Letter A: {ending}." in text for text in anna.heard)
    assert len(posting.told) == 1
    expected = 1 if ending == "refused" or (repeatable == "no" and ending == "unknown") else 3
    assert len(posting.calls) == expected
    attention = [one.state for one in await willow.app.effects.attention()]
    assert attention == ([] if ending == "refused" else [ending])


@pytest.mark.parametrize("repeatable", ["by key", "no"])
async def test_a_server_that_dies_during_an_attempt_does_nothing_twice(
    repeatable: Repeatable, posting: Posting, library: MakeLibrary
) -> None:
    posting.repeatable = repeatable
    willow = library(posting, clock=FakeClock())
    await willow.app.start()
    anna = willow.reader("anna")
    reached = asyncio.Event()

    async def posts_and_dies() -> AttemptResult:
        posting.posted[posting.calls[-1].key] = "A"
        reached.set()
        await asyncio.sleep(60)
        return EffectDone()

    posting.answers = [posts_and_dies]
    saying = asyncio.create_task(anna.says("/post A"))
    await reached.wait()
    await willow.app.break_off()
    saying.cancel()
    await asyncio.gather(saying, return_exceptions=True)
    await willow.restarted()
    await willow.advance(minutes=1)
    await willow.advance(minutes=1)
    assert list(posting.posted.values()) == ["A"]
    assert len(posting.calls) == (2 if repeatable == "by key" else 1)
    assert [one.ending for one in posting.told] == ["done" if repeatable == "by key" else "unknown"]
    await willow.app.stop()


async def test_what_a_server_took_without_hearing_of_it_is_not_forgotten(
    willow: Library, posting: Posting
) -> None:
    """As when the line to the database breaks during the commit."""
    posting.answers = [later]
    anna = willow.reader("anna")
    await anna.says("/post A")
    app, an_hour = willow.app, willow.app.clock() + 3600
    database, node = app.deployment.database, app.lease.node
    (lost,) = await database.write(lambda tx: take_due(tx, "main", node, an_hour, 10))
    assert lost.attempts == 2
    for _ in range(2):
        await willow.advance(minutes=1)
    anna.expects("Letter A: done.")
    assert list(posting.posted.values()) == ["A"]


@pytest.mark.parametrize(
    "result",
    [
        EffectDone({"stamp": object()}),
        EffectDone({"words": "\ud800"}),
        EffectRefused("\ud800"),
        EffectRetry("", float("nan")),
    ],
)
async def test_a_result_that_cannot_be_stored_is_of_unknown_ending(
    result: AttemptResult, library: MakeLibrary, posting: Posting
) -> None:
    async def answers() -> AttemptResult:
        return result

    posting.repeatable, posting.answers = "no", [answers]
    willow = library(posting, clock=FakeClock())
    anna = willow.reader("anna")
    await anna.says("/post A B")
    await willow.advance(minutes=1)
    anna.expects("Letter A: unknown.")
    anna.expects("Letter B: done.")


async def test_what_is_under_way_is_not_taken_for_forgotten(
    library: MakeLibrary, posting: Posting
) -> None:
    posting.repeatable = "no"
    willow = library(posting, clock=FakeClock())
    goes_on = asyncio.Event()

    async def waits() -> AttemptResult:
        under_way.set()
        await goes_on.wait()
        return EffectDone({"stamp": 1})

    under_way, posting.answers = asyncio.Event(), [waits]
    saying = asyncio.create_task(willow.reader("anna").says("/post A"))
    await under_way.wait()
    assert await willow.app.effects.perform_due() == 0
    goes_on.set()
    await saying
    assert [one.ending for one in posting.told] == ["done"]


async def test_a_server_that_stops_waits_for_the_attempt_under_way(
    library: MakeLibrary, posting: Posting
) -> None:
    posting.repeatable = "no"
    willow = library(posting, clock=FakeClock())
    await willow.app.start()
    reached, released = asyncio.Event(), asyncio.Event()

    async def takes_its_time() -> AttemptResult:
        reached.set()
        await released.wait()
        return EffectDone()

    posting.answers = [takes_its_time]
    gateway = willow.app.gateway
    await gateway.accept(InboundMessage("web_chat", "anna", "k", "/post A", gateway.now()))
    await reached.wait()
    stopping = asyncio.create_task(willow.app.stop())
    released.set()
    await stopping
    await willow.restarted()
    await willow.settle()
    assert [one.ending for one in posting.told] == ["done"]


async def test_a_full_disk_forgets_no_result(willow: Library, posting: Posting) -> None:
    anna = willow.reader("anna")
    posting.answers = [later]
    await anna.says("/post A")

    async def posts_as_the_disk_fills() -> AttemptResult:
        willow.faults.disk_full(1)
        return EffectDone({"stamp": 1})

    posting.answers = [posts_as_the_disk_fills]
    await willow.advance(minutes=1)
    anna.expects("Letter A: done.")
    assert len(posting.calls) == 2, "it was not asked again"


async def test_staff_settle_what_nobody_knows_and_the_reader_hears(
    library: MakeLibrary, posting: Posting
) -> None:
    posting.repeatable, posting.answers = "no", [breaks]
    willow = library(posting, clock=FakeClock())
    anna, effects = willow.reader("anna"), willow.app.effects
    await anna.says("/post A")
    anna.expects("Letter A: unknown.")
    (one,) = await effects.attention()
    with pytest.raises(ConflictError, match="settle it"):
        await effects.run_again(one.id, "wang")
    await effects.settle(one.id, "done", "wang")
    await willow.settle()
    anna.expects("Letter A: done.")
    with pytest.raises(ConflictError, match="settled already"):
        await effects.settle(one.id, "failed", "wang")
    assert await effects.attention() == []


async def test_staff_have_what_failed_run_again_under_its_key(
    willow: Library, posting: Posting
) -> None:
    anna, effects = willow.reader("anna"), willow.app.effects
    posting.answers = [later, later, later]
    await anna.says("/post A")
    for _ in range(2):
        await willow.advance(minutes=10)
    anna.expects("Letter A: failed.")
    (one,) = await effects.attention()
    await effects.run_again(one.id, "wang")
    await willow.settle()
    anna.expects("Letter A: done.")
    assert {call.key for call in posting.calls} == {one.id}


async def test_while_a_librarian_speaks_the_news_is_a_notice(
    willow: Library, posting: Posting
) -> None:
    anna, wang = willow.reader("anna"), willow.librarian("wang")
    posting.answers = [later]
    await anna.says("/post A")
    await anna.says("librarian")
    await wang.claims(anna)
    await willow.advance(minutes=1)
    anna.expects("Letter A: done.")
    events = await willow.app.desk.reading.events(anna.consultation, 0)
    assert (events[-1].kind, events[-1].sender) == ("notice", "system")


async def test_news_that_a_plugin_cannot_tell_bring_a_person(
    willow: Library, posting: Posting
) -> None:
    posting.tells = "raises"
    anna = willow.reader("anna")
    await anna.says("/post A")
    anna.expects("There is news about something you had asked for")
    anna.expects("librarians' list")


async def test_an_effect_of_a_plugin_that_is_off_waits_for_it(
    willow: Library, posting: Posting
) -> None:
    posting.answers = [later]
    anna = willow.reader("anna")
    await anna.says("/post A")
    await willow.app.host.switch("posting", "off")
    await willow.advance(minutes=15)
    assert len(posting.calls) == 1
    assert [one.state for one in await willow.app.effects.attention()] == ["waiting"]
    await willow.app.host.switch("posting", "on")
    await willow.advance(minutes=2)
    anna.expects("Letter A: done.")


async def test_what_went_well_is_forgotten_after_a_week(willow: Library) -> None:
    await willow.reader("anna").says("/post A")
    await willow.app.start()
    try:
        await willow.advance(days=8)
        await willow.reader("anna").says("/post B")
    finally:
        await willow.app.stop()
    assert await willow.app.effects.attention() == []


def test_an_effect_that_is_none_or_there_twice_stops_the_start(library: MakeLibrary) -> None:
    class Twice(Posting):
        @hookimpl
        def register_effects(self) -> list[Effect]:
            return Posting.register_effects(self) * 2

    with pytest.raises(PluginError, match="two of the name post"):
        library(Twice())


ATTEMPTS = st.one_of(
    st.just(None),
    st.builds(EffectDone),
    st.builds(EffectRetry, st.just(""), st.floats(0, 60)),
    st.builds(EffectRefused, st.just("no")),
)


@given(
    st.sampled_from(["by key", "no"]),
    st.lists(ATTEMPTS, min_size=1, max_size=12),
    st.integers(1, 6),
    st.floats(0, 1),
)
def test_whatever_comes_back_it_ends_and_is_never_repeated_in_doubt(
    repeatable: Repeatable, results: list[AttemptResult | None], most: int, chance: float
) -> None:
    unclear, attempts = "no", 0
    for attempts, result in enumerate(results, start=1):
        following = after_attempt(repeatable, most, attempts, unclear, result, chance)  # type: ignore[arg-type]
        assert not (unclear == "yes" and following.unclear == "no")
        if result is None:
            assert following.state in (
                {"waiting", "unknown"} if repeatable == "by key" else {"unknown"}
            )
        unclear = following.unclear
        if following.state != "waiting":
            break
        assert 0 < following.pause_seconds <= LONGEST_PAUSE_SECONDS * 1.25
    assert attempts <= most
    if following.state == "failed":
        assert unclear == "no", "what may have happened has not simply failed"


def test_pauses_grow_and_stay_within_limits() -> None:
    pauses = [pause_before(attempt, 0.5) for attempt in range(1, 40)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 2.0
    assert pauses[-1] == LONGEST_PAUSE_SECONDS
