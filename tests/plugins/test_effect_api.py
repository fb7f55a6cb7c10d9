"""Do staff see what went wrong in other systems, each only what they may, and settle it once?"""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from refdesk.core.effects.rows import INSERT_EFFECT, untold
from tests.desk_server import PASSWORD, Desk, Script, running_desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running_desk(tmp_path) as running:
        yield running


async def troubled(desk: Desk, key: str, consultation: str, state: str = "unknown") -> None:
    """Let an effect of a plugin that is not there any more have gone wrong."""
    row: dict[str, Any] = {
        "id": key, "library": "main", "consultation": consultation, "account": "web_chat",
        "rid": "somebody", "plugin": "rooms", "name": "book", "place": 1,
        "arguments": '{"room":"a1"}', "state": state, "attempts": 8, "unclear": "yes",
        "next_try": 0.0, "node": None, "data": "{}", "reason": "It gave no answer.", "round": 1,
        "told": "yes", "settled_by": None, "created_at": 1.0, "changed_at": 2.0,
    }  # fmt: skip
    await desk.app.deployment.database.write(lambda tx: tx.run(INSERT_EFFECT, **row))


async def listed(who: Script) -> dict[str, dict[str, Any]]:
    items = (await who.get("/effects")).body["items"]
    return {one["key"]: one for one in items}


async def test_each_sees_what_they_may_read_and_supervisors_that_there_is_more(desk: Desk) -> None:
    waiting = await (await desk.reader()).wait_for_person()
    alone = await desk.reader()
    await alone.say("hello")
    await troubled(desk, "k1", waiting)
    await troubled(desk, "k2", alone.consultation, "failed")
    mei, sue = await desk.signed_in("mei"), await desk.signed_in("sue")
    seen = await listed(mei)
    assert seen.keys() == {"k1"}
    assert (seen["k1"]["arguments"], seen["k1"]["consultation"]) == ({"room": "a1"}, waiting)
    assert (seen["k1"]["again"], seen["k1"]["state"]) == ("would happen twice", "unknown")
    all_of_them = await listed(sue)
    assert all_of_them.keys() == {"k1", "k2"}
    hidden = all_of_them["k2"]
    assert (hidden["arguments"], hidden["consultation"]) == (None, "")
    assert hidden["again"] == "possible"


async def test_it_is_settled_once_and_the_reader_hears_of_it(desk: Desk) -> None:
    waiting = await (await desk.reader()).wait_for_person()
    await troubled(desk, "k1", waiting)
    mei = await desk.signed_in("mei")
    twice = await mei.post("/effects/k1/run_again")
    assert (twice.status, twice.body["error"]) == (409, "settled_already")
    assert (await mei.post("/effects/k1/settle", {"ending": "maybe"})).status == 400
    assert (await mei.post("/effects/k1/settle", {"ending": "done"})).status == 200
    assert (await mei.post("/effects/k1/settle", {"ending": "failed"})).status == 404
    assert await listed(mei) == {}
    database = desk.app.deployment.database
    await desk.app.effects.tell()
    assert await database.read(lambda tx: untold(tx, "main", 10)) == []


async def test_nobody_decides_about_what_they_may_not_see(desk: Desk) -> None:
    alone = await desk.reader()
    await alone.say("hello")
    await troubled(desk, "k2", alone.consultation, "failed")
    mei = await desk.signed_in("mei")
    for verb, body in (("run_again", {}), ("settle", {"ending": "done"})):
        refused = await mei.post(f"/effects/k2/{verb}", body)
        assert (refused.status, refused.body["error"]) == (404, "no_such_effect")
    assert (await mei.post("/effects/nothing/run_again")).status == 404
    sue = await desk.signed_in("sue")
    assert (await sue.post("/effects/k2/run_again")).status == 200


async def test_the_page_shows_and_settles_it_without_scripts(desk: Desk) -> None:
    waiting = await (await desk.reader()).wait_for_person()
    await troubled(desk, "k1", waiting)
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        await sign_in(http, desk)
        async with http.get(f"{desk.address}/desk") as front:
            assert "In other systems: 1 need somebody" in await front.text()
        async with http.get(f"{desk.address}/desk/effects") as page:
            text = await page.text()
        assert "Nobody knows whether it happened." in text
        assert '<dd dir="auto">a1</dd>' in text
        assert "Try it again" not in text, "it would happen twice"
        forged = {"key": "k1", "ending": "done", "form_token": "x"}
        async with http.post(f"{desk.address}/desk/effects", data=forged) as refused:
            assert refused.status == 403
        right = forged | {"form_token": token_in(text)}
        async with http.post(f"{desk.address}/desk/effects", data=right) as page:
            assert "Nothing needs anybody." in await page.text()
        async with http.post(f"{desk.address}/desk/effects", data=right) as again:
            assert again.status == 409


async def test_the_page_is_for_those_who_answer_readers_only(desk: Desk) -> None:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        async with http.get(f"{desk.address}/desk/effects") as page:
            assert page.url.path == "/desk/sign-in"
        await sign_in(http, desk, "ed")
        async with http.get(f"{desk.address}/desk/effects") as page:
            assert page.status == 404


async def sign_in(http: ClientSession, desk: Desk, name: str = "mei") -> None:
    async with http.get(f"{desk.address}/desk/sign-in") as form:
        token = token_in(await form.text())
    fields = {"name": name, "password": PASSWORD, "form_token": token}
    async with http.post(f"{desk.address}/desk/sign-in", data=fields) as page:
        assert page.url.path == "/desk"


def token_in(page: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]
