"""Can staff sign in, and only staff? (Over HTTP, by script and by form.)"""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from http.cookies import Morsel
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, CookieJar

from refdesk.core.web.framing import SelfFraming
from tests.desk_server import PASSWORD, Desk, Script, running_desk

GOOD = {"name": "mei", "password": PASSWORD}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running_desk(tmp_path) as running:
        yield running


@pytest.fixture
async def browser(desk: Desk) -> AsyncIterator[ClientSession]:
    """Somebody who keeps cookies, as a browser does, and follows no redirect unseen."""
    async with ClientSession(desk.address, cookie_jar=CookieJar(unsafe=True)) as one:
        yield one


def cookie(response: ClientResponse, name: str = "refdesk_session") -> Morsel[str]:
    return response.cookies[name]


async def test_a_right_password_brings_a_token_and_a_cookie_no_script_can_read(desk: Desk) -> None:
    async with desk.http.post(f"{desk.address}/api/v1/session", json=GOOD) as response:
        body = await response.json()
        kept = cookie(response)
    assert response.status == 200
    assert {**body, "token": ""} == {
        "token": "", "name": "mei", "alias": "Li Mei", "role": "librarian"
    }  # fmt: skip
    assert kept.value == body["token"]
    assert (kept["httponly"], kept["samesite"], kept["path"]) == (True, "Strict", "/")
    assert not kept["secure"]


async def test_the_cookie_is_for_encrypted_lines_and_our_own_path_where_there_is_one(
    tmp_path: Path,
) -> None:
    settings = '[web]\npublic_url = "https://library.example.edu/ask"\n'
    async with running_desk(tmp_path, settings) as desk:
        async with desk.http.post(f"{desk.address}/ask/api/v1/session", json=GOOD) as response:
            kept = cookie(response)
        async with desk.http.get(f"{desk.address}/ask/desk", allow_redirects=False) as page:
            assert page.headers["Location"] == "/ask/desk/sign-in"
    assert (kept["secure"], kept["path"]) == (True, "/ask")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"name": "mei", "password": "not this one"}', 401, "wrong_password"),
        (b'{"name": "nobody", "password": "not this one"}', 401, "wrong_password"),
        (b'{"name": "", "password": ""}', 401, "wrong_password"),
        (b'{"name": "\\ud800", "password": "\\udfff"}', 401, "wrong_password"),
        (b'{"name": "mei\\u0000", "password": "a long enough password"}', 401, "wrong_password"),
        (b'{"name": "\' OR 1=1 --", "password": "x"}', 401, "wrong_password"),
        (b'{"name": "' + b"m" * 50_000 + b'", "password": "x"}', 401, "wrong_password"),
        (b'{"name": "mei", "password": "' + b"p" * 50_000 + b'"}', 401, "wrong_password"),
        (b'{"name": "mei"}', 400, "bad_request"),
        (b'{"name": ["mei"], "password": 1}', 400, "bad_request"),
        (b"name=mei&password=x", 400, "bad_json"),
        (b'{"name": "mei", "password": "' + b"p" * 1_100_000 + b'"}', 413, "too_large"),
    ],
)
async def test_whatever_is_not_a_right_password_is_refused_clearly(
    desk: Desk, body: bytes, status: int, code: str
) -> None:
    answer = await desk.nobody().call("POST", "/session", data=io.BytesIO(body))
    assert (answer.status, answer.body["error"]) == (status, code)
    assert "Set-Cookie" not in answer.headers


async def test_wrong_passwords_by_the_hundred_are_slowed_down_and_nobody_else_notices(
    desk: Desk,
) -> None:
    guesser = desk.nobody()
    guesses = [{"name": "mei", "password": f"guess number {n}"} for n in range(300)]
    answers = await asyncio.gather(*(guesser.post("/session", guess) for guess in guesses))
    statuses = [answer.status for answer in answers]
    assert set(statuses) == {401, 429}
    assert statuses.count(401) <= 12
    refused = [answer for answer in answers if answer.status == 429]
    for answer in refused:
        seconds = int(answer.headers["Retry-After"])
        assert 1 <= seconds <= 30
        assert f"{seconds} seconds" in answer.body["message"]
    assert (await desk.signed_in("tom")).token
    assert (await desk.signed_in("sue")).token


async def test_signing_in_often_with_the_right_password_is_never_refused(desk: Desk) -> None:
    for _ in range(30):
        await desk.signed_in("mei")


async def test_the_guessed_at_one_signs_in_from_elsewhere_meanwhile(tmp_path: Path) -> None:
    async with running_desk(tmp_path, '[web]\ntrusted_proxies = ["127.0.0.1"]\n') as desk:
        for number in range(30):
            guess = {"name": "mei", "password": f"guess number {number}"}
            headers = {"X-Forwarded-For": "203.0.113.9"}
            await desk.nobody().call("POST", "/session", json=guess, headers=headers)
        at_home = {"X-Forwarded-For": "198.51.100.7"}
        answer = await desk.nobody().call("POST", "/session", json=GOOD, headers=at_home)
        assert answer.status == 200
        there = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
        answer = await desk.nobody().call("POST", "/session", json=GOOD, headers=there)
        assert answer.status == 429


async def test_an_address_that_no_trusted_proxy_gives_is_not_believed(desk: Desk) -> None:
    statuses = []
    for number in range(30):
        guess = {"name": "mei", "password": f"guess number {number}"}
        headers = {"X-Forwarded-For": f"203.0.113.{number}"}
        answer = await desk.nobody().call("POST", "/session", json=guess, headers=headers)
        statuses.append(answer.status)
    assert statuses[-1] == 429


