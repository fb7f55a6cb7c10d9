"""How does a platform give its events to whoever asks, in pages that overlap and mix readers?

A request with a cursor confirms every event up to it; one without begins at the oldest event that
is not confirmed (Telegram's way). Events of one reader stand in their order in every page.
"""

import asyncio
import random
from collections import defaultdict, deque

from aiohttp import web
from moments import PAGE_GIVEN, Moments
from record import Asked, Record
from webhooks import words

PAGE = 20
OVERLAP = 5
OVERLAPS = 0.3
FAILS = 0.05
LONGEST_WAIT_SECONDS = 1.0


class Polling:
    """The events of one account and what has been confirmed of them."""

    def __init__(self, record: Record, moments: Moments, chance: random.Random) -> None:
        self._record = record
        self._moments = moments
        self._chance = chance
        self._events: list[Asked] = []
        self._confirmed = 0
        self._news = asyncio.Event()
        self._confirmations: dict[int, asyncio.Event] = {}

    async def deliver(self, question: Asked) -> None:
        """Keep a question for whoever asks; return when it is confirmed."""
        confirmed = self._confirmations[question.number] = asyncio.Event()
        self._events.append(question)
        self._news.set()
        await confirmed.wait()

    async def events(self, request: web.Request) -> web.StreamResponse:
        if "cursor" in request.query:
            self._confirm(int(request.query["cursor"]))
        if self._chance.random() < FAILS:
            self._record.fault("polling: 500 for a page")
            return web.json_response({}, status=500)
        if self._confirmed == len(self._events):
            self._news.clear()
            try:
                async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                return web.json_response({"events": [], "cursor": self._confirmed})
        end = min(self._confirmed + PAGE, len(self._events))
        begin = self._confirmed
        if self._chance.random() < OVERLAPS:
            self._record.fault("polling: a page that overlaps the one before")
            begin = max(begin - OVERLAP, 0)
        page = self._mixed(self._events[begin:end])
        for question in page:
            self._record.sent(question.number)
        answer = web.json_response(
            {
                "events": [
                    {"id": f"q{one.number}", "reader": one.reader, "text": words(one)}
                    for one in page
                ],
                "cursor": end,
            }
        )
        await answer.prepare(request)
        await answer.write_eof()
        if self._moments.next:
            await asyncio.sleep(0.003)  # the server begins to read the page
            self._moments.reached(PAGE_GIVEN)
        return answer

    def _confirm(self, cursor: int) -> None:
        for question in self._events[self._confirmed : cursor]:
            self._record.acknowledged(question.number)
            self._confirmations[question.number].set()
        self._confirmed = max(self._confirmed, cursor)

    def _mixed(self, events: list[Asked]) -> list[Asked]:
        """Mix readers; what one reader wrote stays in its order."""
        of_reader: defaultdict[str, deque[Asked]] = defaultdict(deque)
        for event in events:
            of_reader[event.reader].append(event)
        order = [event.reader for event in events]
        self._chance.shuffle(order)
        return [of_reader[reader].popleft() for reader in order]
