"""What can a visitor do on `/demo`? (It exists only under `refdesk demo`.)"""

import asyncio
import ipaddress
import os
import signal
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.http import HttpProcessingError
from aiohttp.multipart import BodyPartReader
from aiohttp.typedefs import Handler
from sqlalchemy import func, select

from refdesk import sample_library
from refdesk.core.staff.staff_accounts import StaffAccounts
from refdesk.core.tables import EventRow
from refdesk.core.web.pages import language_of_visitor
from refdesk.core.web.server import PAGES, SETTINGS, refusal, service_of
from refdesk.core.web.staff_session import give_session_cookie
from refdesk.errors import DataError
from refdesk.knowledge_base import KnowledgeBase
from refdesk.knowledge_base.importing import import_files
from refdesk.storage import Database, prepare

_E: Any = EventRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_COUNT = prepare(select(func.count().label("number")).select_from(_E))
FORMATS = (".csv", ".xlsx", ".jsonl")
# Long enough for the answer to leave, short enough to be felt as at once.
_LAST_WORDS_SECONDS = 0.2


class DemoPages:
    """The demo's page and what its three buttons do."""

    def __init__(self, librarian: str, password: str) -> None:
        """Sign visitors in as `librarian`: whoever sees the demo may play the desk."""
        self._librarian = librarian
        self._password = password
        self._token: str | None = None
        self._started = time.time()

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses below `/demo`."""
        return [
            web.get("/demo", _by_its_own_name(self.page)),
            web.get("/demo/state", self.state),
            web.get("/demo/spreadsheet.csv", self.spreadsheet),
            web.post("/demo/import", _by_its_own_name(self.take_file)),
            web.post("/demo/kill", _by_its_own_name(self.kill)),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """Show a reader's phone beside a signed-in desk, and three things to try."""
        token = await self._signed_in(request)
        language = language_of_visitor(request, request.app[SETTINGS].library.default_language)
        response = request.app[PAGES].render(
            request,
            "demo/demo.html",
            librarian=self._librarian,
            question=sample_library.SPREADSHEET_QUESTIONS[language],
            formats=", ".join(FORMATS),
        )
        if token is not None:
            give_session_cookie(request, response, token)
        return response

    async def state(self, request: web.Request) -> web.Response:
        """Return which process serves, since when, and how many events are stored."""
        database: Database = service_of(request, Database)
        row = await database.read(lambda tx: tx.one(_COUNT))
        return web.json_response(
            {
                "process": os.getpid(),
                "since": self._started,
                "events": row["number"] if row else 0,
            }
        )

    async def spreadsheet(self, _request: web.Request) -> web.StreamResponse:
        """Give the sample spreadsheet to those who have none of their own at hand."""
        return web.FileResponse(
            sample_library.spreadsheet(),
            headers={"Content-Disposition": 'attachment; filename="read-in.csv"'},
        )

    async def take_file(self, request: web.Request) -> web.Response:
        """Import an uploaded file into the knowledge base, all or nothing."""
        try:
            part = await _uploaded(request)
            content = b"" if part is None else bytes(await part.read(decode=False))
        except (ValueError, HttpProcessingError):
            return refusal(400, "bad_request", "This is not how a browser sends a file.")
        if part is None:
            return refusal(400, "no_file", "Choose a file first.")
        suffix = Path(part.filename or "").suffix.lower()
        if suffix not in FORMATS:
            return refusal(415, "unknown_format", f"Known formats are {', '.join(FORMATS)}.")
        base: KnowledgeBase = service_of(request, KnowledgeBase)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"upload{suffix}"
            file.write_bytes(content)
            try:
                result = await asyncio.to_thread(import_files, base, [file], author="demo")
            except DataError as error:
                message = str(error).replace(str(file), part.filename or "file")
                return refusal(422, "broken_file", message)
        counts = asdict(result)
        counts["warnings"] = [w.replace(str(file), "file") for w in result.warnings]
        return web.json_response(counts)

    async def kill(self, _request: web.Request) -> web.Response:
        """Kill this server with SIGKILL, the way a power cut would."""
        loop = asyncio.get_running_loop()
        loop.call_later(_LAST_WORDS_SECONDS, os.kill, os.getpid(), signal.SIGKILL)
        return web.json_response({"process": os.getpid()}, status=202)

    async def _signed_in(self, request: web.Request) -> str | None:
        """Return the demo's session, opened once and shared by all who look."""
        accounts: StaffAccounts = service_of(request, StaffAccounts)
        if self._token is None or await accounts.who(self._token) is None:
            signed_in = await accounts.sign_in(self._librarian, self._password, "demo")
            self._token = signed_in.token or None
        return self._token


async def _uploaded(request: web.Request) -> BodyPartReader | None:
    """Return the field `file` of a form, or None; raises `ValueError` for what is no form."""
    if request.content_type != "multipart/form-data":
        return None
    part = await (await request.multipart()).next()
    return part if isinstance(part, BodyPartReader) and part.name == "file" else None


def _by_its_own_name(handler: Handler) -> Handler:
    """Answer only to an address or `localhost`, never to a name that a hostile DNS leads here.

    The demo gives whoever sees it a librarian's session: another site's name must not get it.
    """

    async def guarded(request: web.Request) -> web.StreamResponse:
        name = urlsplit(f"//{request.host}").hostname or ""
        if name != "localhost" and not _is_address(name):
            return refusal(403, "wrong_host", "The demo answers only to its own address.")
        return await handler(request)

    return guarded


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
