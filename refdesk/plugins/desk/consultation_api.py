"""How do librarians work on consultations over HTTP? (`/api/v1/consultations`)"""

from typing import Any, get_args

from aiohttp import web

from refdesk.core.lifecycle.merging import may_merge
from refdesk.core.log.event_json import event_to_json
from refdesk.core.staff.authorise import StaffActor, authorise
from refdesk.core.staff.desk_lists import ListName
from refdesk.core.staff.desk_work import Desk, Done
from refdesk.core.web.server import service_of
from refdesk.core.web.staff_session import SignedIn
from refdesk.plugins.desk import frames
from refdesk.plugins.desk.api_answers import refuse
from refdesk.plugins.desk.requests import (
    json_object,
    message_in,
    number_after,
    text_field,
    wrap_up_in,
)

_LISTS: tuple[ListName, ...] = get_args(ListName)


async def list_consultations(request: web.Request, who: SignedIn) -> web.Response:
    """Return one list, the longest waiting first."""
    state = request.query.get("state", "waiting")
    if state not in _LISTS:
        return refuse(request, "unknown_state", known=", ".join(_LISTS))
    found = await _desk(request).lists.of(who.actor, state)
    return web.json_response({"items": [frames.item(one, who.actor) for one in found]})


async def show(request: web.Request, who: SignedIn) -> web.Response:
    """Return one consultation."""
    listed = await _desk(request).lists.one(who.actor, _id(request))
    if listed is None:
        return refuse(request, "not_found")
    return web.json_response(frames.item(listed, who.actor))


async def events(request: web.Request, who: SignedIn) -> web.Response:
    """Return the log after a number."""
    after = number_after(request.query)
    desk = _desk(request)
    # The log is read before the state that decides: what has been claimed meanwhile stays shut.
    found = await desk.reading.events(_id(request), after)
    consultation = await desk.reading.consultation(_id(request))
    if consultation is None or authorise(who.actor, "read_log", consultation) == "refused":
        return refuse(request, "not_found")
    return web.json_response({"items": [event_to_json(one) for one in found]})


async def claim(request: web.Request, who: SignedIn) -> web.Response:
    """Take a waiting consultation; who comes too late learns who has it."""
    await json_object(request)
    done = await _desk(request).claim(who.actor, _id(request))
    return await _told(request, who.actor, done)


async def send_message(request: web.Request, who: SignedIn) -> web.Response:
    """Write to the reader; the same client_id again sends nothing."""
    message = message_in(await json_object(request))
    done = await _desk(request).reply(who.actor, _id(request), message.text, message.client_id)
    if done.word not in ("done", "repeat"):
        return _refused(request, done)
    status = 201 if done.word == "done" else 200
    return web.json_response({"seq": done.seq}, status=status)


async def give_back(request: web.Request, who: SignedIn) -> web.Response:
    """Return the reader to the automatic assistant."""
    await json_object(request)
    done = await _desk(request).give_back(who.actor, _id(request))
    return await _told(request, who.actor, done)


async def close(request: web.Request, who: SignedIn) -> web.Response:
    """End the conversation."""
    await json_object(request)
    done = await _desk(request).close(who.actor, _id(request))
    return await _told(request, who.actor, done)


async def wrap_up(request: web.Request, who: SignedIn) -> web.Response:
    """Note how it ended."""
    notes = wrap_up_in(await json_object(request))
    done = await _desk(request).wrap_up(who.actor, _id(request), notes)
    return await _told(request, who.actor, done)


async def earlier(request: web.Request, who: SignedIn) -> web.Response:
    """Return what else the same reader has asked, the newest first."""
    lists = _desk(request).lists
    found, here = await lists.earlier(who.actor, _id(request)), None
    if found is not None:
        here = await lists.one(who.actor, _id(request))
    if found is None or here is None:
        return refuse(request, "not_found")
    into = here.consultation
    items = [
        frames.item(one, who.actor) | {"mergeable": may_merge(who.actor, one.consultation, into)}
        for one in found
    ]
    return web.json_response({"items": items})


async def merge(request: web.Request, who: SignedIn) -> web.Response:
    """Let this consultation go on in another one of the same reader."""
    into = text_field(await json_object(request), "into")
    done = await _desk(request).merge(who.actor, _id(request), into)
    return await _told(request, who.actor, done)


async def _told(request: web.Request, staff: StaffActor, done: Done) -> web.Response:
    """Return the consultation as it now stands, or why nothing was done."""
    if done.word not in ("done", "repeat") or done.consultation is None:
        return _refused(request, done)
    consultation = done.consultation
    answer: dict[str, Any] = {"id": consultation.id, "state": consultation.state.value}
    listed = await _desk(request).lists.one(staff, consultation.id)
    return web.json_response(answer if listed is None else frames.item(listed, staff))


def _refused(request: web.Request, done: Done) -> web.Response:
    if done.word == "taken":
        return refuse(request, "taken", by=done.by)
    code = "not_allowed" if done.word == "refused" else done.word
    return refuse(request, code)


def _desk(request: web.Request) -> Desk:
    desk: Desk = service_of(request, Desk)
    return desk


def _id(request: web.Request) -> str:
    # Addresses can hold half characters, which no consultation's number has.
    return request.match_info["id"].encode("utf-8", "replace").decode("utf-8")
