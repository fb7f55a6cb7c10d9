"""Does a reader learn how many seats are free, also when the seat system is ill?"""

import asyncio
from collections.abc import AsyncIterator

import pytest
import refdesk_seats
from aiohttp import web
from aiohttp.test_utils import TestServer

from refdesk.testing import Library, MakeLibrary


class SeatSystem:
    """A seat system that says what a test wants, at `address`."""

    def __init__(self) -> None:
        self.says: object = {"free": 12}
        self.pause_seconds = 0.0
        self.address = ""

    async def tell(self, _request: web.Request) -> web.Response:
        await asyncio.sleep(self.pause_seconds)
        return web.json_response(self.says)


@pytest.fixture
async def seat_system() -> AsyncIterator[SeatSystem]:
    system = SeatSystem()
    application = web.Application()
    application.router.add_get("/free", system.tell)
    async with TestServer(application) as server:
        system.address = str(server.make_url("/free"))
        yield system


@pytest.fixture
def seats(library: MakeLibrary, seat_system: SeatSystem) -> Library:
    settings = f'[plugins.refdesk_seats]\naddress = "{seat_system.address}"\npatience_seconds = 0.3'
    return library(refdesk_seats, settings=settings)


async def test_free_seats_are_told(seats: Library) -> None:
    assert "12 seats are free now." in await seats.ask("Is there a free seat?")


async def test_free_seats_are_told_in_chinese(seats: Library) -> None:
    assert "现在有 12 个空座位。" in await seats.ask("还有空座位吗？")


async def test_a_silent_seat_system_is_admitted(seats: Library, seat_system: SeatSystem) -> None:
    seat_system.pause_seconds = 5.0
    assert "does not answer just now" in await seats.ask("Is there a free seat?")


@pytest.mark.parametrize("nonsense", ["twelve", [12], {"free": "many"}])
async def test_nonsense_is_not_repeated(
    seats: Library, seat_system: SeatSystem, nonsense: object
) -> None:
    seat_system.says = nonsense
    assert "does not answer just now" in await seats.ask("Is there a free seat?")


async def test_other_questions_are_left_to_others(seats: Library) -> None:
    assert "seat" not in await seats.ask("Where is the toilet?")


async def test_without_an_address_it_stays_silent(library: MakeLibrary) -> None:
    assert "seats" not in await library(refdesk_seats).ask("Is there a free seat?")
