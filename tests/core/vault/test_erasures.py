"""Is an erased reader really gone: from every row, every file, every memory, and for good?

The markers that are searched for stand in messages short and long, addresses, buttons, forms,
effects, reminders and a plugin's own table.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Column, MetaData, String, Table, bindparam, delete, insert, text
from sqlmodel import SQLModel

from refdesk import Command, PluginTables, hookimpl
from refdesk.app import App, Extras
from refdesk.core.messages import InboundMessage
from refdesk.core.vault.erasing import DELETED_BY_CONSULTATION, DELETED_BY_READER, nobody
from refdesk.core.vault.erasure_journal import JOURNAL_FILE, Erasure, ErasureJournal
from refdesk.core.vault.erasures import Erasures
from refdesk.core.vault.identity_vault import IdentityVault
from refdesk.core.vault.keys import VaultKeys
from refdesk.deployment import Deployment, open_deployment
from refdesk.errors import DataError, NotFoundError, StorageError
from refdesk.storage import prepare
from refdesk.storage.schema import Migrations

MARKER = "Flamingo-4711"
CHINESE = "机密的火烈鸟"
WORDS = [MARKER, CHINESE, f"{MARKER} {'long ' * 3000}{MARKER}", f"librarian {MARKER}", "转人工"]
WISHES = Table(
    "wishing_wish",
    MetaData(),
    Column("rid", String, primary_key=True),
    Column("library", String, nullable=False),
    Column("words", String, nullable=False),
)
WISH = prepare(insert(WISHES))
SCRIPT = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "wishing_wish",
        sa.Column("rid", sa.String, primary_key=True),
        sa.Column("library", sa.String, nullable=False),
        sa.Column("words", sa.String, nullable=False),
    )
"""
ROWS_OF_OTHERS = """
UPDATE consultation SET dialogue = '{marker}' WHERE rid = '{rid}';
INSERT INTO reminder VALUES
('main', 'web_chat', '{rid}', 'p', 'n', '{marker}', 'c', 0.0, '{marker}');
INSERT INTO effect SELECT 'e1', 'main', id, 'web_chat', rid, 'p', 'n', 1, '{marker}',
'waiting', 0, 'no', 0.0, NULL, '{marker}', '{marker}', 1, 'no', NULL, 0.0, 0.0
FROM consultation WHERE rid = '{rid}' LIMIT 1
"""
STATES = prepare(text("SELECT state, rid, next_seq FROM consultation ORDER BY id"))
KINDS = prepare(text("SELECT consultation, seq, kind, sender, state, at FROM event ORDER BY id"))
PARTS = prepare(text("SELECT parts FROM event ORDER BY id"))


def wishing(folder: Path) -> object:
    """A plugin with a table of its own that knows readers."""
    versions = folder / "migrations/versions"
    versions.mkdir(parents=True)
    (versions / "0001_wishes.py").write_text(SCRIPT)
    (versions.parent / "env.py").write_text(
        "from refdesk.storage.migration_run import run\n\nrun()\n"
    )
    rows = WISHES.c.library == bindparam("library"), WISHES.c.rid == bindparam("rid")
    tables = PluginTables(
        WISHES.metadata,
        Migrations(versions.parent, "0001", "wishing_alembic_version"),
        (prepare(delete(WISHES).where(*rows)),),
    )

    @hookimpl
    def register_tables() -> PluginTables:
        return tables

    @hookimpl
    def register_commands() -> list[Command]:
        async def wish(call, context) -> str:
            rid = call.consultation.rid
            context.write_row(WISH, rid=rid, library="main", words=call.argument)
            return call.argument

        return [Command("wishing.wish", wish, {"en": ("/wish",)})]

    return SimpleNamespace(
        __name__="wishing", register_tables=register_tables, register_commands=register_commands
    )


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    deployment = open_deployment(tmp_path / "library")
    app = App(deployment, Extras(plugins=[wishing(tmp_path)]))
    yield app
    await app.turns.drain(5)
    deployment.close()


async def says(app: App, rid: str, words: str, key: str = "") -> str:
    message = InboundMessage("web_chat", rid, f"{rid}:{key or words[:50]}", words, 1.0, "en")
    accepted = await app.gateway.accept(message)
    await app.turns.settle(10)
    return accepted.consultation


async def a_reader_with_a_past(app: App) -> str:
    """Let somebody leave traces everywhere; return their rid."""
    rid = await app.gateway.reader_at("wechat", f"openid-{MARKER}")
    for words in [*WORDS, "back", f"/wish {MARKER}"]:
        await says(app, rid, words)
    for statement in ROWS_OF_OTHERS.split(";"):
        filled = prepare(text(statement.format(marker=MARKER, rid=rid)))
        await app.deployment.database.write(lambda tx, filled=filled: tx.run(filled))
    return rid


def files_with(folder: Path, *needles: str) -> dict[str, list[str]]:
    """Search the bytes of every file, as text and as JSON may have written it."""
    wanted = {one: {one.encode(), json.dumps(one).strip('"').encode()} for one in needles}
    found: dict[str, list[str]] = {}
    for file in folder.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        for needle, forms in wanted.items():
            if any(form in content for form in forms):
                found.setdefault(needle, []).append(file.name)
    return found


