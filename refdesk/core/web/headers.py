"""Which headers protect a page, and whose request may change something?"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from aiohttp import web

# Pages bring their own scripts and styles as files: nothing inline ever runs.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; frame-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)
# For data, scripts and pictures: opened as a page they may do nothing.
_NO_PAGE = "default-src 'none'; frame-ancestors 'none'"


def allow_frames(response: web.StreamResponse, origins: Iterable[str]) -> None:
    """Let pages of these sites, and our own, show this answer in a frame."""
    ancestors = " ".join(["'self'", *origins])
    response.headers["Content-Security-Policy"] = _POLICY.format(ancestors=ancestors)


def protect(response: web.StreamResponse) -> None:
    """Set what every answer needs; a page that may be framed has its policy already."""
    headers = response.headers
    # Whoever looks for servers with a known hole need not be told what we are made of.
    headers["Server"] = "refdesk"
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Cache-Control", "no-store, private")
    if response.content_type != "text/html":
        headers.setdefault("Content-Security-Policy", _NO_PAGE)
        return
    headers.setdefault("Content-Security-Policy", _POLICY.format(ancestors="'none'"))
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")


def origin_of(request: web.BaseRequest, public_url: str) -> str:
    """Return the origin under which readers reach this server."""
    address = urlsplit(public_url) if public_url else None
    if address is not None:
        return f"{address.scheme}://{address.netloc}"
    return f"{request.scheme}://{request.host}"


def comes_from_here(request: web.BaseRequest, public_url: str) -> bool:
    """Say whether a browser's request was made by one of our own pages.

    A request without an Origin header was not made by another site's page.
    """
    origin = request.headers.get("Origin")
    return origin is None or origin == origin_of(request, public_url)
