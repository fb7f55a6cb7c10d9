"""The librarians' pages and the staff API that they use."""

from collections.abc import Sequence

from aiohttp import web

from refdesk import hookimpl


@hookimpl
def register_routes() -> Sequence[web.RouteDef]:
    """Bring the desk's pages and the staff API."""
    return []
