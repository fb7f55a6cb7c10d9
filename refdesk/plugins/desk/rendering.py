"""How is a page of the desk rendered? (In the demo it stands in a frame.)"""

from aiohttp import web

from refdesk.core.web.framing import SelfFraming
from refdesk.core.web.headers import allow_frames
from refdesk.core.web.server import PAGES, SERVICES


def desk_page(
    request: web.Request, template: str, *, status: int = 200, **values: object
) -> web.Response:
    """Return the page in the visitor's language; its links must work where the desk itself does."""
    page = request.app[PAGES].render(request, template, status=status, **values)
    if SelfFraming in request.app[SERVICES]:
        allow_frames(page, [])
    return page
