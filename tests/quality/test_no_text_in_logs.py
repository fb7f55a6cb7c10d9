"""Does the log of a real server hold no text, no token and no address, whatever goes wrong?"""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from refdesk.core.staff.authorise import Role
from refdesk.core.staff.staff_accounts import StaffAccounts
from refdesk.deployment import open_deployment
from tests.reader_page import Pages
from tests.served import Server

MARKER = "Flamingo-4711-私人"
PASSWORD = f"{MARKER}-password"
SETTINGS = '[log]\nlevel = "DEBUG"\nformat = "{form}"\n[library]\nname = {{ en = "Riverside" }}\n'
PLUGIN = '''
"""A plugin that quotes the reader in every error."""

import logging

from aiohttp import web

from refdesk import Command, hookimpl


@hookimpl
async def answer_question(question):
    try:
        raise KeyError(question.text)
    except KeyError:
        logging.getLogger("plugin").exception("a library logs its own error")
    raise ValueError(question.text)


@hookimpl
def register_commands():
    async def fail(call, _context):
        raise ValueError(call.argument)

    async def half(call, _context):
        return call.argument + "\\ud800"

    return [
        Command("quoting.fail", fail, {"en": ("/fail",)}),
        Command("quoting.half", half, {"en": ("/half",)}),
    ]


@hookimpl
def register_routes():
    async def fail(request):
        raise RuntimeError(request.query_string)

    return [web.get("/fail", fail)]
'''


@pytest.fixture(params=["text", "json"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    outside, folder = tmp_path / "site", tmp_path / "data"
    metadata = outside / "refdesk_quoting-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: refdesk-quoting\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[refdesk.plugins]\nquoting = refdesk_quoting\n")
    (outside / "refdesk_quoting.py").write_text(PLUGIN)
    folder.mkdir()
    (folder / "refdesk.toml").write_text(SETTINGS.format(form=request.param))
    deployment = open_deployment(folder)
    StaffAccounts(deployment.database, "main").add("li", "Ms Li", Role.LIBRARIAN, PASSWORD)
    deployment.close()
    made = Server(folder, {"PYTHONPATH": str(outside), "REFDESK_TRACE_HOOKS": "1"})
    made.start()
    yield made
    made.end(signal.SIGKILL)


async def test_the_log_holds_no_text_no_token_and_no_address(server: Server) -> None:
    async with ClientSession() as session:
        pages = Pages(session, server.address)
        secrets = [*await a_reader_and_a_librarian(pages), *await what_goes_wrong(pages)]
        await pages.close()
    assert await asyncio.to_thread(server.end, signal.SIGTERM) == 0
    log = await asyncio.to_thread(server.log.read_text, "utf-8")
    for expected in ("plugin_failed", "request_failed", "outcome_refused", "a library logs"):
        assert expected in log, "the errors have been logged"
    for secret in (MARKER, PASSWORD, "Flamingo", "127.0.0.1", *secrets):
        assert secret not in log
    server.start()


async def a_reader_and_a_librarian(pages: Pages) -> list[str]:
    """Let a question go its whole way; return what may not be in the log."""
    page = await pages.open()
    token = (await page.hello())["token"]
    for text in (MARKER, f"librarian {MARKER}", "librarian"):
        await page.say(text)
    consultation = (await page.until(lambda frame: frame.get("state") == "waiting"))["consultation"]
    api = f"{pages.address}/api/v1"
    wrong = {"name": f"li{MARKER}", "password": "wrong password"}
    assert (await pages.session.post(f"{api}/session", json=wrong)).status >= 400
    right = {"name": "li", "password": PASSWORD}
    signed_in = await (await pages.session.post(f"{api}/session", json=right)).json()
    bearer = {"Authorization": f"Bearer {signed_in['token']}"}
    for verb, body in (("claim", {}), ("messages", {"text": MARKER, "client_id": "d1"})):
        address = f"{api}/consultations/{consultation}/{verb}"
        answer = await pages.session.post(address, json=body, headers=bearer)
        assert answer.status < 300, await answer.text()
    await page.event("librarian")
    return [token, token.split(".")[0], signed_in["token"]]


async def what_goes_wrong(pages: Pages) -> list[str]:
    """Let everything fail that quotes a reader; return what may not be in the log."""
    page = await pages.open()
    token = (await page.hello())["token"]
    for text in (f"/fail {MARKER}", f"/half {MARKER}", f"what is {MARKER}?", MARKER * 2000):
        await page.say(text)
    await page.socket.send_str(MARKER)
    await page.socket.send_str(json.dumps({"type": MARKER}))
    await page.send(type="message", client_id="c", text=MARKER, action=f"quoting.fail:{MARKER}")
    await page.send(type="hello", token=MARKER, consultation=MARKER, last_seen=0)
    await page.until(lambda frame: frame.get("code") == "invalid_token")
    for path in (f"/fail?q={MARKER}", f"/api/v1/suggest?q={MARKER}", f"/{MARKER}"):
        await pages.session.get(pages.address + path)
    await page.quiet()
    return [token, token.split(".")[0]]
