"""How does a backup become a deployment again, without losing what is there if it fails?

Everything is built and checked in a folder of its own inside the deployment. Only then names
change: each in one step, the database last but for the index, which is made anew if it is missing.
"""

import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from refdesk.cli.erasing import erasures_of
from refdesk.core.backup.after_restore import HeldBack, hold_back
from refdesk.core.backup.backup_archive import (
    DATABASE,
    KEYS,
    SETTINGS,
    Manifest,
    read_manifest,
    unpack,
)
from refdesk.core.private_files import sync_folder
from refdesk.core.settings import Settings, load_settings
from refdesk.core.vault import condition as vault_condition
from refdesk.core.vault.erasure_journal import JOURNAL_FILE, Erasure, ErasureJournal
from refdesk.core.vault.keys import KEY_FILE, VaultKeys
from refdesk.deployment import Deployment, open_deployment
from refdesk.errors import DataError, StorageError
from refdesk.storage import ServerLock
from refdesk.storage.sqlite.copies import check_file
from refdesk.storage.sqlite.write_ahead_log import empty_write_ahead_log

Progress = Callable[[str, int], None]
_WORKSHOP = ".restoring"
_LOCK_PATIENCE_SECONDS = 0.5


@dataclass(slots=True)
class Restored:
    """What a restore did.

    `addresses` says whether the keys at hand open readers' addresses; `set_aside` are the names of
    files that were there before.
    """

    manifest: Manifest
    erased: int
    held_back: HeldBack
    entries: int
    addresses: vault_condition.Readable
    settings: Literal["restored", "kept", "none"] = "none"
    set_aside: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Target:
    """Where to restore: the folder, and its own configuration if there is one."""

    folder: Path
    settings_file: Path
    if_there: Literal["refuse", "set aside"]

    def settings(self) -> Settings:
        """Return the settings that hold here already, else the defaults."""
        return load_settings(self.settings_file) if self.settings_file.exists() else Settings()


def restore(
    archive: Path,
    target: Target,
    journals: Sequence[Path],
    progress: Progress,
    clock: Callable[[], float] = time.time,
) -> Restored:
    """Restore a backup into a folder.

    Raises `DeploymentBusyError` while a server runs there, `DataError` when the backup or a journal
    is damaged or something is in the way, `SchemaError` when it was made by a newer program,
    `StorageError` when there is no room.
    """
    manifest = read_manifest(archive)
    if target.settings().storage.dsn is not None:
        raise DataError(
            "This deployment keeps its rows on PostgreSQL: restore them with its tools."
        )
    try:
        target.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(target.folder):
            return _restore(archive, manifest, target, journals, progress, clock)
    except OSError as error:
        raise StorageError(f"{target.folder} cannot be written to: {error.strerror}.") from error


def _restore(
    archive: Path,
    manifest: Manifest,
    target: Target,
    journals: Sequence[Path],
    progress: Progress,
    clock: Callable[[], float],
) -> Restored:
    erasures = _noted(target.folder, journals)
    _refuse_what_is_in_the_way(archive, target, manifest)
    with _workshop(target.folder) as workshop:
        unpack(archive, workshop, progress)
        _refuse_other_keys(workshop, target)
        check_file(workshop / DATABASE)
        restored = _build(workshop, target, manifest, erasures, progress, clock)
        empty_write_ahead_log(workshop / DATABASE)
        _put_in_place(workshop, target, restored, clock)
    return restored


def _build(
    workshop: Path,
    target: Target,
    manifest: Manifest,
    erasures: Sequence[Erasure],
    progress: Progress,
    clock: Callable[[], float],
) -> Restored:
    """Make a deployment of what was unpacked: schema, erasures, what is held back, index."""
    progress("preparing, entries", 0)
    own = target.settings_file if target.settings_file.exists() else None
    with closing(open_deployment(workshop, own)) as deployment:
        library = deployment.settings.library.id
        if library != manifest.library:
            raise DataError(
                f"The backup is of the library {manifest.library!r}, {target.settings_file} is of "
                f"{library!r}. Nothing was changed: set [library] id, or use another folder."
            )
        progress("repeating erasures", len(erasures))
        journal = ErasureJournal(workshop / JOURNAL_FILE)
        journal.add(erasures)
        readers = erasures_of(deployment)
        erased = len(readers.catch_up())
        readers.note_what_is_done()
        held = deployment.database.write_blocking(lambda tx: hold_back(tx, library, clock()))
        addresses = _addresses(deployment, target)
        # Opening it has made the index: there was none.
        return Restored(manifest, erased, held, deployment.knowledge_base.entry_count, addresses)


