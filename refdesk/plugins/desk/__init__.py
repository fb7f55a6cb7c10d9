"""The librarians' pages and the staff API that they use."""

from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from refdesk import hookimpl
from refdesk.core.web.assets import WebAssets
from refdesk.plugins.desk import (
    attention_api,
    consultation_api,
    effect_api,
    effect_pages,
    plugin_api,
    plugin_pages,
    session_api,
)
from refdesk.plugins.desk.desk_pages import DeskPages
from refdesk.plugins.desk.doors import explained, for_administrators, for_librarians
from refdesk.plugins.desk.live_desk import LiveDesk

_FOLDER = Path(__file__).parent


@hookimpl
def register_web_assets() -> WebAssets:
    """Bring the desk's templates, scripts and style."""
    return WebAssets(_FOLDER / "templates", _FOLDER / "static")


@hookimpl
def register_routes() -> Sequence[web.RouteDef]:
    """Bring the desk's pages and the staff API."""
    live = LiveDesk()
    return [
        *_page_routes(DeskPages(live)),
        *_session_routes(live),
        *_consultation_routes(),
        *_attention_routes(),
        *_effect_routes(),
        *_plugin_routes(),
        web.get("/desk/ws", live.socket),
    ]


def _plugin_routes() -> list[web.RouteDef]:
    return [
        web.get("/desk/plugins", plugin_pages.plugins_page),
        web.post("/desk/plugins", plugin_pages.switch_plugin),
        web.get("/api/v1/plugins", for_administrators(plugin_api.list_plugins)),
        web.post("/api/v1/plugins/{name}/switch", for_administrators(plugin_api.switch)),
    ]


def _page_routes(pages: DeskPages) -> list[web.RouteDef]:
    return [
        web.get("/desk", pages.desk),
        web.get("/desk/sign-in", pages.sign_in_form),
        web.post("/desk/sign-in", pages.sign_in),
        web.post("/desk/sign-out", pages.sign_out),
    ]


def _session_routes(live: LiveDesk) -> list[web.RouteDef]:
    return [
        web.post("/api/v1/session", explained(session_api.sign_in)),
        web.delete("/api/v1/session", explained(session_api.sign_out(live))),
    ]


def _consultation_routes() -> list[web.RouteDef]:
    api, one = consultation_api, "/api/v1/consultations/{id}"
    return [
        web.get("/api/v1/consultations", for_librarians(api.list_consultations)),
        web.get(one, for_librarians(api.show)),
        web.get(f"{one}/events", for_librarians(api.events)),
        web.post(f"{one}/claim", for_librarians(api.claim)),
        web.post(f"{one}/messages", for_librarians(api.send_message)),
        web.post(f"{one}/return", for_librarians(api.give_back)),
        web.post(f"{one}/close", for_librarians(api.close)),
        web.post(f"{one}/wrap_up", for_librarians(api.wrap_up)),
        web.get(f"{one}/earlier", for_librarians(api.earlier)),
        web.post(f"{one}/merge", for_librarians(api.merge)),
    ]


def _attention_routes() -> list[web.RouteDef]:
    api, one = attention_api, "/api/v1/attention/{id}"
    return [
        web.get("/api/v1/attention", for_librarians(api.list_attention)),
        web.post(f"{one}/resend", for_librarians(api.resend)),
        web.post(f"{one}/discard", for_librarians(api.discard)),
    ]


def _effect_routes() -> list[web.RouteDef]:
    api, one = effect_api, "/api/v1/effects/{key}"
    return [
        web.get("/desk/effects", effect_pages.effects_page),
        web.post("/desk/effects", effect_pages.decide),
        web.get("/api/v1/effects", for_librarians(api.list_effects)),
        web.post(f"{one}/run_again", for_librarians(api.run_again)),
        web.post(f"{one}/settle", for_librarians(api.settle)),
    ]
