"""Is what an effect has posted posted once, whatever its later calls come to?"""

from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from refdesk import (
    Command,
    CommandCall,
    Effect,
    EffectCall,
    EffectDone,
    EffectNews,
    PluginContext,
    hookimpl,
)
from refdesk.testing import FakeClock, MakeLibrary


class Booking:
    """A plugin that books, then asks a second system that cannot be reached."""

    __name__ = "booking"

    def __init__(self, address: str) -> None:
        self.address = address

    @hookimpl
    def register_effects(self) -> list[Effect]:
        return [Effect("book", self.book, self.tell, "no", attempts=3)]

    @hookimpl
    def register_commands(self) -> list[Command]:
        return [Command("booking.book", self.ask, {"en": ("/book",)})]

    async def ask(self, _call: CommandCall, context: PluginContext) -> str:
        context.perform("book", {})
        return "On its way."

    async def book(self, _call: EffectCall, context: PluginContext) -> EffectDone:
        await context.http.post_json(self.address, {"room": 1})
        return EffectDone(await context.http.get_json("http://10.0.0.1/status"))

    async def tell(self, news: EffectNews, _context: PluginContext) -> str:
        return f"It is {news.ending}."


async def test_what_was_posted_is_not_posted_again_when_a_later_call_fails(
    library: MakeLibrary,
) -> None:
    posted: list[Any] = []

    async def take(request: web.Request) -> web.Response:
        posted.append(await request.json())
        return web.json_response({"id": 7})

    application = web.Application()
    application.router.add_post("/book", take)
    async with TestServer(application) as server:
        settings = f'[plugins]\nlocal_services = ["127.0.0.1:{server.port}"]\n'
        booking = Booking(str(server.make_url("/book")))
        willow = library(booking, settings=settings, clock=FakeClock())
        anna = willow.reader("anna")
        await anna.says("/book")
        for _ in range(3):
            await willow.advance(minutes=10)
        anna.expects("It is unknown.")
        assert posted == [{"room": 1}]
        await willow.app.http.close()
