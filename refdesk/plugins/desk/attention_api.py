"""How do librarians settle what could not be sent, over HTTP? (`/api/v1/attention`)"""

from aiohttp import web

from refdesk.core.outbox.desk import OutboxDesk, Word
from refdesk.core.outbox.outbox import Outbox
from refdesk.core.web.server import service_of
from refdesk.core.web.staff_session import SignedIn
from refdesk.plugins.desk import sending_json
from refdesk.plugins.desk.api_answers import refuse
from refdesk.plugins.desk.requests import json_object


async def list_attention(request: web.Request, who: SignedIn) -> web.Response:
    """Return messages that failed or are unknown, and channels in trouble."""
    found = await service_of(request, OutboxDesk).attention(who.actor)
    alerts = service_of(request, Outbox).watch.alerts()
    return web.json_response(sending_json.attention(found, alerts))


async def resend(request: web.Request, who: SignedIn) -> web.Response:
    """Send a message again, under the same key."""
    await json_object(request)
    return _told(request, await service_of(request, OutboxDesk).resend(who.actor, _id(request)))


async def discard(request: web.Request, who: SignedIn) -> web.Response:
    """Take a message off the list without sending it."""
    await json_object(request)
    return _told(request, await service_of(request, OutboxDesk).discard(who.actor, _id(request)))


def _told(request: web.Request, word: Word) -> web.Response:
    if word == "not_found":
        return refuse(request, "not_there_any_more")
    return web.json_response({"id": _id(request)})


def _id(request: web.Request) -> str:
    return request.match_info["id"].encode("utf-8", "replace").decode("utf-8")
