"""Where do librarians see what went wrong in other systems? (It works without scripts.)"""

from typing import cast

from aiohttp import web

from refdesk.core.effects.desk import EffectDesk
from refdesk.core.effects.effects import Ending
from refdesk.core.staff.authorise import answers
from refdesk.core.translations import translate
from refdesk.core.web.server import PAGES, refusal, service_of
from refdesk.core.web.staff_session import SignedIn, form_token, is_our_form
from refdesk.plugins.desk.api_answers import language_of
from refdesk.plugins.desk.doors import visitor
from refdesk.plugins.desk.effect_api import FOUND_OUT
from refdesk.plugins.desk.forms import form_fields
from refdesk.plugins.desk.rendering import desk_page

_PATH = "/desk/effects"


async def effects_page(request: web.Request) -> web.StreamResponse:
    """Show what failed, what nobody knows of, and what waits for its plugin."""
    return await _page(request, await visitor(request, answers))


async def decide(request: web.Request) -> web.StreamResponse:
    """Run one again or note how it ended, and show the page anew."""
    who = await visitor(request, answers)
    fields = await form_fields(request)
    if not is_our_form(who.token, fields.get("form_token", "")):
        return refusal(403, "wrong_form", "This form is not one of ours.")
    desk, key = service_of(request, EffectDesk), fields.get("key", "")
    ending = fields.get("ending", "")
    if ending in FOUND_OUT:
        word = await desk.settle(who.actor, key, cast("Ending", ending))
    else:
        word = await desk.run_again(who.actor, key)
    if word != "done":
        problem = translate("A colleague was faster, or this cannot be done.", language_of(request))
        return await _page(request, who, problem, status=409)
    raise web.HTTPSeeOther(request.app[PAGES].url(_PATH))


async def _page(
    request: web.Request, who: SignedIn, problem: str = "", status: int = 200
) -> web.Response:
    return desk_page(
        request,
        "desk/effects.html",
        status=status,
        staff=who.actor,
        form_token=form_token(who.token),
        effects=await service_of(request, EffectDesk).attention(who.actor),
        problem=problem,
    )