def _addresses(deployment: Deployment, target: Target) -> vault_condition.Readable:
    from_backup = (deployment.folder / KEY_FILE).exists()
    keys = VaultKeys(deployment.folder if from_backup else target.folder, deployment.settings.vault)
    return vault_condition.readable(deployment.database, deployment.settings.library.id, keys)


def _put_in_place(
    workshop: Path, target: Target, restored: Restored, clock: Callable[[], float]
) -> None:
    folder, stamp = target.folder, _new_stamp(target.folder, clock())

    def set_aside(name: str, beside: str = "") -> None:
        """Give what is there a second name: it is there at every moment, under one of them."""
        present = folder / f"{name}{beside}"
        if present.exists() and (present.stat().st_size or not beside):
            aside = f"{name}.replaced-{stamp}{beside}"
            os.link(present, folder / aside)
            restored.set_aside.append(aside)

    for name in KEYS:
        if (workshop / name).exists() and not _same(workshop / name, folder / name):
            set_aside(name)
            (workshop / name).replace(folder / name)
    if target.settings_file.exists():
        restored.settings = "kept"
    elif (workshop / SETTINGS).exists():
        (workshop / SETTINGS).replace(target.settings_file)
        restored.settings = "restored"
    here = ErasureJournal(folder / JOURNAL_FILE)
    known = {one.id for one in here.read()}
    here.add(one for one in ErasureJournal(workshop / JOURNAL_FILE).read() if one.id not in known)
    set_aside(DATABASE)
    set_aside(DATABASE, "-wal")
    for name in (f"{DATABASE}-wal", f"{DATABASE}-shm"):
        (folder / name).unlink(missing_ok=True)
    (workshop / DATABASE).replace(folder / DATABASE)
    shutil.rmtree(folder / "index", ignore_errors=True)
    (workshop / "index").replace(folder / "index")
    sync_folder(folder)


def _new_stamp(folder: Path, now: float) -> str:
    """Return the time as the end of names that are not there yet."""
    second = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    stamps = itertools.chain([second], (f"{second}-{number}" for number in itertools.count(2)))
    return next(stamp for stamp in stamps if not list(folder.glob(f"*.replaced-{stamp}*")))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    lock = ServerLock(folder / "server.lock")
    lock.acquire(_LOCK_PATIENCE_SECONDS)
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    workshop = folder / _WORKSHOP
    shutil.rmtree(workshop, ignore_errors=True)  # left by a restore that was killed
    workshop.mkdir(mode=0o700)
    try:
        yield workshop
    finally:
        shutil.rmtree(workshop)


def _noted(folder: Path, journals: Sequence[Path]) -> list[Erasure]:
    """Return every erasure that a journal knows, each once."""
    for journal in journals:
        if not journal.exists():
            raise DataError(f"There is no journal {journal}.")
    found: dict[str, Erasure] = {}
    for path in (folder / JOURNAL_FILE, *journals):
        found |= {one.id: one for one in ErasureJournal(path).read()}
    return list(found.values())


def _refuse_what_is_in_the_way(archive: Path, target: Target, manifest: Manifest) -> None:
    database = target.folder / DATABASE
    if database.exists() and target.if_there == "refuse":
        raise DataError(
            f"{target.folder} has a database. Choose an empty folder, or give --replace: "
            "the present one is then kept beside it."
        )
    needed = sum(content.size for content in manifest.files.values())
    free = shutil.disk_usage(target.folder).free
    if needed > min(free, archive.stat().st_size):
        if needed > archive.stat().st_size:
            raise DataError(f"{archive} is damaged: it ends too early. Use another backup.")
        raise StorageError(
            f"The backup needs {needed >> 20} MiB in {target.folder}, {free >> 20} are free."
        )


def _refuse_other_keys(workshop: Path, target: Target) -> None:
    if target.if_there == "set aside":
        return
    for name in KEYS:
        mine, theirs = target.folder / name, workshop / name
        if mine.exists() and theirs.exists() and not _same(mine, theirs):
            raise DataError(
                f"{mine} is another key than the one in the backup. Give --replace to set the "
                "present one aside, or use an empty folder."
            )


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.read_bytes() == other.read_bytes()
