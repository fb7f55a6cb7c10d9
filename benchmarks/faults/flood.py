"""What do a flood of messages and a wave of reconnections do to the server and to its readers?

    python benchmarks/faults/flood.py [--readers 2000] [--messages 25] [--answer-seconds 1]

Every reader of the web chat sends all messages at once; who is told to wait sends again when told.
Then all sockets are cut in one moment, and every page comes back and reads on from the last number
it has seen. Prints one JSON line; exit code 1 when something is missing, doubled or out of order.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType
from deployment import servers
from record import ANSWERED

CONNECTING_AT_ONCE = 100
GIVE_UP_SECONDS = 400.0
LONG_IN_THE_FLOOD = 0.5


class Reader:
    """A page of the web chat that gives up nothing."""

    def __init__(self, number: int, messages: int) -> None:
        self.number = number
        self.unsent = set(range(1, messages + 1))
        self.messages = messages
        self.refused = 0
        self.waits: list[float] = []
        self.token: str | None = None
        self.consultation: str | None = None
        self.last_seen = 0
        self.accepted: dict[int, int] = {}  # number in the log -> question
        self.answers: list[int] = []
        self.socket: ClientWebSocketResponse | None = None

    async def connect(self, session: ClientSession, address: str, gate: asyncio.Semaphore) -> None:
        """Open the page and read on from what it has seen."""
        while True:
            async with gate:
                with suppress(ClientError, OSError):
                    self.socket = await session.ws_connect(f"{address}/chat/ws", max_msg_size=0)
                    hello = {"token": self.token, "consultation": self.consultation}
                    await self._send(type="hello", **hello, last_seen=self.last_seen, language="en")
                    return
            await asyncio.sleep(0.2)

    async def send_all(self) -> None:
        for message in sorted(self.unsent):
            await self._ask(message)

    async def listen(self) -> None:
        """Read frames until the socket ends or every question is answered."""
        assert self.socket is not None
        resending: set[asyncio.Task[None]] = set()
        while len(self.answers) < self.messages or self.unsent:
            frame = await self.socket.receive()
            if frame.type is not WSMsgType.TEXT:
                return
            again = self._take(json.loads(frame.data))
            if again is not None:
                task = asyncio.create_task(self._ask_later(*again))
                resending.add(task)
                task.add_done_callback(resending.discard)

    def _take(self, frame: dict[str, Any]) -> tuple[int, float] | None:
        """Note what a frame says; return what has to be sent again, and when."""
        if frame["type"] == "welcome":
            self.token = frame["token"]
        elif frame["type"] == "accepted":
            question = int(frame["client_id"].rpartition("-")[2])
            self.unsent.discard(question)
            self.consultation = frame["consultation"]
            self.accepted[frame["seq"]] = question
        elif frame["type"] == "event":
            self.last_seen = max(self.last_seen, frame["seq"])
            if frame["from"] == "bot":
                words = " ".join(part.get("text", "") for part in frame["parts"])
                self.answers += [int(n) % 1000 for n in ANSWERED.findall(words)]
        elif frame["type"] == "error":
            self.refused += 1
            self.waits.append(frame.get("retry_after") or 0.0)
            if "client_id" in frame:
                return int(frame["client_id"].rpartition("-")[2]), self.waits[-1]
        return None

    async def _ask(self, message: int) -> None:
        question = f"/echo Question {self.number * 1000 + message}: now?"
        await self._send(type="message", client_id=f"r{self.number}-{message}", text=question)

    async def _ask_later(self, message: int, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0.1))
        with suppress(ClientError, OSError):
            await self._ask(message)

    async def _send(self, **frame: Any) -> None:
        assert self.socket is not None
        await self.socket.send_str(json.dumps(frame))

    def faults(self) -> dict[str, int]:
        """Compare what was accepted with what came."""
        wanted = [question for _seq, question in sorted(self.accepted.items())]
        first = list(dict.fromkeys(self.answers))
        return {
            "lost": len(set(wanted) - set(first)),
            "answered_twice": len(self.answers) - len(first),
            "out_of_order": int(first != wanted[: len(first)]),
        }


def resident_mib(pid: int, what: str = "VmRSS") -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise RuntimeError(what)


async def flood(address: str, pid: int, options: argparse.Namespace) -> dict[str, Any]:
    readers = [Reader(number, options.messages) for number in range(1, options.readers + 1)]
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)
    async with ClientSession(connector=TCPConnector(limit=0)) as session:
        await asyncio.gather(*(one.connect(session, address, gate) for one in readers))
        before, begun = resident_mib(pid), time.monotonic()
        listening = [asyncio.create_task(one.listen()) for one in readers]
        sending = [asyncio.create_task(one.send_all()) for one in readers]
        await until_answered(readers, LONG_IN_THE_FLOOD)
        cut = time.monotonic()
        for one in readers:
            assert one.socket is not None
            # The cut of a cable, not a good-bye; aiohttp has no public way to do that.
            connection = one.socket._response.connection  # noqa: SLF001
            if connection is not None and connection.transport is not None:
                connection.transport.abort()
        await asyncio.gather(*listening, *sending, return_exceptions=True)
        await asyncio.gather(*(one.connect(session, address, gate) for one in readers))
        back = time.monotonic()
        listening = [asyncio.create_task(one.listen()) for one in readers]
        sending = [asyncio.create_task(one.send_all()) for one in readers]
        async with asyncio.timeout(GIVE_UP_SECONDS):
            await asyncio.gather(*listening, *sending)
        ended = time.monotonic()
        await asyncio.sleep(2.0)
    faults = [one.faults() for one in readers]
    waits = [wait for one in readers for wait in one.waits]
    return {
        "messages": options.readers * options.messages,
        "told_to_wait": sum(one.refused for one in readers),
        "retry_after": [min(waits, default=0), max(waits, default=0)],
        **{name: sum(one[name] for one in faults) for name in faults[0]},
        "resident_mib": [before, resident_mib(pid, "VmHWM"), resident_mib(pid)],
        "seconds": round(ended - begun, 1),
        "all_back_after_seconds": round(back - cut, 1),
    }


async def until_answered(readers: list[Reader], share: float) -> None:
    """Return when so much of everything is answered."""
    wanted = share * sum(one.messages for one in readers)
    while sum(len(one.answers) for one in readers) < wanted:  # noqa: ASYNC110 - only looked at
        await asyncio.sleep(0.1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=2000)
    parser.add_argument("--messages", type=int, default=25)
    parser.add_argument("--answer-seconds", default="0", help="how long each answer takes at least")
    options = parser.parse_args()
    os.environ["REFDESK_BENCH_ANSWER_SECONDS"] = options.answer_seconds
    with (
        tempfile.TemporaryDirectory() as folder,
        servers(Path(folder), "sqlite", 1, "on") as running,
    ):
        running.configure("http://127.0.0.1:9")
        (server,) = running.nodes
        server.start()
        found = uvloop.run(flood(server.address, server.pid, options))
    print(json.dumps(found))
    return int(any(found[name] for name in ("lost", "answered_twice", "out_of_order")))


if __name__ == "__main__":
    sys.exit(main())
