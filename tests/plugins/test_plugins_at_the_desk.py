"""Can administrators see and switch plugins at the desk, and nobody else?"""

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest
from aiohttp import ClientSession

from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.staff.authorise import Role
from tests.desk_server import PASSWORD, Desk, running_desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running_desk(tmp_path) as running:
        running.app.staff.add("ada", "Ada Lind", Role.ADMINISTRATOR, PASSWORD)
        yield running


async def test_administrators_see_how_each_plugin_is(desk: Desk) -> None:
    ada = await desk.signed_in("ada")
    answer = await ada.get("/plugins")
    found = {item["name"]: item for item in answer.body["items"]}
    assert {"courtesies", "desk", "faq", "handoff", "opening_hours"} <= found.keys()
    assert (found["faq"]["condition"], found["faq"]["order"]) == ("working", 3)


async def test_calls_are_counted(desk: Desk) -> None:
    reader = await desk.reader()
    await reader.say("hello")
    await reader.next("event", kind="reply")
    ada = await desk.signed_in("ada")
    items = (await ada.get("/plugins")).body["items"]
    (courtesies,) = (item for item in items if item["name"] == "courtesies")
    assert (courtesies["calls"], courtesies["failures"]) == (1, 0)


async def test_an_administrator_switches_a_plugin_and_it_is_gone_at_once(desk: Desk) -> None:
    ada, reader = await desk.signed_in("ada"), await desk.reader()
    switched = await ada.post("/plugins/courtesies/switch", {"position": "off"})
    assert (switched.status, switched.body["condition"]) == (200, "off")
    await reader.say("hello")
    reply = await reader.next("event", kind="reply")
    assert "Hello!" not in str(reply["parts"])
    again = await ada.post("/plugins/courtesies/switch", {"position": "on"})
    assert again.body["condition"] == "working"
    await reader.say("hello")
    reply = await reader.next("event", kind="reply")
    assert "Hello!" in str(reply["parts"])


async def test_one_channel_account_can_be_spared(desk: Desk) -> None:
    ada = await desk.signed_in("ada")
    body = {"position": "off", "account": "web_chat"}
    switched = await ada.post("/plugins/faq/switch", body)
    assert (switched.body["condition"], switched.body["off_for"]) == ("working", ["web_chat"])


@pytest.mark.parametrize(
    ("plugin", "body", "status", "code"),
    [
        ("pigeon", {"position": "off"}, 404, "no_such_plugin"),
        ("desk", {"position": "off"}, 409, "stays_on"),
        ("handoff", {"position": "off"}, 409, "stays_on"),
        ("faq", {"position": "sideways"}, 400, "bad_request"),
        ("faq", {}, 400, "bad_request"),
        ("faq", {"position": "off", "account": "../x"}, 400, "bad_request"),
        ("faq", {"position": "off", "account": 5}, 400, "bad_request"),
    ],
)
async def test_what_cannot_be_switched_is_refused(
    plugin: str, body: dict[str, object], status: int, code: str, desk: Desk
) -> None:
    ada = await desk.signed_in("ada")
    answer = await ada.post(f"/plugins/{plugin}/switch", body)
    assert (answer.status, answer.body["error"]) == (status, code)


@pytest.mark.parametrize("name", ["mei", "sue", "ed"])
async def test_others_can_neither_see_nor_switch(name: str, desk: Desk) -> None:
    script = await desk.signed_in(name)
    for answer in (
        await script.get("/plugins"),
        await script.post("/plugins/faq/switch", {"position": "off"}),
    ):
        assert (answer.status, answer.body["error"]) == (403, "not_an_administrator")
    page = await desk.http.get(
        f"{desk.address}/desk/plugins", headers={"Authorization": f"Bearer {script.token}"}
    )
    assert page.status == 404
    assert (await desk.nobody().get("/plugins")).status == 401


async def test_the_page_works_without_scripts_and_believes_no_foreign_form(desk: Desk) -> None:
    ada = await desk.signed_in("ada")
    headers = {"Authorization": f"Bearer {ada.token}"}
    host: PluginHost = desk.app.host
    async with ClientSession(headers=headers) as browser:
        address = f"{desk.address}/desk/plugins"
        page = unescape(await (await browser.get(address)).text())
        token = re.search(r'name="form_token" value="([^"]+)"', page)
        assert token
        assert "courtesies" in page
        form = {"plugin": "courtesies", "position": "off", "account": ""}
        forged = await browser.post(address, data={**form, "form_token": "guessed"})
        assert (forged.status, host.condition("courtesies")) == (403, "working")
        sent = await browser.post(address, data={**form, "form_token": token[1]})
        assert (sent.status, host.condition("courtesies")) == (200, "off")
        assert "switched off" in await sent.text()
        chinese = await browser.get(f"{address}?language=zh")
        assert "已关闭" in await chinese.text()
        refused = await browser.post(
            address, data={**form, "plugin": "desk", "form_token": token[1]}
        )
        assert refused.status == 409