async def test_no_byte_of_an_erased_reader_is_left_in_any_file(app: App) -> None:
    folder = app.deployment.folder
    rid = await a_reader_with_a_past(app)
    other = await app.gateway.reader_at("wechat", "somebody else")
    await says(app, other, "the words of somebody else")
    assert set(files_with(folder, MARKER, CHINESE, rid)) == {MARKER, CHINESE, rid}
    report = app.erasures.erase(rid)
    assert (report.disk, report.erased.consultations) == ("overwritten", 1)
    # The random number stays where it prevents a return: the journal, and its copy as a table.
    left = files_with(folder, MARKER, CHINESE, rid)
    assert set(left) == {rid}
    assert set(left[rid]) == {"refdesk.db", JOURNAL_FILE}
    tables = [table.name for table in SQLModel.metadata.sorted_tables if "rid" in table.columns]
    for table in [*tables, "wishing_wish"]:
        count = prepare(text(f"SELECT count(*) FROM {table} WHERE rid = '{rid}'"))  # noqa: S608 - ours
        rows = await app.deployment.database.read(lambda tx, count=count: tx.one(count))
        assert (table, rows[0]) == (table, 1 if table == "erasure" else 0)
    assert await app.vault.rid_for("wechat", "somebody else") == other
    assert "the words of somebody else" in files_with(folder, "the words of somebody else")


async def test_numbers_kinds_and_times_stay(app: App) -> None:
    rid = await a_reader_with_a_past(app)
    database = app.deployment.database
    before = [tuple(row) for row in await database.read(lambda tx: tx.all(KINDS))]
    app.erasures.erase(rid)
    after = [tuple(row) for row in await database.read(lambda tx: tx.all(KINDS))]
    assert after[: len(before)] == before
    assert after[len(before) :] == [
        (after[0][0], before[-1][1] + 1, "state", "system", "closed", after[-1][5])
    ], "whoever looks at it is told"
    rows = await database.read(lambda tx: tx.all(STATES))
    assert [tuple(row)[:2] for row in rows] == [("closed", nobody("main"))]
    parts = {row[0] for row in (await database.read(lambda tx: tx.all(PARTS)))[:-1]}
    assert parts == {'[{"type":"text","text":"(deleted)"}]'}


async def test_consultations_of_the_erased_cannot_be_told_to_be_of_one_reader(app: App) -> None:
    for name in ("one", "two"):
        rid = await app.gateway.reader_at("wechat", name)
        await says(app, rid, name)
        app.erasures.erase(rid)
    rows = await app.deployment.database.read(lambda tx: tx.all(STATES))
    assert {row["rid"] for row in rows} == {nobody("main")}
    with pytest.raises(NotFoundError):
        app.erasures.erase(nobody("main"))


async def test_what_was_worked_on_during_the_erasure_writes_nothing(app: App) -> None:
    rid = await app.gateway.reader_at("wechat", "a")
    message = InboundMessage("web_chat", rid, "k1", f"/wish {MARKER}", 1.0, "en")
    await app.gateway.accept(message)  # its turn begins, and has not been finished
    app.erasures.erase(rid)
    await app.turns.settle(10)
    assert app.turns.in_hand == 0
    assert files_with(app.deployment.folder, MARKER) == {}


async def test_an_erased_reader_who_writes_again_is_somebody_new(app: App) -> None:
    rid = await app.gateway.reader_at("wechat", "a")
    first = await says(app, rid, "hello")
    app.vault.forget({app.erasures.erase(rid).rid})
    new = await app.gateway.reader_at("wechat", "a")
    assert new != rid
    assert await says(app, new, "hello") != first


async def test_a_web_reader_with_the_old_number_begins_anew(app: App) -> None:
    first = await says(app, "web-reader", MARKER)
    app.erasures.erase("web-reader")
    assert await says(app, "web-reader", "something new") != first
    assert await app.gateway.events_after("web-reader", first, 0) is None
    assert app.erasures.catch_up() == [], "what came after the erasure is not erased"
    assert "something new" in files_with(app.deployment.folder, "something new")


async def test_a_running_server_forgets_whom_a_command_erases(app: App) -> None:
    forgotten: asyncio.Queue[set[str]] = asyncio.Queue()
    rids = [await app.gateway.reader_at("wechat", name) for name in ("a", "b", "c")]
    command = open_deployment(app.deployment.folder)
    erasures(command).erase(rids[0])
    following = asyncio.ensure_future(app.erasures.follow(forgotten.put_nowait))
    while app.erasures._followed is None:  # noqa: ASYNC110 - only looked at
        await asyncio.sleep(0)
    erasures(command).erase(rids[1])
    assert await asyncio.wait_for(forgotten.get(), 10) == {rids[1]}, "the first it never knew"
    following.cancel()
    await asyncio.wait([following])
    erasures(command).erase(rids[2])
    command.close()
    again = asyncio.ensure_future(app.erasures.follow(forgotten.put_nowait))
    assert await asyncio.wait_for(forgotten.get(), 10) == {rids[2]}, "missed while it was down"
    again.cancel()


