"""Who comes through a door of the staff API or the desk, and what when it stays shut?"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from refdesk.core.staff.authorise import StaffActor, administers, answers
from refdesk.core.staff.duty import Duty
from refdesk.core.web.server import PAGES, service_of
from refdesk.core.web.staff_session import SignedIn, signed_in
from refdesk.plugins.desk.api_answers import refuse
from refdesk.plugins.desk.requests import RequestProblem

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LibrarianHandler = Callable[[web.Request, SignedIn], Awaitable[web.StreamResponse]]
Permission = Callable[[StaffActor], bool]
_SAFE_METHODS = frozenset({"GET", "HEAD"})


def explained(handler: Handler) -> Handler:
    """Turn what is wrong with a request into the refusal that says so."""

    async def call(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except RequestProblem as problem:
            return refuse(request, problem.code, **problem.values)

    return call


def for_librarians(handler: LibrarianHandler) -> Handler:
    """Let in signed-in colleagues who answer readers, and note that they are on duty."""

    async def on_duty(request: web.Request, who: SignedIn) -> web.StreamResponse:
        service_of(request, Duty).called(who.actor.name)
        return await handler(request, who)

    return _guarded(on_duty, answers, "not_a_librarian")


def for_administrators(handler: LibrarianHandler) -> Handler:
    """Let in signed-in colleagues who may change how the program works."""
    return _guarded(handler, administers, "not_an_administrator")


def _guarded(handler: LibrarianHandler, may: Permission, refusal: str) -> Handler:
    async def call(request: web.Request) -> web.StreamResponse:
        who = await signed_in(request)
        if who is None:
            return refuse(request, "not_signed_in")
        if may_be_forged(request, who):
            return refuse(request, "not_json")
        if not may(who.actor):
            return refuse(request, refusal)
        return await handler(request, who)

    return explained(call)


async def visitor(request: web.Request, may: Permission) -> SignedIn:
    """Return who visits a page: others are sent to the sign-in, or find no such page.

    Who may not know of a page learns nothing.
    """
    who = await signed_in(request)
    if who is None:
        raise web.HTTPSeeOther(request.app[PAGES].url("/desk/sign-in"))
    if not may(who.actor):
        raise web.HTTPNotFound
    return who


def may_be_forged(request: web.Request, who: SignedIn) -> bool:
    """Say whether a form of another site could have sent this with the visitor's cookie.

    Forms cannot send JSON; the server compares the Origin besides.
    """
    changes = request.method not in _SAFE_METHODS
    return changes and who.way == "cookie" and request.content_type != "application/json"
