"""Do `backup` and `restore` say what they did, and lose nothing when they cannot?"""

import json
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text
from typer.testing import CliRunner, Result

from refdesk.cli.main import make_app
from refdesk.core.backup.after_restore import REASON
from refdesk.core.messages import InboundMessage
from refdesk.core.private_files import replace_private
from refdesk.core.staff.authorise import Role
from refdesk.core.staff.staff_accounts import StaffAccounts
from refdesk.core.vault.erasure_journal import JOURNAL_FILE
from refdesk.core.vault.identity_vault import IdentityVault
from refdesk.core.vault.keys import VaultKeys
from refdesk.deployment import open_deployment
from refdesk.errors import DataError, DeploymentBusyError, SchemaError, StorageError, VaultError
from refdesk.knowledge_base import make_entry
from refdesk.storage import ServerLock, prepare
from refdesk.testing import Library

ON_ITS_WAY = """
INSERT INTO outbox SELECT 'o-' || '{state}', 'main', 'wechat', rid, id, 2, 'bot', 1, '{state}',
NULL, 0, 0.0, 0.0, 0.0, 0, 'whole', NULL, 'push', NULL, NULL, 0.0, NULL, NULL FROM consultation;
INSERT INTO effect SELECT 'e-' || '{state}', 'main', id, 'wechat', rid, 'p', 'n', 1, '',
'{effect}', 0, 'no', 0.0, NULL, '', '', 1, 'yes', NULL, 0.0, 0.0 FROM consultation
"""
HOW_SENT = prepare(text("SELECT id, state, reason FROM outbox ORDER BY id"))
HOW_DONE = prepare(text("SELECT id, state, told FROM effect ORDER BY id"))
SESSIONS = prepare(text("SELECT count(*) FROM staff_session"))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A closed deployment with an entry, a conversation, a colleague signed in, and keys."""
    folder = tmp_path / "library"
    entry = make_entry("lift", "Where is the lift?", "Left of the entrance.")
    opened = Library(folder, entries=[entry], settings='[library]\nname = { en = "Here" }\n')
    opened.close()
    return folder


def refdesk(*words: str | Path) -> Result:
    command = [str(word) for word in words]
    with structlog.testing.capture_logs():
        return CliRunner().invoke(make_app(command), command)


def back_up(library: Path, *more: str) -> Path:
    file = library.parent / "a.backup"
    done = refdesk("backup", file, "--data", library, *more)
    assert done.exit_code == 0, done.output
    return file


def restore(file: Path, folder: Path, *more: str | Path) -> dict[str, object]:
    done = refdesk("restore", file, "--data", folder, "--json", *more)
    assert done.exit_code == 0, done.exception
    report: dict[str, object] = json.loads(done.stdout)
    return report


def tree(folder: Path) -> dict[str, bytes]:
    """Everything in a folder but the lock that everybody may touch."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and file.name != "server.lock"
    }


def test_a_backup_is_one_file_for_its_owner_and_says_that_keys_are_apart(library: Path) -> None:
    file = library.parent / "a.backup"
    done = refdesk("backup", file, "--data", library)
    assert "refdesk.db, refdesk.toml of 2" in done.stdout
    assert "The keys are not in it" in done.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in library.parent.iterdir()) == ["a.backup", "library"]
    again = json.loads(refdesk("backup", file, "--data", library, "--json").stdout)
    assert (again["keys"], again["files"]) == ("left out", ["refdesk.db", "refdesk.toml"])
    assert again["bytes"] == file.stat().st_size


def test_a_restored_library_answers_as_before(library: Path, tmp_path: Path) -> None:
    report = restore(back_up(library), tmp_path / "new")
    assert (report["entries"], report["settings"], report["set_aside"]) == (1, "restored", [])
    asked = refdesk("ask", "Where is the lift?", "--data", tmp_path / "new", "--json")
    assert json.loads(asked.stdout)["answer"] == "Left of the entrance."
    assert (tmp_path / "new/refdesk.db").stat().st_mode & 0o077 == 0
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    left = {file.name for file in (tmp_path / "new").iterdir()}
    assert left <= {"refdesk.db", "refdesk.toml", "index", "server.lock", "secret.key"}


