"""How is a deployment backed up while its server runs?"""

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from refdesk.core.backup.backup_archive import (
    DATABASE,
    KEYS,
    SETTINGS,
    Manifest,
    content_of,
    read_manifest,
    write_archive,
)
from refdesk.core.private_files import sync_folder
from refdesk.errors import DataError, RefdeskError, StorageError
from refdesk.storage.schema import CORE_MIGRATIONS
from refdesk.storage.sqlite.copies import copy_database
from refdesk.storage.sqlite.versions import applied_version

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Place:
    """What is backed up: a deployment's folder, its configuration file and its library."""

    folder: Path
    settings_file: Path
    library: str


def back_up(
    place: Place,
    file: Path,
    keys: Literal["included", "left out"],
    progress: Progress,
    clock: Callable[[], float] = time.time,
) -> Manifest:
    """Write a backup of one moment to `file`, whole or not at all.

    Raises `DataError` when there is nothing to back up or `file` is something else than a backup,
    `StorageError` when there is no room.
    """
    database = place.folder / DATABASE
    if not database.exists():
        raise DataError(f"{place.folder} has no {DATABASE}: there is nothing to back up.")
    _refuse_to_overwrite(file)
    _refuse_without_room(database, file)
    with _unfinished(file) as (made, copy):
        copy_database(
            database, copy, lambda done, pages: progress("copying, %", done * 100 // max(pages, 1))
        )
        files = {DATABASE: copy}
        if place.settings_file.exists():
            files[SETTINGS] = place.settings_file
        if keys == "included":
            files |= {name: place.folder / name for name in KEYS if (place.folder / name).exists()}
        manifest = Manifest(
            refdesk=version("refdesk"),
            made_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clock())),
            library=place.library,
            schema=applied_version(copy, CORE_MIGRATIONS.version_table) or "",
            keys=keys,
            files={name: content_of(one) for name, one in files.items()},
        )
        _write(made, manifest, files, progress)
        made.replace(file)
        sync_folder(file.parent)
    return manifest


def _write(made: Path, manifest: Manifest, files: dict[str, Path], progress: Progress) -> None:
    try:
        with made.open("r+b") as target:
            write_archive(target, manifest, files, progress)
            target.flush()
            os.fsync(target.fileno())
    except OSError as error:
        raise StorageError(f"{made} could not be written: {error.strerror}.") from error


@contextmanager
def _unfinished(file: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the names to work under, one backup to the same file at a time; clean up after it."""
    made, copy = file.with_name(f"{file.name}.new"), file.with_name(f"{file.name}.database")
    try:
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DataError(f"{file.parent} cannot be written to: {error.strerror}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise DataError(f"Another backup to {file} is being made.") from None
    try:
        os.ftruncate(descriptor, 0)
        yield made, copy
    finally:
        made.unlink(missing_ok=True)
        copy.unlink(missing_ok=True)
        os.close(descriptor)


def _refuse_to_overwrite(file: Path) -> None:
    if not file.exists():
        return
    try:
        read_manifest(file)
    except RefdeskError:
        raise DataError(f"{file} is there already and is no backup: it is left alone.") from None


def _refuse_without_room(database: Path, file: Path) -> None:
    """Refuse early: for a while the rows are there twice, as a copy and in the archive."""
    if not file.parent.is_dir():
        raise DataError(f"There is no folder {file.parent}.")
    needed = 2 * database.stat().st_size
    free = shutil.disk_usage(file.parent).free
    if free < needed:
        raise StorageError(
            f"A backup needs about {needed >> 20} MiB in {file.parent}, {free >> 20} are free."
        )
