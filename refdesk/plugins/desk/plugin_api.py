"""How do administrators see and switch plugins over HTTP? (`/api/v1/plugins`)"""

import re
from dataclasses import asdict
from typing import Any, Literal

from aiohttp import web

from refdesk.core.hosting.plugin_host import PluginHost, Position
from refdesk.core.hosting.plugin_overview import PluginOverview, PluginRow
from refdesk.core.hosting.plugin_switches import INDISPENSABLE, PluginSwitches
from refdesk.core.web.server import service_of
from refdesk.core.web.staff_session import SignedIn
from refdesk.plugins.desk.api_answers import refuse
from refdesk.plugins.desk.requests import json_object, text_field

_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{0,64}")
Turned = Literal["turned", "no_such_plugin", "stays_on", "bad_request"]


async def list_plugins(request: web.Request, _who: SignedIn) -> web.Response:
    """Return every plugin as it is now, in asking order."""
    return web.json_response({"items": [asdict(row) for row in rows(request)]})


async def switch(request: web.Request, who: SignedIn) -> web.Response:
    """Switch one plugin, everywhere or for one channel account; return it as it is then."""
    name, body = request.match_info["name"], await json_object(request)
    account = text_field(body, "account") if "account" in body else ""
    result = await turn(request, who, name, text_field(body, "position"), account)
    if result != "turned":
        return refuse(request, result, plugin=name, field="position")
    (row,) = (row for row in rows(request) if row.name == name)
    return web.json_response(asdict(row))


def rows(request: web.Request) -> list[PluginRow]:
    """Return what is known of all plugins."""
    overview: PluginOverview = service_of(request, PluginOverview)
    return overview.rows()


async def turn(
    request: web.Request, who: SignedIn, name: str, position: str, account: str
) -> Turned:
    """Switch a plugin for good, and here at once; other servers follow within a second."""
    host: PluginHost = service_of(request, PluginHost)
    if position not in ("on", "off") or not _ACCOUNT.fullmatch(account):
        return "bad_request"
    if name not in host.names():
        return "no_such_plugin"
    if position == "off" and name in INDISPENSABLE:
        return "stays_on"
    where: Position = "on" if position == "on" else "off"
    switches: Any = service_of(request, PluginSwitches)
    await switches.turn(name, where, account, by=who.actor.name)
    await switches.apply(host)
    return "turned"
