"""What is kept of a SQLite file before its tables are changed?"""

from pathlib import Path

from refdesk.errors import StorageError
from refdesk.storage.sqlite.copies import copy_database
from refdesk.storage.sqlite.versions import applied_version

COPIES_KEPT = 2
_MARK = ".before-"


def copy_before_upgrade(path: Path, version_table: str, applied: str, head: str) -> Path | None:
    """Copy the database to `refdesk.db.before-HEAD`; the newest two such copies stay.

    None when another process has made the upgrade meanwhile: its copy is the right one. Raises
    `StorageError` when there is no room; nothing has been changed then.
    """
    plugin = version_table.removesuffix("alembic_version").strip("_")
    copy = path.with_name(f"{path.name}{_MARK}{plugin + '-' if plugin else ''}{head}")
    made = copy.with_name(f"{copy.name}.new")
    try:
        copy_database(path, made)
    except StorageError as error:
        raise StorageError(
            f"{error} Before an upgrade a copy of the database is kept beside it. "
            "Make room on the disk and start again; nothing was changed."
        ) from error
    if applied_version(made, version_table) != applied:
        made.unlink()
        return None
    made.replace(copy)
    _drop_older(path)
    return copy


def _drop_older(path: Path) -> None:
    copies = sorted(
        path.parent.glob(f"{path.name}{_MARK}*"), key=lambda file: file.stat().st_mtime_ns
    )
    for old in copies[:-COPIES_KEPT]:
        old.unlink()
