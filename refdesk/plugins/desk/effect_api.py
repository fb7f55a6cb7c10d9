"""How do librarians look after external effects over HTTP? (`/api/v1/effects`)"""

from dataclasses import asdict
from typing import cast

from aiohttp import web

from refdesk.core.effects.desk import EffectDesk, Word
from refdesk.core.effects.effects import Ending
from refdesk.core.web.server import service_of
from refdesk.core.web.staff_session import SignedIn
from refdesk.plugins.desk.api_answers import refuse
from refdesk.plugins.desk.requests import RequestProblem, json_object, text_field

# Whoever has looked into the other system knows; "unknown" is what it is already.
FOUND_OUT = ("done", "refused", "failed")


async def list_effects(request: web.Request, who: SignedIn) -> web.Response:
    """Return what failed, what nobody knows of, and what waits for its plugin."""
    found = await service_of(request, EffectDesk).attention(who.actor)
    return web.json_response({"items": [asdict(one) for one in found]})


async def run_again(request: web.Request, who: SignedIn) -> web.Response:
    """Try one again, under its key."""
    await json_object(request)
    desk = service_of(request, EffectDesk)
    return _told(request, await desk.run_again(who.actor, request.match_info["key"]))


async def settle(request: web.Request, who: SignedIn) -> web.Response:
    """Note how one really ended; the reader hears of it."""
    ending = text_field(await json_object(request), "ending")
    if ending not in FOUND_OUT:
        raise RequestProblem("bad_request", field="ending")
    desk = service_of(request, EffectDesk)
    key = request.match_info["key"]
    return _told(request, await desk.settle(who.actor, key, cast("Ending", ending)))


def _told(request: web.Request, word: Word) -> web.Response:
    if word == "done":
        return web.json_response({})
    return refuse(request, "no_such_effect" if word == "not_found" else "settled_already")
