"""Which colleague makes this request? (A bearer token of a script, or the cookie of a page.)"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from refdesk.core.staff.authorise import StaffActor
from refdesk.core.staff.staff_accounts import SESSION_SECONDS, StaffAccounts
from refdesk.core.web.server import PAGES, SETTINGS, service_of

SESSION_COOKIE = "refdesk_session"
_LONGEST_TOKEN = 200


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A colleague, their token, and the way it came: a cookie is sent by any page's request."""

    actor: StaffActor
    token: str
    way: Literal["bearer", "cookie"]


async def signed_in(request: web.Request) -> SignedIn | None:
    """Return who makes the request, or None. A bearer token counts more than a cookie."""
    header = request.headers.get("Authorization")
    way: Literal["bearer", "cookie"] = "cookie" if header is None else "bearer"
    if header is None:
        token = request.cookies.get(SESSION_COOKIE, "")
    else:
        scheme, _, token = header.partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else ""
    if not token or len(token) > _LONGEST_TOKEN:
        return None
    accounts: StaffAccounts = service_of(request, StaffAccounts)
    actor = await accounts.who(token)
    return SignedIn(actor, token, way) if actor else None


def give_session_cookie(request: web.Request, response: web.Response, token: str) -> None:
    """Let the browser keep the session; no script can read it and no other site can send it."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(SESSION_SECONDS),
        path=cookie_path(request),
        secure=is_secure(request),
        httponly=True,
        samesite="Strict",
    )


def take_session_cookie(request: web.Request, response: web.Response) -> None:
    """Let the browser forget the session."""
    response.del_cookie(
        SESSION_COOKIE,
        path=cookie_path(request),
        secure=is_secure(request),
        httponly=True,
        samesite="Strict",
    )


def form_token(secret: str) -> str:
    """Return what a form must carry to show that one of our own pages has made it.

    Derived from a cookie's value, which other sites can neither read nor guess.
    """
    return hashlib.sha256(f"form {secret}".encode()).hexdigest()


def is_our_form(secret: str, token: str) -> bool:
    """Say whether a form carries the right token."""
    expected = form_token(secret).encode()
    return bool(secret) and hmac.compare_digest(expected, token.encode("utf-8", "replace"))


def cookie_path(request: web.Request) -> str:
    """Return the path under which our pages lie."""
    return request.app[PAGES].url("") or "/"


def is_secure(request: web.Request) -> bool:
    """Say whether readers reach us encrypted, directly or through a proxy."""
    return request.secure or request.app[SETTINGS].web.public_url.startswith("https://")
