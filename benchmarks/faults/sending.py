"""What do the platforms answer when refdesk sends a message to a reader?"""

import asyncio
import random

from aiohttp import web
from moments import ANSWER_IN, ANSWER_SHOWN, ANSWER_TOLD, Moments
from record import Record

BUSY = 0.06
HANGS_AFTER_ACCEPTING = 0.02
RESETS_BEFORE_ACCEPTING = 0.03
RESETS_AFTER_ACCEPTING = 0.03
PLAIN_RESETS_AFTER_ACCEPTING = 0.004
HANG_SECONDS = 6.0


class Sending:
    """The sending side of the three platforms."""

    def __init__(self, record: Record, moments: Moments, chance: random.Random) -> None:
        self._record = record
        self._moments = moments
        self._chance = chance

    async def plain(self, request: web.Request) -> web.StreamResponse:
        """Show whatever comes: this platform knows no keys."""
        message = await request.json()
        if self._moments.reached(ANSWER_IN):
            return await _reset(request)
        if self._chance.random() < BUSY:
            return self._busy()
        self._record.show("plain", message["to"], message["text"], "")
        if self._moments.reached(ANSWER_SHOWN):
            return await _reset(request)
        if self._chance.random() < PLAIN_RESETS_AFTER_ACCEPTING:
            self._record.fault("plain: shown, then reset")
            return await _reset(request)
        return await self._told(request)

    async def keyed(self, request: web.Request) -> web.StreamResponse:
        """Show a message once for each key; answer as unreliably as platforms do."""
        message = await request.json()
        key = request.headers["Idempotency-Key"]
        if self._moments.reached(ANSWER_IN):
            return await _reset(request)
        kind = self._chance.random()
        if kind < BUSY:
            return self._busy()
        if kind < BUSY + RESETS_BEFORE_ACCEPTING:
            self._record.fault("keyed: reset before it was looked at")
            return await _reset(request)
        self._record.show_once("keyed", message["to"], message["text"], key)
        if self._moments.reached(ANSWER_SHOWN):
            return await _reset(request)
        kind -= BUSY + RESETS_BEFORE_ACCEPTING
        if kind < RESETS_AFTER_ACCEPTING:
            self._record.fault("keyed: shown, then reset")
            return await _reset(request)
        if kind < RESETS_AFTER_ACCEPTING + HANGS_AFTER_ACCEPTING:
            self._record.fault("keyed: shown, then no answer")
            await asyncio.sleep(HANG_SECONDS)
        return await self._told(request)

    async def polling(self, request: web.Request) -> web.StreamResponse:
        """Show a message once for each key, which stands in its body; fail now and then."""
        message = await request.json()
        kind = self._chance.random()
        if kind < BUSY:
            self._record.fault("polling: 500 before it was looked at")
            return web.json_response({}, status=500)
        self._record.show_once("polling", message["to"], message["text"], message["key"])
        if kind < BUSY + RESETS_AFTER_ACCEPTING:
            self._record.fault("polling: shown, then 500")
            return web.json_response({}, status=500)
        return await self._told(request)

    def _busy(self) -> web.Response:
        self._record.fault("429")
        return web.json_response({}, status=429, headers={"Retry-After": "1"})

    async def _told(self, request: web.Request) -> web.StreamResponse:
        answer = web.json_response({"shown": True})
        await answer.prepare(request)
        await answer.write_eof()
        self._moments.reached(ANSWER_TOLD)
        return answer


async def _reset(request: web.Request) -> web.StreamResponse:
    """Drop the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
