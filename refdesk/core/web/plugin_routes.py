"""How do a plugin's pages and API calls cost only themselves when it is bad?

Each begins its answer within a time limit, names its plugin when it fails, and is gone while the
plugin is switched off. Failures are counted but set no plugin aside: who asks for a page could
otherwise silence the plugin for everybody.
"""

import time
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from refdesk.core.hosting.plugin_frames import boundary
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.hosting.plugin_requests import PluginRequest
from refdesk.core.hosting.plugin_tasks import working_for
from refdesk.errors import PluginError, RefusedError, StorageError
from refdesk.logs import get_logger

log = get_logger(__name__)
# In a request: the plugin whose page it is, and the limit that its answer lifts.
PLUGIN = web.RequestKey("plugin", str)
LIMIT = web.RequestKey("limit", PluginRequest)


def guarded_routes(
    host: PluginHost, plugin: str, routes: Sequence[web.RouteDef]
) -> list[web.RouteDef]:
    """Return a plugin's routes, guarded; raises `PluginError` when one of them is no route."""
    for route in routes:
        if not isinstance(route, web.RouteDef):
            raise PluginError(f"Plugin {plugin} brings a {type(route).__name__} as route.")
    return [
        web.RouteDef(route.method, route.path, _guarded(host, plugin, route), route.kwargs)
        for route in routes
    ]


def begin_answer(request: web.BaseRequest) -> None:
    """Lift the limit of a request whose answer begins: it may stay open, as a live page does."""
    limit: PluginRequest | None = request.get(LIMIT)
    if limit is not None:
        limit.answered()


def _guarded(host: PluginHost, plugin: str, route: web.RouteDef) -> Handler:
    hook = f"{route.method} {route.path}"
    handler: Any = route.handler
    clock = time.monotonic
    work = host.work_of(plugin)

    @boundary
    async def call(request: web.Request) -> web.StreamResponse:
        if not host.serves(plugin, ""):
            raise web.HTTPNotFound
        request[PLUGIN] = plugin
        request[LIMIT] = limit = work.requests.begin()
        count = work.count(hook)
        count.calls += 1
        began = clock()
        working_for.set(work.tasks)
        try:
            async with limit:
                answer = await handler(request)
            if not isinstance(answer, web.StreamResponse):
                raise PluginError(f"{hook} of {plugin} returned {type(answer).__name__}")  # noqa: TRY301 - a failure like any other
        except TimeoutError as error:
            count.failures += 1
            raise _ended(request, plugin, hook, limit) from error
        except (web.HTTPException, RefusedError, StorageError, ConnectionError):
            raise  # answers of their own kind, no failures of the plugin
        except SystemExit as error:  # it would end the server
            count.failures += 1
            raise PluginError(f"{hook} of {plugin} tried to end the program") from error
        except Exception:
            count.failures += 1
            raise
        finally:
            working_for.set(None)
            count.seconds += clock() - began
        return answer

    return call


def _ended(request: web.Request, plugin: str, hook: str, limit: PluginRequest) -> Exception:
    """Return what to raise for a request whose time is up, or whose plugin was switched off."""
    if limit.condition == "answering":
        if request.transport is not None:
            request.transport.close()
        return ConnectionResetError("the plugin was switched off")
    log.warning("plugin_failed", plugin=plugin, hook=hook, problem="deadline passed")
    return web.HTTPServiceUnavailable()