async def test_keys_go_only_where_they_are_asked_for(library: Path, tmp_path: Path) -> None:
    with closing(open_deployment(library)) as deployment:
        vault = IdentityVault(deployment.database, "main", VaultKeys(library))
        rid = await vault.rid_for("wechat", "somebody")
    without = restore(back_up(library), tmp_path / "without")
    assert without["addresses"] == "key missing"
    assert not (tmp_path / "without/vault.key").exists()
    inside = restore(back_up(library, "--with-keys"), tmp_path / "inside")
    assert inside["addresses"] == "readable"
    for name in ("vault.key", "secret.key"):
        assert (tmp_path / "inside" / name).read_bytes() == (library / name).read_bytes()
    with closing(open_deployment(tmp_path / "inside")) as deployment:
        vault = IdentityVault(deployment.database, "main", VaultKeys(tmp_path / "inside"))
        assert await vault.address_of("wechat", rid) == "somebody"


async def test_what_was_on_its_way_is_left_to_staff(tmp_path: Path) -> None:
    library = Library(tmp_path / "library")
    await library.reader("Mei").says("hello")
    for state, effect in (("queued", "waiting"), ("sending", "running"), ("accepted", "done")):
        for statement in ON_ITS_WAY.format(state=state, effect=effect).split(";"):
            filled = prepare(text(statement))
            await library.deployment.database.write(lambda tx, filled=filled: tx.run(filled))
    library.close()
    report = restore(back_up(tmp_path / "library"), tmp_path / "new")
    assert (report["replies_unknown"], report["effects_unknown"]) == (2, 2)
    with closing(open_deployment(tmp_path / "new")) as deployment:
        sent = deployment.database.read_blocking(lambda tx: tx.all(HOW_SENT))
        done = deployment.database.read_blocking(lambda tx: tx.all(HOW_DONE))
    assert [tuple(row) for row in sent] == [
        ("o-accepted", "accepted", None),
        ("o-queued", "unknown", REASON),
        ("o-sending", "unknown", REASON),
    ]
    assert [tuple(row) for row in done] == [
        ("e-accepted", "done", "yes"),
        ("e-queued", "unknown", "no"),
        ("e-sending", "unknown", "no"),
    ]


async def test_no_number_that_was_given_after_the_backup_is_given_again(tmp_path: Path) -> None:
    """Platforms and other systems know them as keys, and would drop what is new as a repeat."""
    folder = tmp_path / "library"
    await numbers_given(folder, "hello")
    file = back_up(folder)
    before = await numbers_given(folder, "thanks")
    restore(file, folder, "--replace")
    after = await numbers_given(folder, "thanks")
    assert before
    assert after
    assert min(after) > max(before)


async def numbers_given(folder: Path, words: str) -> list[int]:
    """Let a reader write; return the numbers of what is in the log from then on."""
    library = Library(folder)
    gateway = library.app.gateway
    accepted = await gateway.accept(InboundMessage("web_chat", "mei", words, words, 0.0, "en"))
    await library.settle()
    found = await gateway.events_after("mei", accepted.consultation, accepted.seq - 1) or []
    library.close()
    return [event.seq for event in found]


async def test_everybody_has_to_sign_in_again(library: Path, tmp_path: Path) -> None:
    with closing(open_deployment(library)) as deployment:
        accounts = StaffAccounts(deployment.database, "main")
        accounts.add("mei", "Mei", Role.LIBRARIAN, "a long password")
        assert (await accounts.sign_in("mei", "a long password", "127.0.0.1")).word == "welcome"
    restore(back_up(library), tmp_path / "new")
    with closing(open_deployment(tmp_path / "new")) as deployment:
        row = deployment.database.read_blocking(lambda tx: tx.one(SESSIONS))
        assert row is not None
        assert row[0] == 0
        accounts = StaffAccounts(deployment.database, "main")
        assert (await accounts.sign_in("mei", "a long password", "127.0.0.1")).word == "welcome"


