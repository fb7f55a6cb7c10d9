"""What is left when a command is killed in the middle: while it migrates, while it imports?"""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from refdesk.storage.schema import CORE_MIGRATIONS, bring_up_to_date
from tests.served import Server

PATIENCE_SECONDS = 60
NEW_ENTRIES = 1500


def refdesk(*words: str | Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "refdesk", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def ended_well(command: "subprocess.Popen[bytes]") -> bytes:
    said, _ = command.communicate(timeout=PATIENCE_SECONDS)
    assert command.returncode == 0, said.decode()
    return said


def killed_once_written(command: "subprocess.Popen[bytes]", database: Path, size: int) -> str:
    """Kill a command when the database's files have grown to `size`; say if it was still there."""
    files = (database, database.with_name(f"{database.name}-wal"))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while command.poll() is None and time.monotonic() < deadline:
        if sum(file.stat().st_size for file in files if file.exists()) >= size:
            break
        time.sleep(0.0005)
    state = "ended" if command.poll() is not None else "killed"
    command.kill()
    command.communicate(timeout=PATIENCE_SECONDS)
    return state


@pytest.mark.parametrize("kilobytes", [1, 100])
def test_a_migration_that_was_killed_is_made_again(
    kilobytes: int, tmp_path: Path, migrated_file: Path
) -> None:
    folder, database = tmp_path / "library", tmp_path / "library" / "refdesk.db"
    command = refdesk("kb", "check", "--data", folder)
    assert killed_once_written(command, database, kilobytes * 1024) == "killed"
    bring_up_to_date(database, CORE_MIGRATIONS)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        versions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        assert versions == [(CORE_MIGRATIONS.head,)]
        tables = sqlite_tables(connection)
    with closing(sqlite3.connect(migrated_file)) as connection:
        assert tables == sqlite_tables(connection)


def sqlite_tables(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    statement = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
    return connection.execute(statement).fetchall()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "library"
    folder.mkdir()
    renew = {"_id": "renew", "title": "How do I renew a book?", "text": "Press Renew."}
    first = tmp_path / "first.jsonl"
    first.write_text(json.dumps(renew), "utf-8")
    ended_well(refdesk("kb", "import", first, "--data", folder))
    made = Server(folder)
    made.start()
    yield made
    made.end(signal.SIGKILL)


def suggested(server: Server, question: str) -> str:
    address = f"{server.address}/api/v1/suggest?q={quote(question)}"
    with urlopen(address, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - our own
        return str(answer.read().decode())


def test_an_import_that_was_killed_leaves_all_or_nothing_and_the_server_goes_on(
    server: Server, tmp_path: Path
) -> None:
    new = tmp_path / "new.jsonl"
    lines = (
        {"_id": f"new-{n}", "title": f"Where is the collection number {n}?", "text": "Upstairs."}
        for n in range(NEW_ENTRIES)
    )
    new.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    database = server.folder / "refdesk.db"
    for grown in (1, 600_000):
        before = sum(file.stat().st_size for file in server.folder.glob("refdesk.db*"))
        command = refdesk("kb", "import", new, "--data", server.folder)
        killed_once_written(command, database, before + grown)
        assert entries(server.folder) in (1, 1 + NEW_ENTRIES), "a whole file or nothing of it"
        assert "renew" in suggested(server, "renew a book")
    ended_well(refdesk("kb", "import", new, "--data", server.folder))
    assert entries(server.folder) == 1 + NEW_ENTRIES
    ended_well(refdesk("kb", "check", "--data", server.folder))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "collection number 7" not in suggested(server, "collection number 7"):
        assert time.monotonic() < deadline, "the server's index follows"
        time.sleep(0.2)
    assert "renew" in suggested(server, "renew a book")


def entries(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "refdesk.db")) as connection:
        (number,) = connection.execute("SELECT count(*) FROM kb_entry").fetchone()
    return int(number)
