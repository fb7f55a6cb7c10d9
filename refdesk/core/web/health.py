"""How is the server, for those who look after it? (`/healthz`, `/readyz`, `/metrics`)"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

_FIGURES = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Watched:
    """`readiness` gives `ready` or what is missing, `metrics` figures in Prometheus' format."""

    readiness: Callable[[], Awaitable[str]]
    metrics: Callable[[], Awaitable[bytes]]


def health_routes(watched: Watched) -> list[web.RouteDef]:
    """Return the three addresses; none of them says anything about readers."""

    async def alive(_request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def ready(_request: web.Request) -> web.Response:
        state = await watched.readiness()
        return web.json_response({"status": state}, status=200 if state == "ready" else 503)

    async def figures(_request: web.Request) -> web.Response:
        return web.Response(body=await watched.metrics(), headers={"Content-Type": _FIGURES})

    return [web.get("/healthz", alive), web.get("/readyz", ready), web.get("/metrics", figures)]