def test_a_database_in_the_way_is_refused_or_kept_beside(library: Path) -> None:
    file = back_up(library)
    before = tree(library)
    refused = refdesk("restore", file, "--data", library)
    assert isinstance(refused.exception, DataError)
    assert "--replace" in str(refused.exception)
    assert tree(library) == before
    (aside,) = restore(file, library, "--replace")["set_aside"]  # type: ignore[misc]
    assert (library / aside).read_bytes() == before["refdesk.db"]
    assert tree(library)["refdesk.toml"] == before["refdesk.toml"]


def test_another_key_in_the_way_is_refused_or_kept_beside(library: Path, tmp_path: Path) -> None:
    file = back_up(library, "--with-keys")
    new = tmp_path / "new"
    new.mkdir(mode=0o700)
    replace_private(new / "secret.key", b"x" * 32)
    before = tree(new)
    refused = refdesk("restore", file, "--data", new)
    assert isinstance(refused.exception, DataError)
    assert "is another key than the one in the backup" in str(refused.exception)
    assert tree(new) == before
    (aside,) = restore(file, new, "--replace")["set_aside"]  # type: ignore[misc]
    assert (new / aside).read_bytes() == b"x" * 32
    assert (new / "secret.key").read_bytes() == (library / "secret.key").read_bytes()


def test_a_restore_beside_a_running_server_is_refused(library: Path) -> None:
    file = back_up(library)
    before = tree(library)
    lock = ServerLock(library / "server.lock")
    lock.acquire()
    refused = refdesk("restore", file, "--data", library, "--replace")
    lock.release()
    assert isinstance(refused.exception, DeploymentBusyError)
    assert tree(library) == before


@pytest.mark.parametrize("harm", ["cut", "changed", "replaced"])
def test_a_bad_backup_changes_nothing(harm: str, library: Path) -> None:
    file = back_up(library)
    content = file.read_bytes()
    middle = len(content) // 2
    changed = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    file.write_bytes({"cut": content[:middle], "changed": changed, "replaced": b"notes"}[harm])
    before = tree(library)
    refused = refdesk("restore", file, "--data", library, "--replace")
    assert isinstance(refused.exception, DataError)
    assert tree(library) == before


def test_a_backup_of_a_newer_program_changes_nothing(library: Path, tmp_path: Path) -> None:
    with closing(open_deployment(library)) as deployment:
        newer = prepare(text("UPDATE alembic_version SET version_num = '9999'"))
        deployment.database.write_blocking(lambda tx: tx.run(newer))
    file = back_up(library)
    refused = refdesk("restore", file, "--data", tmp_path / "new")
    assert isinstance(refused.exception, SchemaError)
    assert tree(tmp_path / "new") == {}


def test_a_damaged_or_missing_journal_changes_nothing(library: Path, tmp_path: Path) -> None:
    file, journal = back_up(library), tmp_path / "journal"
    missing = refdesk("restore", file, "--data", tmp_path / "new", "--journal", journal)
    assert "There is no journal" in str(missing.exception)
    journal.write_text("nonsense\n")
    damaged = refdesk("restore", file, "--data", tmp_path / "new", "--journal", journal)
    assert "line 1, is no erasure" in str(damaged.exception)
    assert tree(tmp_path / "new") == {}


