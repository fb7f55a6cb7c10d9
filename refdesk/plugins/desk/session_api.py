"""How does a colleague sign in and out? (`/api/v1/session`)"""

import math

from aiohttp import web

from refdesk.core.staff.duty import Duty
from refdesk.core.staff.staff_accounts import SignIn, StaffAccounts
from refdesk.core.web.client_address import client_address
from refdesk.core.web.server import SETTINGS, service_of
from refdesk.core.web.staff_session import (
    SignedIn,
    give_session_cookie,
    signed_in,
    take_session_cookie,
)
from refdesk.plugins.desk.api_answers import refuse
from refdesk.plugins.desk.doors import Handler, may_be_forged
from refdesk.plugins.desk.live_desk import LiveDesk
from refdesk.plugins.desk.requests import json_object, text_field


async def sign_in(request: web.Request) -> web.Response:
    """Open a session: the token in the answer is for scripts, the cookie for pages."""
    body = await json_object(request)
    name, password = text_field(body, "name"), text_field(body, "password")
    result = await try_password(request, name, password)
    if result.actor is None:
        return refuse_sign_in(request, result)
    actor = result.actor
    response = web.json_response(
        {
            "token": result.token,
            "name": actor.name,
            "alias": actor.alias,
            "role": actor.role.value,
        }
    )
    give_session_cookie(request, response, result.token)
    return response


def sign_out(live: LiveDesk) -> Handler:
    """Return the handler that ends the session which a request shows, its live pages with it."""

    async def call(request: web.Request) -> web.Response:
        who = await signed_in(request)
        if who is None:
            return refuse(request, "not_signed_in")
        if may_be_forged(request, who):
            return refuse(request, "not_json")
        await end_session(request, who, live)
        response = web.json_response({"signed_in": False})
        take_session_cookie(request, response)
        return response

    return call


async def try_password(request: web.Request, name: str, password: str) -> SignIn:
    """Check a name and password typed on a page or sent by a script."""
    address = client_address(request, request.app[SETTINGS].web.trusted_proxies)
    accounts: StaffAccounts = service_of(request, StaffAccounts)
    return await accounts.sign_in(name, password, address)


def refuse_sign_in(request: web.Request, result: SignIn) -> web.Response:
    """Say why nobody was signed in."""
    if result.word == "wait":
        return refuse(request, "too_many_tries", seconds=seconds_to_wait(result))
    return refuse(request, "wrong_password")


def seconds_to_wait(result: SignIn) -> int:
    """Return whole seconds to wait, as `Retry-After` wants them."""
    return max(1, math.ceil(result.seconds))


async def end_session(request: web.Request, who: SignedIn, live: LiveDesk) -> None:
    """End a session, its live pages with it."""
    await service_of(request, StaffAccounts).sign_out(who.token)
    service_of(request, Duty).left(who.actor.name)
    live.end(who.token)
