"""What does one command cost from the inbox to the reply, without storage?

Run it as the other `d_*.py` of the framework bench are run, or alone:
    python benchmarks/d_refdesk.py --plugins 10 --messages 20000
Everything that protects readers is on: rate limit, turns by consultation, middleware, plugin host
with deadline, isolation and circuit breaker. Only the database is replaced by memory.
"""

import argparse
import asyncio
import json
import sys
import time
import types

import uvloop

import refdesk
from refdesk.core.answering import AnswerRules
from refdesk.core.consultations import Consultation, State
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.intents import Say
from refdesk.core.log.live import Live
from refdesk.core.messages import InboundMessage
from refdesk.core.pipeline import Pipeline
from refdesk.core.plugin_context import Surroundings
from refdesk.core.turns.inbox import Inbox
from refdesk.core.turns.message_limits import MessageLimits
from refdesk.core.turns.rate_limit import RateLimit
from refdesk.core.turns.store import Accepted, Finished, Turn
from refdesk.core.turns.turns import Turns

CONSULTATIONS = 200


class MemoryStore:
    """Keeps the newest consultation in memory and remembers the last reply."""

    def __init__(self) -> None:
        self.consultations: dict[str, Consultation] = {}
        self.last = ""
        self.replied: asyncio.Future[None] | None = None
        self.count = 0

    async def accept(self, message: InboundMessage) -> Accepted:
        consultation = self.consultations.get(message.rid)
        if consultation is None:
            consultation = Consultation(
                message.rid, message.account, message.rid, State.SELF_SERVICE, "en", 1
            )
            self.consultations[message.rid] = consultation
        return Accepted("new", consultation.id, 1, Turn(consultation, message, 1), ())

    async def claim(self) -> list[Turn]:
        return []

    async def finish(self, turn: Turn, outcome) -> Finished:
        for intent in outcome.intents:
            if isinstance(intent, Say):
                self.last = intent.reply.parts[0].text
                self.count += 1
        if self.replied is not None and not self.replied.done():
            self.replied.set_result(None)
        return Finished(turn.consultation, ())


def plugin(number: int) -> types.ModuleType:
    """Return a plugin that answers `/cmdN text`."""
    module = types.ModuleType(f"bench_{number}")

    async def answer(call: refdesk.CommandCall, _context: refdesk.PluginContext) -> str:
        return f"ok{number} {call.argument}"

    @refdesk.hookimpl
    def register_commands():
        return [refdesk.Command(f"bench{number}.answer", answer, {"en": (f"/cmd{number}",)})]

    module.register_commands = register_commands
    return module


def build(plugins: int) -> tuple[Inbox, MemoryStore]:
    host = PluginHost()
    for number in range(plugins):
        host.register(f"bench{number}", plugin(number))
    pipeline = Pipeline(host, Surroundings({}, {}, None, {"en": "Bench"}), AnswerRules())
    store, live = MemoryStore(), Live()
    turns = Turns(store, pipeline, live)
    wide = RateLimit(10_000_000, 1e9)
    return Inbox(store, turns, live, MessageLimits(wide, wide)), store


async def measure(options: argparse.Namespace) -> dict[str, float | int | str]:
    inbox, store = build(options.plugins)
    loop = asyncio.get_running_loop()
    number = 0

    async def inbound(text: str) -> None:
        nonlocal number
        number += 1
        rid = f"reader{number % CONSULTATIONS}"
        if inbox.seconds_to_wait(rid, "127.0.0.1"):
            raise RuntimeError("the limit is too low for a benchmark")
        store.replied = loop.create_future()
        await inbox.accept(InboundMessage("bench", rid, str(number), text, 0.0, "en"))
        await store.replied

    work = [
        (
            f"/cmd{i % options.plugins} question {i % 97}",
            f"ok{i % options.plugins} question {i % 97}",
        )
        for i in range(options.messages)
    ]
    for text, expected in work[:1000]:
        await inbound(text)
        assert store.last == expected, (store.last, expected)
    began, wall = time.process_time(), time.perf_counter()
    for text, expected in work:
        await inbound(text)
        if store.last != expected:
            raise AssertionError((store.last, expected))
    used, elapsed = time.process_time() - began, time.perf_counter() - wall
    return {
        "name": "refdesk",
        "style": "command",
        "plugins": options.plugins,
        "seq_n": len(work),
        "cpu_us_per_msg": used / len(work) * 1e6,
        "seq_msgs_s": len(work) / elapsed,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--plugins", type=int, default=10)
    parser.add_argument("--messages", type=int, default=20000)
    options, _ = parser.parse_known_args()  # the framework bench passes further options
    result = uvloop.run(measure(options))
    sys.stdout.write("RESULT " + json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
