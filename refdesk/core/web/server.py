"""How do routes of the core, the plugins and the adapters become one web server?"""

import asyncio
import hashlib
import math
import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

from aiohttp import WSCloseCode, web
from aiohttp.typedefs import Handler

from refdesk.core.settings import Settings
from refdesk.core.web.assets import WebAssets
from refdesk.core.web.headers import comes_from_here, protect
from refdesk.core.web.health import Watched, health_routes
from refdesk.core.web.pages import Pages
from refdesk.core.web.plugin_routes import PLUGIN, begin_answer
from refdesk.core.web.start_page import start_page_routes
from refdesk.errors import (
    BusyError,
    NotAllowedError,
    NotFoundError,
    RefusedError,
    StorageError,
)
from refdesk.logs import get_logger
from refdesk.loops import running_loop

log = get_logger(__name__)
SETTINGS: web.AppKey[Settings] = web.AppKey("settings", Settings)
PAGES: web.AppKey[Pages] = web.AppKey("pages", Pages)
SERVICES: web.AppKey[dict[type[Any], Any]] = web.AppKey("services", dict)
# Open live connections: when the server stops they are told, instead of waited for.
SOCKETS: web.AppKey[WeakSet[web.WebSocketResponse]] = web.AppKey("sockets", WeakSet)
OWN_ASSETS = WebAssets(Path(__file__).parent / "templates", Path(__file__).parent / "static")
LARGEST_BODY_BYTES = 1024 * 1024
# Time for the slowest phone to send that; who dribbles bytes for longer holds a connection.
BODY_SECONDS = 60.0
# A visitor who takes in nothing of what is sent for so long is cut off by the system: closing
# politely would wait for what is still to be sent, for ever.
TAKE_IN_SECONDS = 60.0
_USER_TIMEOUT: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)  # not on every system
# Time for a full disk or a busy database to recover.
RETRY_SECONDS = 5
# Refusals of the web framework that people meet, in our own words.
_SAID_BETTER = {
    404: ("not_found", "There is nothing at this address."),
    503: ("not_now", "This does not answer at the moment. Please try again later."),
    413: ("too_large", "This is more than can be sent here: 1 MiB."),
}
_REFUSALS: dict[type[Exception], tuple[int, str]] = {
    NotFoundError: (404, "not_found"),
    NotAllowedError: (403, "not_allowed"),
}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def make_server(
    settings: Settings,
    services: dict[type[Any], Any],
    routes: Iterable[web.AbstractRouteDef],
    assets: Iterable[WebAssets],
    watched: Watched,
) -> web.Application:
    """Return the application."""
    base = urlsplit(settings.web.public_url).path.rstrip("/")
    server = web.Application(
        middlewares=[_border, _hear_out, _refuse_foreign_origins],
        client_max_size=LARGEST_BODY_BYTES,
    )
    server[SETTINGS] = settings
    server[SERVICES] = services
    server[SOCKETS] = WeakSet()
    server.on_shutdown.append(send_pages_away)
    folders = [OWN_ASSETS, *assets]
    static = [folder.static for folder in folders]
    templates = [folder.templates for folder in folders]
    server[PAGES] = pages = Pages(settings, base, templates, static_version(static))
    own_routes = [*health_routes(watched), *_static_routes(static), *start_page_routes(pages)]
    server.router.add_routes([*own_routes, *routes])
    server.on_response_prepare.append(_protect)
    if not base:
        return server
    outer = web.Application(client_max_size=LARGEST_BODY_BYTES)
    outer[SOCKETS] = server[SOCKETS]
    outer.router.add_routes(health_routes(watched))
    outer.router.add_get(base, _to_start_page(f"{base}/"))
    outer.add_subapp(base, server)
    return outer