def test_the_backup_of_another_library_is_refused(library: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir(mode=0o700)
    (new / "refdesk.toml").write_text('[library]\nid = "branch"\n')
    refused = refdesk("restore", back_up(library), "--data", new)
    assert "The backup is of the library 'main'" in str(refused.exception)
    assert set(tree(new)) == {"refdesk.toml"}


async def test_whoever_was_erased_after_the_backup_is_erased_again(
    library: Path, tmp_path: Path
) -> None:
    with closing(open_deployment(library)) as deployment:
        vault = IdentityVault(deployment.database, "main", VaultKeys(library))
        rid = await vault.rid_for("wechat", "somebody")
    file = back_up(library, "--with-keys")
    assert refdesk("reader", "erase", rid, "--data", library).exit_code == 0
    journal = library / JOURNAL_FILE
    assert restore(file, tmp_path / "one", "--journal", journal)["erased"] == 1
    assert restore(file, library, "--replace")["erased"] == 1, "its own journal counts too"
    assert restore(back_up(tmp_path / "one"), tmp_path / "two")["erased"] == 0
    for folder in (tmp_path / "one", library, tmp_path / "two"):
        with closing(open_deployment(folder)) as deployment:
            assert await IdentityVault(
                deployment.database, "main", VaultKeys(folder)
            ).known_rid("wechat", "somebody") is None  # fmt: skip
        assert (folder / JOURNAL_FILE).read_text() == journal.read_text(), folder


def test_a_place_that_cannot_be_written_to_is_named(library: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    refused = refdesk("restore", back_up(library), "--data", tmp_path / "file/new")
    assert isinstance(refused.exception, StorageError)
    assert "cannot be written to" in str(refused.exception)


def test_only_a_backup_is_overwritten(library: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("years of work")
    for name in ("thesis.odt", "library/refdesk.db", "library"):
        before = tree(tmp_path)
        refused = refdesk("backup", tmp_path / name, "--data", library)
        assert isinstance(refused.exception, DataError)
        assert "is there already and is no backup" in str(refused.exception)
        assert tree(tmp_path) == before


def test_what_cannot_be_backed_up_says_why(library: Path, tmp_path: Path) -> None:
    nothing = refdesk("backup", tmp_path / "x", "--data", tmp_path / "empty")
    assert "there is nothing to back up" in str(nothing.exception)
    nowhere = refdesk("backup", tmp_path / "no/x", "--data", library)
    assert "There is no folder" in str(nowhere.exception)
    (library / "refdesk.toml").write_text(
        '[storage]\nengine = "postgresql"\ndsn = { env = "REFDESK_DSN" }\n'
    )
    server = refdesk("backup", tmp_path / "x", "--data", library)
    assert "back them up with pg_dump" in str(server.exception)
    restored = refdesk("restore", tmp_path / "x", "--data", library, "--replace")
    assert isinstance(restored.exception, DataError)
    assert not (tmp_path / "x").exists()


def test_a_full_disk_is_said_and_leaves_nothing(library: Path, tmp_path: Path) -> None:
    (tmp_path / "a.backup.database").symlink_to("/dev/full")
    refused = refdesk("backup", tmp_path / "a.backup", "--data", library)
    assert isinstance(refused.exception, StorageError)
    assert [one.name for one in tmp_path.iterdir()] == ["library"]


async def test_the_keys_are_rotated_by_a_command(library: Path) -> None:
    with closing(open_deployment(library)) as deployment:
        vault = IdentityVault(deployment.database, "main", VaultKeys(library))
        await vault.rid_for("wechat", "somebody")
    before = (library / "vault.key").read_bytes()
    done = refdesk("vault", "rotate", "--data", library)
    assert "1 addresses encrypted under the key" in done.stdout
    assert "Backups made until now need it" in done.stdout
    assert (library / "vault.key").read_bytes() != before
    again = json.loads(refdesk("vault", "rotate", "--data", library, "--json").stdout)
    assert (again["addresses"], again["old_keys"]) == (1, "dropped")
    (library / "vault.key").unlink()
    refused = refdesk("vault", "rotate", "--data", library)
    assert isinstance(refused.exception, VaultError)
