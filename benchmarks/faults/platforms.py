"""What do three awkward platforms look like to refdesk? (A process of its own, never killed.)

- `plain`: a webhook that is repeated when it is not answered in time; the answer may stand in the
  response to it; a message sent twice is shown twice.
- `keyed`: a webhook; sending honours `Idempotency-Key`, and answers 429, hangs after it has
  accepted, and resets connections.
- `polling`: has to be asked for events; its pages overlap and mix readers; sending has keys.

Readers ask once `POST /start` names refdesk's addresses. `GET /record` is what the judge reads.
"""

import argparse
import asyncio
import random
import sys
from typing import Any

from aiohttp import web
from moments import Moments
from polling import Polling
from readers import Readers
from record import Asked, Record
from sending import Sending
from webhooks import Webhook

WINDOW_SECONDS = {"plain": 2.0, "keyed": 0.5}


class Platforms:
    """The three platforms with their readers."""

    def __init__(self, options: argparse.Namespace) -> None:
        chance = random.Random(options.seed)
        self.record = Record()
        self.moments = Moments()
        self.readers = Readers(
            self.record, options.readers, options.messages, options.seconds, chance
        )
        self.plain = Webhook(
            "plain",
            WINDOW_SECONDS["plain"],
            self.record,
            self.moments,
            chance,
            self._show_passive_reply,
        )
        self.keyed = Webhook("keyed", WINDOW_SECONDS["keyed"], self.record, self.moments, chance)
        self.polling = Polling(self.record, self.moments, chance)
        self.sending = Sending(self.record, self.moments, chance)
        self._answered_on_request: set[int] = set()
        self._asking: asyncio.Task[None] | None = None

    def _show_passive_reply(self, question: Asked, text: str) -> None:
        """Show what stood in the response; of the repeats of one delivery only the first."""
        if question.number in self._answered_on_request:
            self.record.fault("an answer on a repeated request, shown already")
            return
        self._answered_on_request.add(question.number)
        self.record.show("plain", question.reader, text, f"q{question.number}", "on the request")

    async def start(self, request: web.Request) -> web.Response:
        """Let readers begin to ask; the servers may move to other addresses later."""
        self.plain.addresses = self.keyed.addresses = (await request.json())["servers"]
        if self._asking is None:
            deliver = {
                "plain": self.plain.deliver,
                "keyed": self.keyed.deliver,
                "polling": self.polling.deliver,
            }
            self._asking = asyncio.create_task(self.readers.ask(deliver))
        return web.json_response({})

    async def arm(self, request: web.Request) -> web.Response:
        """Name the server's process and the moment to kill it at."""
        order = await request.json()
        self.moments.pid, self.moments.next = order["pid"], order["moment"]
        return web.json_response({})

    async def progress(self, _request: web.Request) -> web.Response:
        """Say how far readers are, and whether the named moment has come."""
        asking = self._asking
        if asking is not None and asking.done():
            asking.result()
        return web.json_response(
            {
                **self.record.progress(),
                "all asked": asking is not None and asking.done(),
                "moment": self.moments.next,
                "moments": self.moments.done,
            }
        )

    async def whole_record(self, _request: web.Request) -> web.Response:
        """Tell the judge everything."""
        return web.json_response(self.record.as_json())

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes(
            [
                web.post("/start", self.start),
                web.post("/arm", self.arm),
                web.get("/progress", self.progress),
                web.get("/record", self.whole_record),
                web.post("/plain/send", self.sending.plain),
                web.post("/keyed/send", self.sending.keyed),
                web.get("/polling/events", self.polling.events),
                web.post("/polling/send", self.sending.polling),
            ]
        )
        return application


async def serve(options: argparse.Namespace) -> None:
    platforms = Platforms(options)
    runner = web.AppRunner(platforms.application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", options.port).start()
    port: Any = runner.addresses[0][1]
    sys.stdout.write(f"the platforms are at http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=100.0)
    parser.add_argument("--seed", type=int, default=4711)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
