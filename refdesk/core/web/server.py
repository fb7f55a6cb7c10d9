"""How do routes of the core, the plugins and the adapters become one web server?"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

from aiohttp import WSCloseCode, web
from aiohttp.typedefs import Handler

from refdesk.core.settings import Settings
from refdesk.core.web.assets import WebAssets
from refdesk.core.web.headers import comes_from_here, protect
from refdesk.core.web.pages import Pages
from refdesk.core.web.start_page import start_page_routes
from refdesk.errors import NotAllowedError, NotFoundError, RefusedError
from refdesk.logs import get_logger

log = get_logger(__name__)
SETTINGS: web.AppKey[Settings] = web.AppKey("settings", Settings)
PAGES: web.AppKey[Pages] = web.AppKey("pages", Pages)
SERVICES: web.AppKey[dict[type[Any], Any]] = web.AppKey("services", dict)
# Open live connections: when the server stops they are told, instead of waited for.
SOCKETS: web.AppKey[WeakSet[web.WebSocketResponse]] = web.AppKey("sockets", WeakSet)
OWN_ASSETS = WebAssets(Path(__file__).parent / "templates", Path(__file__).parent / "static")
LARGEST_BODY_BYTES = 1024 * 1024
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
Readiness = Callable[[], Awaitable[str]]


def make_server(
    settings: Settings,
    services: dict[type[Any], Any],
    routes: Iterable[web.AbstractRouteDef],
    assets: Iterable[WebAssets],
    readiness: Readiness,
) -> web.Application:
    """Return the application; `readiness` gives `ready` or what is missing."""
    base = urlsplit(settings.web.public_url).path.rstrip("/")
    server = web.Application(
        middlewares=[_border, _refuse_foreign_origins], client_max_size=LARGEST_BODY_BYTES
    )
    server[SETTINGS] = settings
    server[SERVICES] = services
    server[SOCKETS] = WeakSet()
    server.on_shutdown.append(_close_sockets)
    folders = [OWN_ASSETS, *assets]
    static = [folder.static for folder in folders]
    templates = [folder.templates for folder in folders]
    server[PAGES] = pages = Pages(settings, base, templates, static_version(static))
    own_routes = [*_health_routes(readiness), *_static_routes(static), *start_page_routes(pages)]
    server.router.add_routes([*own_routes, *routes])
    server.on_response_prepare.append(_protect)
    if not base:
        return server
    outer = web.Application(client_max_size=LARGEST_BODY_BYTES)
    outer.router.add_routes(_health_routes(readiness))
    outer.add_subapp(base, server)
    return outer


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
    except web.HTTPNotFound:
        return _failure(request, 404, "not_found", "There is nothing at this address.")
    except web.HTTPException:
        raise
    except NotFoundError as error:
        return refusal(404, "not_found", str(error))
    except NotAllowedError as error:
        return refusal(403, "not_allowed", str(error))
    except RefusedError as error:
        return refusal(409, "conflict", str(error))
    except Exception as error:  # the border of HTTP
        log.exception("request_failed", path=request.path, problem=type(error).__name__)
        words = "This did not work. The library has been told in its log."
        return _failure(request, 500, "failed", words)


def _failure(request: web.Request, status: int, problem: str, message: str) -> web.Response:
    """Return a page for people, and for programs what they can read."""
    if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
        return request.app[PAGES].render(request, "error.html", status=status, problem=problem)
    return refusal(status, problem, message)


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


async def _close_sockets(server: web.Application) -> None:
    sockets: WeakSet[web.WebSocketResponse] = server[SOCKETS]
    goodbye = b"the server restarts"
    await asyncio.gather(
        *(socket.close(code=WSCloseCode.SERVICE_RESTART, message=goodbye) for socket in sockets)
    )


async def _protect(_request: web.Request, response: web.StreamResponse) -> None:
    # A socket is no page; thousands of them are open, and each would keep these headers.
    if not isinstance(response, web.WebSocketResponse):
        protect(response)


def _health_routes(readiness: Readiness) -> list[web.RouteDef]:
    async def alive(_request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def ready(_request: web.Request) -> web.Response:
        state = await readiness()
        return web.json_response({"status": state}, status=200 if state == "ready" else 503)

    async def metrics(_request: web.Request) -> web.Response:
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415

        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", alive), web.get("/readyz", ready), web.get("/metrics", metrics)]


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
        lasting = "public, max-age=31536000, immutable"
        response = web.FileResponse(file, headers={"Cache-Control": lasting})
        response.enable_compression()
        return response

    return [web.get("/static/{version}/{name:.+}", static)]
