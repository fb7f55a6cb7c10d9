"""Does a bad plugin cost only its own answer?"""

import asyncio
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import pytest

from refdesk import Consultation, Offer, PluginContext, Question, State, hookimpl
from refdesk.core import hookspecs
from refdesk.core.commands import CommandTable
from refdesk.core.hosting.plugin_host import Answered, PluginHost
from refdesk.core.hosting.plugin_threads import MOST_THREADS
from refdesk.core.plugin_context import Surroundings
from refdesk.errors import PluginError

Zoo = Callable[[str], ModuleType]
Logged = list[dict[str, object]]

CONSULTATION = Consultation("c1", "web_chat", "r1", State.SELF_SERVICE, "en", 1)
READERS_WORDS = "my very private question"
BAD = (
    "raises", "hangs", "hangs_on", "blocks", "returns_text", "offers_nonsense", "offers_too_much",
    "exits", "cancels", "raises_no_exception", "answers_ten_megabytes",
    "answers_in_ten_thousand_parts", "wants_ten_megabytes", "wants_nonsense", "mutates_its_input",
    "recurses", "yields_nonsense", "never_stops_yielding", "stops_iteration", "cancels_everybody",
    "cancels_everybody_later",
    "closes_the_loop",
)  # fmt: skip


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def host() -> PluginHost:
    return PluginHost(deadline_seconds=0.05)


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("refdesk.core.hosting.deadlines.GRACE_SECONDS", 0.05)


async def ask(host: PluginHost) -> Sequence[Answered[Offer]]:
    return await host.ask_all(
        hookspecs.answer_question,
        question=Question(READERS_WORDS, "en"),
        consultation=CONSULTATION,
        context=PluginContext("", "en", 0.0, Surroundings({}, {}, None, {})),
    )


def plugin(name: str, **hooks: Callable[..., Any]) -> ModuleType:
    module = ModuleType(name)
    for hook, function in hooks.items():
        setattr(module, hook, function)
    return module


def offering(name: str, confidence: float = 0.5, **options: bool) -> ModuleType:
    @hookimpl(**options)
    async def answer_question() -> Offer:
        return Offer(name, confidence=confidence)

    return plugin(name, answer_question=answer_question)


@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_plugin_costs_its_own_answer_only(
    bad: str, host: PluginHost, zoo: Zoo, logged: Logged
) -> None:
    host.register(bad, zoo(bad))
    host.register("answers", zoo("answers"))
    answered = await ask(host)
    assert [one.plugin for one in answered] == ["answers"]
    failures = [line for line in logged if line["event"] == "plugin_failed"]
    assert [(line["plugin"], line["hook"]) for line in failures] == [(bad, "answer_question")]
    assert READERS_WORDS not in repr(logged)


@pytest.mark.parametrize("bad", BAD)
async def test_a_plugin_that_keeps_failing_is_set_aside_and_tried_again(
    bad: str, zoo: Zoo, logged: Logged
) -> None:
    clock = Clock()
    host = PluginHost(deadline_seconds=0.01, clock=clock)
    host.register(bad, zoo(bad))
    for _ in range(5):
        await ask(host)
    assert host.condition(bad) == "set aside"
    assert logged[-1]["condition"] == "set aside"
    calls = len(logged)
    await ask(host)
    assert len(logged) == calls, "it is not asked while it is set aside"
    clock.now += 61
    assert host.condition(bad) == "working"
    await ask(host)
    assert len(logged) == calls + 1, "it has been tried again"
    assert host.condition(bad) == "set aside", "one failure suffices now"


async def test_a_plugin_that_works_again_is_forgiven() -> None:
    clock, broken = Clock(), [True]

    @hookimpl
    async def answer_question() -> Offer:
        if broken:
            raise OSError
        return Offer("back", confidence=0.5)

    host = PluginHost(clock=clock)
    host.register("sometimes", plugin("sometimes", answer_question=answer_question))
    for _ in range(5):
        await ask(host)
    broken.clear()
    clock.now += 61
    assert [one.value.answer for one in await ask(host)] == ["back"]
    assert host.condition("sometimes") == "working"


async def test_a_cancelled_question_stays_cancelled(zoo: Zoo) -> None:
    patient = PluginHost(deadline_seconds=60)
    patient.register("hangs", zoo("hangs"))
    asking = asyncio.create_task(ask(patient))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert patient.condition("hangs") == "working", "it was not the plugin's fault"


async def test_a_plain_function_runs_in_a_thread_and_the_log_says_so(
    zoo: Zoo, logged: Logged
) -> None:
    host = PluginHost()
    host.register("answers_in_a_thread", zoo("answers_in_a_thread"))
    assert logged[-1]["event"] == "hook_runs_in_thread"
    assert [one.value.answer for one in await ask(host)] == ["From plugin-answers_in_a_thread."]


async def test_blocked_threads_of_one_plugin_hold_nobody_else_up(zoo: Zoo) -> None:
    clock = Clock()
    host = PluginHost(deadline_seconds=0.01, clock=clock)
    host.register("blocks", zoo("blocks"))
    for _ in range(MOST_THREADS + 3):
        await ask(host)
        clock.now += 10_000
    assert await asyncio.to_thread(lambda: "free") == "free"