def _to_start_page(address: str) -> Handler:
    async def redirect(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPPermanentRedirect(address)

    return redirect


def service_of(request: web.Request, kind: type[Any]) -> Any:
    """Return a shared service by its type, such as the desk or the knowledge base."""
    return request.app[SERVICES][kind]


def static_version(folders: Sequence[Path]) -> str:
    """Return a short name of the static files' content, so that browsers may keep them."""
    digest = hashlib.sha256()
    for file in sorted(file for folder in folders for file in folder.rglob("*")):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


@web.middleware
async def _border(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into answers; what went wrong inside is for the log only."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status not in _SAID_BETTER:
            raise
        return _failure(request, error.status, *_SAID_BETTER[error.status])
    except web.RequestPayloadError:
        return _failure(request, 400, "bad_request", "The body of the request is damaged.")
    except (BusyError, StorageError) as error:
        return _try_later(request, error)
    except RefusedError as error:
        return refusal(*_REFUSALS.get(type(error), (409, "conflict")), str(error))
    except Exception as error:  # the border of HTTP
        if isinstance(error, ConnectionError) and _is_gone(request):
            raise  # nobody is left to be answered, and nothing is wrong here
        log.exception(
            "request_failed",
            route=_route(request),
            plugin=request.get(PLUGIN, ""),
            problem=type(error).__name__,
        )
        words = "This did not work. The library has been told in its log."
        return _failure(request, 500, "failed", words)


def _try_later(request: web.Request, error: BusyError | StorageError) -> web.Response:
    """Say that there is too much to do, that the disk is full or the database busy: it passes."""
    if isinstance(error, BusyError):
        seconds, answer = error.retry_seconds, _failure(request, 503, "busy", str(error))
    else:
        log.error("not_stored", route=_route(request), problem=str(error))
        words = "Nothing can be stored at the moment. Please try again soon."
        seconds, answer = RETRY_SECONDS, _failure(request, 503, "not_stored", words)
    answer.headers["Retry-After"] = str(math.ceil(seconds))
    return answer


def _failure(request: web.Request, status: int, problem: str, message: str) -> web.Response:
    """Return a page for people, and for programs what they can read."""
    if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
        return request.app[PAGES].render(request, "error.html", status=status, problem=problem)
    return refusal(status, problem, message)


def _route(request: web.Request) -> str:
    """Return the address as it is known here: the one asked for may hold a name or a secret."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else ""


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


@web.middleware
async def _hear_out(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let go of whoever does not finish a request, or does not listen: nothing waits for ever."""
    _limit_silence(request)
    if not request.can_read_body:
        return await handler(request)
    limit = running_loop().call_later(BODY_SECONDS, _hang_up_unfinished, request)
    try:
        return await handler(request)
    finally:
        limit.cancel()


def _limit_silence(request: web.Request) -> None:
    connection = request.get_extra_info("socket")
    if connection is not None and _USER_TIMEOUT is not None:
        with suppress(OSError):  # no TCP, or gone already
            milliseconds = int(TAKE_IN_SECONDS * 1000)
            connection.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, milliseconds)


def _hang_up_unfinished(request: web.Request) -> None:
    if request.transport is not None and not request.content.is_eof():
        request.transport.close()


@web.middleware
async def _refuse_foreign_origins(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keep pages of other sites from changing anything with a visitor's cookie."""
    if request.method not in _SAFE_METHODS and not comes_from_here(
        request, request.app[SETTINGS].web.public_url
    ):
        return refusal(403, "wrong_origin", "This request comes from another site.")
    return await handler(request)


def refusal(status: int, code: str, message: str, **extra: Any) -> web.Response:
    """Return an error of the API: a code for programs, a sentence for people."""
    return web.json_response({"error": code, "message": message, **extra}, status=status)


async def send_pages_away(server: web.Application) -> None:
    """Close the live connections: pages are told that the server restarts, and come back."""
    sockets: WeakSet[web.WebSocketResponse] = server[SOCKETS]
    goodbye = b"the server restarts"
    await asyncio.gather(
        *(socket.close(code=WSCloseCode.SERVICE_RESTART, message=goodbye) for socket in sockets)
    )


async def _protect(request: web.Request, response: web.StreamResponse) -> None:
    begin_answer(request)
    # A socket is no page; thousands of them are open, and each would keep these headers.
    if not isinstance(response, web.WebSocketResponse):
        protect(response)


def _static_routes(folders: Sequence[Path]) -> list[web.RouteDef]:
    """Serve our own files; the version in the address lets a browser keep them for good."""
    files = {
        file.relative_to(folder).as_posix(): file
        for folder in reversed(folders)
        for file in folder.rglob("*")
        if file.is_file()
    }

    async def static(request: web.Request) -> web.StreamResponse:
        file = files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        lasting = "max-age=31536000, immutable"
        response = web.FileResponse(file, headers={"Cache-Control": lasting})
        response.enable_compression()
        return response

    return [web.get("/static/{version}/{name:.+}", static)]
