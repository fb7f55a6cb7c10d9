"""Which page do administrators have for plugins? (It works without scripts.)"""

from aiohttp import web

from refdesk.core.hosting.plugin_switches import INDISPENSABLE
from refdesk.core.staff.authorise import administers
from refdesk.core.translations import translate
from refdesk.core.web.server import PAGES, refusal
from refdesk.core.web.staff_session import SignedIn, form_token, is_our_form
from refdesk.plugins.desk.api_answers import language_of
from refdesk.plugins.desk.doors import visitor
from refdesk.plugins.desk.forms import form_fields
from refdesk.plugins.desk.plugin_api import rows, turn
from refdesk.plugins.desk.rendering import desk_page

_PATH = "/desk/plugins"


async def plugins_page(request: web.Request) -> web.StreamResponse:
    """Show every plugin: how it is, what it has done, its switch."""
    return _page(request, await visitor(request, administers))


async def switch_plugin(request: web.Request) -> web.StreamResponse:
    """Switch one, and show the page anew."""
    who = await visitor(request, administers)
    fields = await form_fields(request)
    if not is_our_form(who.token, fields.get("form_token", "")):
        return refusal(403, "wrong_form", "This form is not one of ours.")
    name, account = fields.get("plugin", ""), fields.get("account", "")
    result = await turn(request, who, name, fields.get("position", ""), account)
    if result != "turned":
        problem = translate("This plugin cannot be switched.", language_of(request))
        return _page(request, who, problem, status=409)
    raise web.HTTPSeeOther(request.app[PAGES].url(_PATH))


def _page(
    request: web.Request, who: SignedIn, problem: str = "", status: int = 200
) -> web.Response:
    return desk_page(
        request,
        "desk/plugins.html",
        status=status,
        staff=who.actor,
        form_token=form_token(who.token),
        plugins=rows(request),
        indispensable=INDISPENSABLE,
        problem=problem,
    )
