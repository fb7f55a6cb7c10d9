"""Is a copy of a database in use whole, of one moment, and kept before every upgrade?"""

import os
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from refdesk.errors import DataError, SchemaError, StorageError
from refdesk.storage.schema import CORE_MIGRATIONS, Migrations, bring_up_to_date
from refdesk.storage.sqlite.copies import copy_database
from refdesk.storage.sqlite.versions import applied_version

ENV = "from refdesk.storage.migration_run import run\n\nrun()\n"
FIRST = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("thing", sa.Column("word", sa.String, primary_key=True))
"""
LATER = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade():
    op.add_column("thing", sa.Column("c{revision}", sa.String))
"""


def scripts(folder: Path, head: int, table: str = "alembic_version") -> Migrations:
    """Migrations up to a number, as an older or newer program has them."""
    versions = folder / f"{table}-{head}" / "versions"
    if not versions.exists():
        versions.mkdir(parents=True)
        (versions.parent / "env.py").write_text(ENV)
        (versions / "0001_first.py").write_text(FIRST)
        for number in range(2, head + 1):
            text = LATER.format(revision=f"{number:04}", before=f"{number - 1:04}")
            (versions / f"{number:04}_later.py").write_text(text)
    return Migrations(versions.parent, f"{head:04}", table)


def words(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT word FROM thing ORDER BY word")]


def add(path: Path, word: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO thing VALUES (?)", (word,))
        connection.commit()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "data/refdesk.db"
    path.parent.mkdir()
    bring_up_to_date(path, scripts(tmp_path, 1))
    add(path, "kept")
    return path


def copies(database: Path) -> list[str]:
    return sorted(file.name for file in database.parent.glob("refdesk.db.*"))


def test_an_upgrade_keeps_the_database_as_it_was(database: Path, tmp_path: Path) -> None:
    bring_up_to_date(database, scripts(tmp_path, 2))
    copy = database.parent / "refdesk.db.before-0002"
    assert copies(database) == [copy.name]
    assert copy.stat().st_mode & 0o077 == 0
    assert applied_version(copy, "alembic_version") == "0001"
    assert words(copy) == ["kept"]
    shutil.copyfile(copy, database)
    bring_up_to_date(database, scripts(tmp_path, 1))  # the older program takes it back


def test_an_upgrade_of_a_plugin_s_tables_has_a_copy_of_its_own(
    database: Path, tmp_path: Path
) -> None:
    bring_up_to_date(database, scripts(tmp_path, 2))
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("ALTER TABLE thing RENAME TO other")
        connection.commit()
    bring_up_to_date(database, scripts(tmp_path, 1, "wish_alembic_version"))
    assert copies(database) == ["refdesk.db.before-0002"], "new tables change none that are there"
    bring_up_to_date(database, scripts(tmp_path, 2, "wish_alembic_version"))
    assert copies(database) == ["refdesk.db.before-0002", "refdesk.db.before-wish-0002"]


def test_only_the_newest_two_copies_are_kept(database: Path, tmp_path: Path) -> None:
    for head in (2, 3, 4):
        bring_up_to_date(database, scripts(tmp_path, head))
        for number, name in enumerate(copies(database)):
            os.utime(database.parent / name, (number, number))
    assert copies(database) == ["refdesk.db.before-0003", "refdesk.db.before-0004"]


def test_nothing_is_copied_when_there_is_nothing_to_change(database: Path, tmp_path: Path) -> None:
    bring_up_to_date(database, scripts(tmp_path, 1))
    newer = scripts(tmp_path, 2)
    bring_up_to_date(database, newer)
    with pytest.raises(SchemaError):
        bring_up_to_date(database, scripts(tmp_path, 1))
    assert copies(database) == ["refdesk.db.before-0002"]


def test_an_upgrade_without_room_for_the_copy_changes_nothing(
    database: Path, tmp_path: Path
) -> None:
    (database.parent / "refdesk.db.before-0002.new").symlink_to("/dev/full")
    with pytest.raises(StorageError, match="Make room on the disk and start again"):
        bring_up_to_date(database, scripts(tmp_path, 2))
    assert applied_version(database, "alembic_version") == "0001"


def test_a_copy_is_of_one_moment_whoever_writes_meanwhile(tmp_path: Path) -> None:
    path, copy = tmp_path / "refdesk.db", tmp_path / "copy"
    bring_up_to_date(path, CORE_MIGRATIONS)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("CREATE TABLE pair (half TEXT, n INTEGER, filling TEXT)")
        writer.executemany("INSERT INTO pair VALUES ('x', 0, ?)", [("f" * 3000,)] * 3000)
        stop = threading.Event()

        def write() -> None:
            with closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as other:
                while not stop.is_set():
                    other.execute("BEGIN IMMEDIATE")
                    other.execute("INSERT INTO pair VALUES ('left', 1, '')")
                    other.execute("INSERT INTO pair VALUES ('right', 1, '')")
                    other.execute("COMMIT")

        thread = threading.Thread(target=write)
        thread.start()
        steps: list[tuple[int, int]] = []
        copy_database(path, copy, lambda done, pages: steps.append((done, pages)))
        stop.set()
        thread.join()
    with closing(sqlite3.connect(copy)) as found:
        counts = dict(found.execute("SELECT half, count(*) FROM pair GROUP BY half"))
    assert counts["x"] == 3000
    assert counts.get("left") == counts.get("right")
    assert len(steps) > 1, "one sees how far it is"
    assert steps[-1][0] == steps[-1][1]


def test_a_damaged_database_is_not_copied(database: Path, tmp_path: Path) -> None:
    content = bytearray(database.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    database.write_bytes(content)
    with pytest.raises(DataError, match="is damaged"):
        copy_database(database, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
