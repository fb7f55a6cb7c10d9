"""A small room system to try the plugin with: `python rooms_to_try.py` serves it on port 8099.

It keeps everything in memory and honours `Idempotency-Key`: the same key gets the first answer.
The tests make it slow, broken or deaf, and let it do something at a named moment.
"""

import asyncio
import itertools
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

ROOMS: tuple[dict[str, Any], ...] = (
    {"id": "a1", "name": "Room A1", "seats": 4},
    {"id": "b2", "name": "Room B2", "seats": 8},
)
Moment = Callable[[str], Awaitable[None]]


async def _nothing(_moment: str) -> None:
    """Do nothing at any moment."""


class RoomSystem:
    """Rooms and bookings. `moment` is awaited at `rooms`, `asked`, `booked` and `answered`."""

    def __init__(self) -> None:
        """Begin without bookings."""
        self.bookings: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str]] = []
        self.trouble: list[str] = []
        self.moment: Moment = _nothing
        self.port = 0
        self._answers: dict[str, tuple[int, dict[str, Any]]] = {}
        self._numbers = itertools.count(1001)

    @property
    def active(self) -> list[dict[str, Any]]:
        """The bookings that are not cancelled."""
        return [one for one in self.bookings.values() if one["state"] == "booked"]

    async def serve(self) -> web.AppRunner:
        """Serve on a free port of this machine, which is `port` then."""
        runner = web.AppRunner(self.application(), shutdown_timeout=0.1)
        await runner.setup()
        listening = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, listening).start()
        self.port = listening.getsockname()[1]
        return runner

    def application(self) -> web.Application:
        """Return the server."""
        made = web.Application()
        made.router.add_get("/rooms", self._rooms)
        made.router.add_get("/bookings", self._list)
        made.router.add_post("/bookings", self._change_something)
        made.router.add_post("/bookings/{id}/{verb}", self._change_something)
        return made

    async def _rooms(self, request: web.Request) -> web.Response:
        await self.moment("rooms")
        asked = request.query
        free = [
            room
            for room in ROOMS
            if room["seats"] >= int(asked["people"])
            and not self._taken({**asked, "room": room["id"]}, but_for=asked.get("but_for", ""))
        ]
        return web.json_response({"rooms": free})

    async def _list(self, request: web.Request) -> web.Response:
        wanted = [
            one
            for one in self.active
            if one["holder"] == request.query["holder"] and one["day"] >= request.query["from"]
        ]
        return web.json_response({"bookings": wanted})

    async def _change_something(self, request: web.Request) -> web.StreamResponse:
        """Do what is asked once for each key, with the trouble that is due."""
        key, body = request.headers["Idempotency-Key"], await request.json()
        self.requests.append((request.path, key))
        trouble = self.trouble.pop(0) if self.trouble else ""
        await self.moment("asked")
        if trouble == "fails":
            return web.Response(status=500)
        if key not in self._answers:
            self._answers[key] = self._do(request, body)
        await self.moment("booked")
        if trouble == "books and falls silent":
            await asyncio.sleep(3600)
        status, answer = self._answers[key]
        response = web.json_response(answer, status=status)
        await response.prepare(request)
        await response.write_eof()
        await self.moment("answered")
        return response

    def _do(self, request: web.Request, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        number, verb = request.match_info.get("id", ""), request.match_info.get("verb", "book")
        booking = self.bookings.get(number)
        theirs = booking and booking["holder"] == body["holder"]
        if verb != "book" and not (booking and theirs and booking["state"] == "booked"):
            return 404, {"reason": "there is no such booking"}
        if verb == "cancel" and booking is not None:
            booking["state"] = "cancelled"
            return 200, dict(booking)
        if self._taken(body, but_for=number):
            return 409, {"reason": "taken"}
        if booking is None:
            number = f"R-{next(self._numbers)}"
            booking = self.bookings[number] = {"id": number, "state": "booked"}
        name = next(room["name"] for room in ROOMS if room["id"] == body["room"])
        booking.update(body, room_name=name, id=number)
        return 200, dict(booking)

    def _taken(self, wanted: Any, but_for: str) -> bool:
        return any(
            one["room"] == wanted["room"]
            and one["day"] == wanted["day"]
            and one["begin"] < wanted["end"]
            and wanted["begin"] < one["end"]
            for one in self.active
            if one["id"] != but_for
        )


if __name__ == "__main__":
    web.run_app(RoomSystem().application(), host="127.0.0.1", port=8099)