def erasures(deployment: Deployment) -> Erasures:
    journal = ErasureJournal(deployment.folder / JOURNAL_FILE)
    return Erasures(deployment.database, "main", journal)


async def test_a_kill_between_journal_and_database_is_made_good(app: App) -> None:
    rid = await a_reader_with_a_past(app)
    app.erasures.journal.add([Erasure("x1", "main", rid, 5.0)])
    assert MARKER in files_with(app.deployment.folder, MARKER)
    assert [report.rid for report in app.erasures.catch_up()] == [rid]
    assert files_with(app.deployment.folder, MARKER, CHINESE) == {}
    assert app.erasures.catch_up() == []


async def test_an_unknown_reader_is_refused_and_the_journal_stays_as_it_was(app: App) -> None:
    with pytest.raises(NotFoundError, match="There is no reader nobody-at-all"):
        app.erasures.erase("nobody-at-all")
    assert app.erasures.journal.read() == []
    rid = await app.gateway.reader_at("wechat", "a")
    app.erasures.erase(rid)
    with pytest.raises(NotFoundError, match="was erased on"):
        app.erasures.erase(rid)


async def test_copies_kept_beside_the_database_go_when_they_know_the_reader(app: App) -> None:
    rid = await app.gateway.reader_at("wechat", "a")
    folder = app.deployment.folder
    (folder / "refdesk.db.before-0006").write_bytes(b"x" * (1 << 20) + rid.encode())
    (folder / "refdesk.db.before-0005").write_bytes(b"texts")
    (folder / "refdesk.db.before-0005-wal").write_bytes(rid.encode())
    (folder / "refdesk.db.before-0004").write_bytes(b"made before this reader came")
    report = app.erasures.erase(rid)
    assert report.copies == ("refdesk.db.before-0005", "refdesk.db.before-0006")
    assert [one.name for one in folder.glob("refdesk.db.*")] == ["refdesk.db.before-0004"]


def test_every_table_that_knows_readers_is_cleared_or_redacted() -> None:
    """A new table with a reader's number or a consultation's has to say what an erasure does."""
    cleared = {model.__tablename__ for model in (*DELETED_BY_READER, *DELETED_BY_CONSULTATION)}
    redacted = {"consultation", "event"}
    kept = {"erasure"}  # the random number, so that it stays erased
    knowing = {
        table.name
        for table in SQLModel.metadata.sorted_tables
        if {"rid", "consultation", "reader"} & set(table.columns.keys())
    }
    assert knowing == cleared | redacted | kept - {"reader"}, (
        "say it in refdesk/core/vault/erasing.py"
    )


def test_the_journal_keeps_what_it_is_given(tmp_path: Path) -> None:
    journal = ErasureJournal(tmp_path / JOURNAL_FILE)
    assert journal.read() == []
    erased = [Erasure(f"e{n}", "main", f"r{n}", float(n)) for n in range(3)]
    journal.add(erased[:2])
    journal.add(erased[2:])
    journal.add([])
    assert journal.read() == erased
    assert journal.path.stat().st_mode & 0o077 == 0


def test_a_line_torn_by_a_power_cut_is_passed_over_and_written_over(tmp_path: Path) -> None:
    journal = ErasureJournal(tmp_path / JOURNAL_FILE)
    first, second = Erasure("e1", "main", "r1", 1.0), Erasure("e2", "main", "r2", 2.0)
    journal.add([first])
    with journal.path.open("ab") as file:
        file.write(b'{"id": "e9", "lib')
    assert journal.read() == [first]
    journal.add([second])
    assert journal.read() == [first, second]


@pytest.mark.parametrize("line", ["nonsense", "[]", '{"id": "e1"}', '"text"', "null", ""])
def test_a_damaged_journal_is_named_with_its_line(line: str, tmp_path: Path) -> None:
    journal = ErasureJournal(tmp_path / JOURNAL_FILE)
    journal.add([Erasure("e1", "main", "r1", 1.0)])
    with journal.path.open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(DataError, match="line 2, is no erasure"):
        journal.read()


async def test_without_room_for_the_journal_nothing_is_erased(app: App) -> None:
    rid = await a_reader_with_a_past(app)
    app.erasures.journal.path.mkdir()
    with pytest.raises(StorageError, match="Nothing was erased"):
        app.erasures.erase(rid)
    assert await app.vault.address_of("wechat", rid) is not None
    assert MARKER in files_with(app.deployment.folder, MARKER)


async def test_a_vault_opened_later_knows_nothing_of_the_erased(app: App) -> None:
    rid = await app.gateway.reader_at("wechat", "a")
    app.erasures.erase(rid)
    vault = IdentityVault(app.deployment.database, "main", VaultKeys(app.deployment.folder))
    assert await vault.address_of("wechat", rid) is None
    assert await vault.known_rid("wechat", "a") is None
