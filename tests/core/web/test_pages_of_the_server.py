"""What do `/`, wrong addresses and other sites' frames get, and is a chosen language remembered?"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, DummyCookieJar, web

from refdesk.app import App
from refdesk.deployment import open_deployment
from refdesk.errors import SettingsError

BROWSER = {"Accept": "text/html,*/*;q=0.8"}
SETTINGS = """
[library]
name = { en = "Willow Lake University Library", zh = "柳湖大学图书馆" }
[adapters.web_chat]
embed_origins = ["https://www.example.edu"]
"""


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[ClientSession]:
    """A visitor of a running server who keeps no cookies."""
    (tmp_path / "refdesk.toml").write_text(SETTINGS, "utf-8")
    deployment = open_deployment(tmp_path)
    app = App(deployment)
    await app.start()
    runner = web.AppRunner(app.server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with ClientSession(address, headers=BROWSER, cookie_jar=DummyCookieJar()) as session:
        yield session
    await app.stop()
    await runner.cleanup()
    deployment.close()


async def test_the_start_page_leads_to_the_chat(client: ClientSession) -> None:
    async with client.get("/") as answer:
        page = await answer.text()
    assert 'href="/chat"' in page
    assert "Ask Willow Lake University Library" in page


async def test_the_start_page_has_no_door_that_leads_nowhere(client: ClientSession) -> None:
    async with client.get("/desk") as desk, client.get("/") as start:
        served = desk.status != 404
        assert ('href="/desk"' in await start.text()) == served


async def test_a_chosen_language_is_remembered(client: ClientSession) -> None:
    async with client.get("/chat?language=zh") as answer:
        chosen = answer.cookies["refdesk_language"]
        assert chosen.value == "zh"
        assert chosen["samesite"] == "Lax"
        assert chosen["httponly"]
        assert 'lang="zh-Hans"' in await answer.text()

    async with client.get("/chat", headers={"Cookie": "refdesk_language=zh"}) as answer:
        assert "咨询馆员" in await answer.text()
        assert "refdesk_language" not in answer.cookies


async def test_an_unknown_language_is_neither_shown_nor_remembered(client: ClientSession) -> None:
    async with client.get('/chat?language="><script>') as answer:
        assert "refdesk_language" not in answer.cookies
        assert "><script>" not in await answer.text()


async def test_a_wrong_address_gets_a_page_for_people_and_json_for_programs(
    client: ClientSession,
) -> None:
    async with client.get("/nothing?language=zh") as answer:
        assert answer.status == 404
        assert "页面不存在" in await answer.text()
    async with client.get("/api/v1/nothing", headers={"Accept": "application/json"}) as answer:
        assert answer.status == 404
        assert (await answer.json())["error"] == "not_found"


async def test_only_the_chat_may_be_framed_and_only_by_the_sites_named(
    client: ClientSession,
) -> None:
    async with client.get("/chat") as chat, client.get("/") as start:
        policy = chat.headers["Content-Security-Policy"]
        assert policy.endswith("frame-ancestors 'self' https://www.example.edu")
        assert start.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")


async def test_files_that_are_no_pages_may_do_nothing_when_opened(client: ClientSession) -> None:
    async with client.get("/static/any/refdesk.svg") as answer:
        assert answer.content_type == "image/svg+xml"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_button_script_speaks_both_languages(client: ClientSession) -> None:
    async with client.get("/widget.js") as answer:
        script = await answer.text()
    assert '"en": {"open": "Ask the library"' in script
    assert "TEXTS" not in script


@pytest.mark.parametrize(
    "origin",
    [
        "www.example.edu",
        "https://www.example.edu/path",
        "https://a.example; script-src *",
        "*",
        "http://a.example b.example",
    ],
)
def test_a_site_that_could_not_be_framed_or_would_change_the_policy_is_refused(
    origin: str, tmp_path: Path
) -> None:
    (tmp_path / "refdesk.toml").write_text(
        f'[adapters.web_chat]\nembed_origins = ["{origin}"]\n', "utf-8"
    )
    deployment = open_deployment(tmp_path)
    with pytest.raises(SettingsError, match="embed_origins"):
        App(deployment)
    deployment.close()


@pytest.mark.parametrize("path", ["/", "/chat", "/healthz", "/nothing/here"])
async def test_no_answer_says_which_versions_of_what_run_here(
    path: str, client: ClientSession
) -> None:
    async with client.get(path) as answer:
        assert answer.headers["Server"] == "refdesk"
        assert "aiohttp" not in str(answer.headers)
