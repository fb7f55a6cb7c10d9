"""Do the reader commands find, hand out and erase one reader, and nobody else?"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from refdesk.cli.main import make_app
from refdesk.core.log.event_log import LogWriter
from refdesk.core.messages import InboundMessage, Text
from refdesk.core.staff.authorise import Role, StaffActor
from refdesk.errors import DataError, NotFoundError, PluginError, VaultError
from refdesk.storage import Transaction
from refdesk.testing import Library

WORDS = "我的问题是保密的: Flamingo-4711"
ESCAPE = "\x1b[2J\x9b2J"


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    opened = Library(tmp_path / "library")
    yield opened
    opened.close()


@pytest.fixture
async def rid(library: Library) -> str:
    """A reader on another platform who has asked something."""
    rid = await library.app.gateway.reader_at("wechat", "openid-1")
    await says(library, rid, WORDS)
    return rid


async def says(library: Library, rid: str, words: str) -> str:
    message = InboundMessage("wechat", rid, f"{rid}:{words}", words, 1.0, "zh")
    accepted = await library.app.gateway.accept(message)
    await library.settle()
    return accepted.consultation


async def reader(library: Library, *words: str, typed: str = "") -> Result:
    command = ["reader", *words, "--data", str(library.deployment.folder)]
    with structlog.testing.capture_logs():
        return await asyncio.to_thread(CliRunner().invoke, make_app(command), command, typed)


async def test_a_reader_is_found_by_an_address_that_nobody_sees(library: Library, rid: str) -> None:
    found = await reader(library, "find", "wechat", typed="openid-1\n")
    assert found.stdout == f"{rid}\n"
    as_json = await reader(library, "find", "wechat", "--json", typed="openid-1")
    assert json.loads(as_json.stdout) == {"rid": rid}


@pytest.mark.parametrize(("account", "address"), [("wechat", "openid-2"), ("weibo", "openid-1")])
async def test_an_address_that_nobody_has_is_not_repeated(
    library: Library, rid: str, account: str, address: str
) -> None:
    refused = await reader(library, "find", account, typed=f"{address}\n")
    assert isinstance(refused.exception, NotFoundError)
    assert address not in str(refused.exception)
    assert rid not in str(refused.exception)


async def test_a_reader_s_record_is_theirs_and_without_staff_s_notes(
    library: Library, rid: str
) -> None:
    other = await library.app.gateway.reader_at("wechat", "openid-2")
    await says(library, other, "the words of somebody else")
    consultation = await says(library, rid, "转人工")
    colleague = StaffActor("mei", "Mei", Role.LIBRARIAN)
    await library.app.desk.claim(colleague, consultation)
    await library.app.desk.reply(colleague, consultation, "an answer", "c1")
    await library.deployment.database.write(lambda tx: note(tx, consultation))
    shown = (await reader(library, "export", rid, "--json")).stdout
    record = json.loads(shown)
    assert (record["rid"], record["addresses"]) == (rid, {"wechat": "openid-1"})
    (only,) = record["consultations"]
    assert (only["id"], only["account"]) == (consultation, "wechat")
    assert only["state"] == "with_librarian"
    texts = [part.get("text") for event in only["events"] for part in event["parts"]]
    assert {WORDS, "转人工", "an answer"} <= set(texts)
    assert "a note among staff" not in shown
    assert "somebody else" not in shown


def note(tx: Transaction, consultation: str) -> None:
    writer = LogWriter.open(tx, "main", consultation, 1.0)
    assert writer is not None
    writer.append("note", "librarian", (Text("a note among staff"),), audience="staff")
    writer.save()


async def test_a_record_can_be_read_and_moves_no_cursor(library: Library, rid: str) -> None:
    await says(library, rid, f"hostile{ESCAPE}words")
    shown = (await reader(library, "export", rid)).stdout
    assert f"reader {rid}" in shown
    assert "address on wechat: openid-1" in shown
    assert f"reader: {WORDS}" in shown
    assert "hostile" in shown
    assert "\x1b" not in shown
    assert "\x9b" not in shown


async def test_an_erased_reader_is_found_no_more(library: Library, rid: str) -> None:
    done = await reader(library, "erase", rid)
    assert f"{rid} is erased: 1 conversations" in done.stdout
    for words in (("export", rid), ("find", "wechat")):
        refused = await reader(library, *words, typed="openid-1")
        assert isinstance(refused.exception, NotFoundError)
    again = await reader(library, "erase", rid)
    assert isinstance(again.exception, NotFoundError)
    assert "was erased on" in str(again.exception)


@pytest.mark.parametrize("rid", ["-RNa_oHKQFBlGBysq7EpMQ", "--Na_oHKQFBlGBysq7EpMQ"])
async def test_a_number_that_begins_with_a_hyphen_is_no_option(library: Library, rid: str) -> None:
    await says(library, rid, WORDS)
    assert json.loads((await reader(library, "export", rid, "--json")).stdout)["rid"] == rid
    assert json.loads((await reader(library, "erase", rid, "--json")).stdout)["consultations"] == 1


async def test_an_erasure_says_what_it_found(library: Library, rid: str) -> None:
    (library.deployment.folder / "refdesk.db.before-0001").write_text(rid)
    document = json.loads((await reader(library, "erase", rid, "--json")).stdout)
    assert document["consultations"] == 1
    assert document["events"] >= 2
    assert document["copies_removed"] == ["refdesk.db.before-0001"]
    assert (document["rid"], document["disk"]) == (rid, "overwritten")


async def test_without_the_key_nothing_is_handed_out_by_halves(library: Library, rid: str) -> None:
    (library.deployment.folder / "vault.key").unlink()
    refused = await reader(library, "export", rid)
    assert isinstance(refused.exception, VaultError)
    assert refused.stdout == ""
    assert (await reader(library, "erase", rid)).exit_code == 0, "erasing needs no key"


async def test_a_plugin_that_cannot_be_asked_stops_an_erasure(
    library: Library, rid: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = tmp_path / "site/refdesk_broken-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: refdesk-broken\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[refdesk.plugins]\nbroken = refdesk_broken\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    refused = await reader(library, "erase", rid)
    assert isinstance(refused.exception, PluginError)
    assert "The plugin broken cannot be loaded" in str(refused.exception)
    assert library.app.erasures.journal.read() == []


@pytest.mark.parametrize(
    "words",
    [
        ("reader", "find", "web_chat"),
        ("reader", "export", "nobody"),
        ("reader", "erase", "nobody"),
        ("vault", "rotate"),
        ("backup", "copy.backup"),
    ],
)
def test_a_mistyped_folder_is_refused_and_stays_as_it_is(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    for folder in ("typo", "empty"):
        command = [*words, "--data", folder]
        refused = CliRunner().invoke(make_app(command), command, "somebody\n")
        assert isinstance(refused.exception, DataError)
        assert f"{folder} " in str(refused.exception)
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


async def test_a_channel_account_that_nobody_knows_is_said_to_be_none(library: Library) -> None:
    refused = await reader(library, "find", "web_caht", typed="somebody\n")
    assert isinstance(refused.exception, NotFoundError)
    assert "There is no channel account 'web_caht'. Did you mean" in str(refused.exception)


async def test_to_look_for_an_address_makes_no_key(library: Library) -> None:
    refused = await reader(library, "find", "web_chat", typed="somebody\n")
    assert "Nobody has written from this address" in str(refused.exception)
    assert not (library.deployment.folder / "vault.key").exists()
