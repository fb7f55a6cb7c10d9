"""What does a visitor see at `/`? (The doors that this deployment really has.)"""

from aiohttp import web

from refdesk.core.web.pages import Pages

_DOORS = ("/chat", "/desk")


def start_page_routes(pages: Pages) -> list[web.RouteDef]:
    """Return the start page, with a link for each part that is switched on."""

    async def start_page(request: web.Request) -> web.Response:
        served = {resource.canonical for resource in request.app.router.resources()}
        doors = [door for door in _DOORS if pages.url(door) in served]
        return pages.render(request, "index.html", doors=doors)

    return [web.get("/", start_page)]