async def test_a_lambda_around_an_async_handler_is_awaited(zoo: Zoo) -> None:
    host = PluginHost(deadline_seconds=60)

    async def handler(word: str) -> str:
        return word

    host.register("answers", zoo("answers"))
    answer = await host.run("answers", "lambda", lambda: handler("done"))
    assert answer is not None
    assert answer.value == "done"


async def test_a_handler_with_a_wrong_result_has_failed(
    host: PluginHost, zoo: Zoo, logged: Logged
) -> None:
    async def handler() -> int:
        return 5

    host.register("answers", zoo("answers"))
    assert await host.run("answers", "answers.ping", handler, expected=str) is None
    assert (logged[-1]["plugin"], logged[-1]["hook"]) == ("answers", "answers.ping")


async def test_what_went_wrong_is_named_by_kind_and_place(
    host: PluginHost, zoo: Zoo, logged: Logged
) -> None:
    host.register("raises", zoo("raises"))
    await ask(host)
    assert logged[-1]["problem"] == "ValueError"
    assert str(logged[-1]["where"]).endswith("raises.py:8")


async def test_the_trace_switch_logs_every_call(zoo: Zoo, logged: Logged) -> None:
    host = PluginHost(trace="on")
    host.register("answers", zoo("answers"))
    await ask(host)
    assert (logged[-1]["event"], logged[-1]["plugin"]) == ("hook_called", "answers")


async def test_plugins_are_asked_in_the_order_of_registration() -> None:
    host = PluginHost()
    for name in ("b", "a", "c"):
        host.register(name, offering(name))
    assert [one.plugin for one in await ask(host)] == ["b", "a", "c"]


async def test_tryfirst_and_trylast_stay_at_their_ends() -> None:
    host = PluginHost()
    host.register("last", offering("last", trylast=True))
    host.register("b", offering("b"))
    host.register("first", offering("first", tryfirst=True))
    host.register("a", offering("a"))
    assert [one.plugin for one in await ask(host)] == ["first", "b", "a", "last"]


async def test_a_plugin_that_is_removed_is_not_asked() -> None:
    host = PluginHost()
    host.register("a", offering("a"))
    host.register("b", offering("b"))
    await host.unregister("a")
    assert [one.plugin for one in await ask(host)] == ["b"]
    assert host.names() == ["b"]


async def test_intents_belong_to_the_plugin_that_wished_for_them() -> None:
    @hookimpl
    async def answer_question(context: PluginContext) -> Offer:
        context.say("One moment.")
        return Offer("Done.", confidence=0.5)

    host = PluginHost()
    host.register("talks", plugin("talks", answer_question=answer_question))
    host.register("b", offering("b"))
    assert [len(one.intents) for one in await ask(host)] == [1, 0]


@pytest.mark.parametrize(
    ("animal", "reason"),
    [
        ("misspelt", "Did you mean 'answer_question'?"),
        ("wants_more", "session"),
        ("wraps", "cannot be wrapped"),
        ("waits_at_the_start", "use a plain def"),
    ],
)
async def test_a_plugin_that_does_not_fit_is_refused_and_leaves_nothing_behind(
    animal: str, reason: str, host: PluginHost, zoo: Zoo
) -> None:
    with pytest.raises(PluginError, match=reason.replace("?", r"\?")):
        host.register(animal, zoo(animal))
    host.register("answers", zoo("answers"))
    assert host.names() == ["answers"]
    assert [one.plugin for one in await ask(host)] == ["answers"]


def test_the_same_plugin_under_two_names_is_refused(host: PluginHost, zoo: Zoo) -> None:
    answers = zoo("answers")
    host.register("answers", answers)
    with pytest.raises(PluginError, match="registered already"):
        host.register("again", answers)


@pytest.mark.parametrize(
    ("animal", "reason"),
    [("fails_at_the_start", "KeyError"), ("brings_no_commands", "returned int")],
)
def test_a_failure_at_the_start_names_the_plugin_and_the_way_out(
    animal: str, reason: str, host: PluginHost, zoo: Zoo
) -> None:
    host.register(animal, zoo(animal))
    with pytest.raises(PluginError) as refusal:
        host.collect(hookspecs.register_commands)
    assert animal in str(refusal.value)
    assert reason in str(refusal.value)
    assert "disabled" in str(refusal.value)


def test_two_plugins_with_one_word_stop_the_start_with_both_names(
    host: PluginHost, zoo: Zoo
) -> None:
    for animal in ("answers", "takes_anothers_word"):
        host.register(animal, zoo(animal))
    collected = host.collect(hookspecs.register_commands)
    with pytest.raises(PluginError, match=r"answers and takes_anothers_word both claim"):
        CommandTable((name, command) for name, commands in collected for command in commands)


async def test_plugins_are_asked_side_by_side_and_answer_in_their_order(host: PluginHost) -> None:
    second_was_asked = asyncio.Event()

    @hookimpl
    async def waits() -> Offer:
        await second_was_asked.wait()
        return Offer("first", 0.5)

    @hookimpl
    async def lets_go() -> Offer:
        second_was_asked.set()
        return Offer("second", 0.9)

    host.register("waits", plugin("waits", answer_question=waits))
    host.register("lets_go", plugin("lets_go", answer_question=lets_go))
    answered = await ask(host)
    assert [(one.plugin, one.value.answer) for one in answered] == [
        ("waits", "first"),
        ("lets_go", "second"),
    ]
