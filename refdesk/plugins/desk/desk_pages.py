"""Which pages do librarians see? (Sign-in, which works without scripts, and the desk itself.)"""

import secrets

from aiohttp import web

from refdesk.core.effects.desk import EffectDesk
from refdesk.core.staff.authorise import administers, answers
from refdesk.core.staff.staff_accounts import SESSION_SECONDS, SignIn
from refdesk.core.translations import translate
from refdesk.core.web.server import PAGES, refusal, service_of
from refdesk.core.web.staff_session import (
    cookie_path,
    form_token,
    give_session_cookie,
    is_our_form,
    is_secure,
    signed_in,
    take_session_cookie,
)
from refdesk.plugins.desk.api_answers import language_of
from refdesk.plugins.desk.forms import form_fields
from refdesk.plugins.desk.live_desk import LiveDesk
from refdesk.plugins.desk.rendering import desk_page
from refdesk.plugins.desk.session_api import end_session, seconds_to_wait, try_password

FORM_COOKIE = "refdesk_form"
_TEXTS = {
    "wrong": "Name and password do not belong together, or the account is switched off.",
    "wait": "Too many tries. Please wait {seconds} seconds and try again.",
    "stale": "This page was open for too long. Please sign in once more.",
}


class DeskPages:
    """The pages, and the forms on them."""

    def __init__(self, live: LiveDesk) -> None:
        """Show `live` what ends."""
        self._live = live

    async def desk(self, request: web.Request) -> web.StreamResponse:
        """Show the desk to librarians, and the way in to everybody else."""
        who = await signed_in(request)
        if who is None:
            raise _see_other(request, "/desk/sign-in")
        kind = "desk" if answers(who.actor) else "not_a_librarian"
        troubled = await service_of(request, EffectDesk).attention(who.actor)
        return desk_page(
            request,
            f"desk/{kind}.html",
            status=200 if kind == "desk" else 403,
            staff=who.actor,
            form_token=form_token(who.token),
            administrator=administers(who.actor),
            troubled=len(troubled),
        )

    async def sign_in_form(self, request: web.Request) -> web.StreamResponse:
        """Show the sign-in form."""
        if await signed_in(request) is not None:
            raise _see_other(request, "/desk")
        return _form(request)

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        """Check the form; a right password leads to the desk."""
        fields = await form_fields(request)
        name, password = fields.get("name", ""), fields.get("password", "")
        if not is_our_form(request.cookies.get(FORM_COOKIE, ""), fields.get("form_token", "")):
            return _form(request, "stale", name, status=403)
        result = await try_password(request, name, password)
        if result.word == "wait":
            return _form(request, "wait", name, status=429, result=result)
        if result.word == "wrong":
            return _form(request, "wrong", name, status=401)
        response = _see_other(request, "/desk")
        give_session_cookie(request, response, result.token)
        raise response

    async def sign_out(self, request: web.Request) -> web.StreamResponse:
        """End the session of the page that sent the form."""
        fields = await form_fields(request)
        who = await signed_in(request)
        response = _see_other(request, "/desk/sign-in")
        if who is not None:
            if not is_our_form(who.token, fields.get("form_token", "")):
                return refusal(403, "wrong_form", "This form is not one of ours.")
            await end_session(request, who, self._live)
            take_session_cookie(request, response)
        raise response


def _form(
    request: web.Request,
    problem: str = "",
    name: str = "",
    status: int = 200,
    result: SignIn | None = None,
) -> web.Response:
    secret = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(16)
    seconds = seconds_to_wait(result) if result else 0
    words = translate(_TEXTS[problem], language_of(request), seconds=seconds) if problem else ""
    values = {"problem": words, "name": name, "form_token": form_token(secret)}
    response = desk_page(request, "desk/sign_in.html", status=status, **values)
    response.set_cookie(
        FORM_COOKIE,
        secret,
        max_age=int(SESSION_SECONDS),
        path=cookie_path(request),
        secure=is_secure(request),
        httponly=True,
        samesite="Strict",
    )
    if seconds:
        response.headers["Retry-After"] = str(seconds)
    return response


def _see_other(request: web.Request, path: str) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(request.app[PAGES].url(path))