async def test_a_page_of_another_site_can_do_nothing_with_a_librarians_cookie(desk: Desk) -> None:
    consultation = await (await desk.reader()).wait_for_person()
    mei = await desk.signed_in("mei")
    kept = {"Cookie": f"refdesk_session={mei.token}"}
    browser = Script(desk.http, desk.address)
    path = f"/consultations/{consultation}/claim"
    foreign = {**kept, "Origin": "https://elsewhere.example"}
    assert (await browser.call("POST", path, json={}, headers=foreign)).status == 403
    hidden = {**kept, "Origin": "null"}
    assert (await browser.call("POST", path, json={}, headers=hidden)).status == 403
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        headers = {**kept, "Content-Type": kind}
        answer = await browser.call("POST", path, data=b"{}", headers=headers)
        assert (answer.status, answer.body["error"]) == (415, "not_json")
        answer = await browser.call("DELETE", "/session", data=b"{}", headers=headers)
        assert answer.status == 415
    assert await mei.ids("waiting") == [consultation]
    ours = {**kept, "Origin": desk.address}
    assert (await browser.call("POST", path, json={}, headers=ours)).status == 200


async def test_a_bad_bearer_token_is_not_made_good_by_a_cookie(desk: Desk) -> None:
    mei = await desk.signed_in("mei")
    for header in ("Bearer forged", "Bearer", "Basic bWVpOng=", ""):
        headers = {"Authorization": header, "Cookie": f"refdesk_session={mei.token}"}
        answer = await desk.nobody().call("GET", "/consultations", headers=headers)
        assert answer.status == 401


async def form_token_of(page: ClientResponse) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', await page.text())
    assert found
    return found[1]


async def test_the_sign_in_form_works_without_scripts(browser: ClientSession) -> None:
    async with browser.get("/desk") as page:
        assert page.url.path == "/desk/sign-in"
        token = await form_token_of(page)
    async with browser.post("/desk/sign-in", data={**GOOD, "form_token": token}) as page:
        assert (page.status, page.url.path) == (200, "/desk")
        assert "Li Mei" in await page.text()
        token = await form_token_of(page)
    async with browser.get("/desk/sign-in") as page:
        assert page.url.path == "/desk"
    async with browser.post("/desk/sign-out", data={"form_token": token}) as page:
        assert page.url.path == "/desk/sign-in"
    async with browser.get("/desk") as page:
        assert page.url.path == "/desk/sign-in"


async def test_the_form_says_what_was_wrong_and_keeps_the_name(browser: ClientSession) -> None:
    async with browser.get("/desk/sign-in") as page:
        token = await form_token_of(page)
    name = '"><script>alert(1)</script>'
    wrong = {"name": name, "password": "no", "form_token": token}
    async with browser.post("/desk/sign-in", data=wrong) as page:
        text = await page.text()
        assert page.status == 401
    assert "do not belong together" in text
    assert "&lt;script&gt;" in text
    assert "<script>alert" not in text
    for _ in range(15):
        data = {"name": "mei", "password": "no", "form_token": token}
        async with browser.post("/desk/sign-in", data=data) as page:
            text = await page.text()
    assert page.status == 429
    assert page.headers["Retry-After"] in text


@pytest.mark.parametrize("token", ["", "x" * 64, "é"])
async def test_a_form_that_is_not_ours_signs_nobody_in_or_out(
    desk: Desk, browser: ClientSession, token: str
) -> None:
    async with browser.post("/desk/sign-in", data={**GOOD, "form_token": token}) as page:
        assert (page.status, "Set-Cookie" in page.headers) == (403, True)
        assert "refdesk_session" not in page.cookies
    mei = await desk.signed_in("mei")
    kept = {"Cookie": f"refdesk_session={mei.token}"}
    data = {"form_token": token}
    async with desk.http.post(f"{desk.address}/desk/sign-out", data=data, headers=kept) as page:
        assert page.status == 403
    assert await mei.ids("waiting") == []


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe%", b"&".join([b"a=1"] * 5000), b"x" * 500_000, b"\x00"]
)
async def test_a_broken_form_is_shown_again(browser: ClientSession, body: bytes) -> None:
    for path in ("/desk/sign-in", "/desk/sign-out"):
        async with browser.post(path, data=io.BytesIO(body)) as page:
            assert page.status in (200, 403)
            assert "form_token" in await page.text()


async def test_pages_may_be_framed_by_nobody_and_run_nothing_inline(desk: Desk) -> None:
    mei = await desk.signed_in("mei")
    kept: dict[str, Any] = {"Cookie": f"refdesk_session={mei.token}"}
    for headers in ({}, kept):
        async with desk.http.get(f"{desk.address}/desk", headers=headers) as page:
            policy = page.headers["Content-Security-Policy"]
            text = await page.text()
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'self';" in policy
        assert page.headers["Cache-Control"] == "no-store, private"
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", text)


async def test_the_demo_may_show_the_desk_in_a_frame_of_our_own(desk: Desk) -> None:
    desk.app.services[SelfFraming] = SelfFraming()
    async with desk.http.get(f"{desk.address}/desk") as page:
        assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]


async def test_an_editor_is_told_kindly_that_this_is_not_for_them(desk: Desk) -> None:
    editor = await desk.signed_in("ed")
    kept = {"Cookie": f"refdesk_session={editor.token}"}
    async with desk.http.get(f"{desk.address}/desk", headers=kept) as page:
        text = await page.text()
    assert page.status == 403
    assert "Ed Moss" in text
    assert "does not answer readers" in text
