"""How is a file written that only its owner may read, whole or not at all?

Content goes to a temporary name in the same folder, is forced to the disk and then put in place in
one step, so that a power cut leaves either nothing or all of it.
"""

import os
from pathlib import Path
from typing import Literal

from refdesk.errors import StorageError


def create_private(path: Path, content: bytes) -> Literal["created", "there already"]:
    """Create a file; of two that do so at once the first wins.

    Raises `StorageError` when it cannot be written, as `replace_private` does.
    """
    made = _written(path, content)
    try:
        os.link(made, path)
    except FileExistsError:
        return "there already"
    finally:
        made.unlink()
    sync_folder(path.parent)
    return "created"


def replace_private(path: Path, content: bytes) -> None:
    """Put new content in the place of what is there."""
    _written(path, content).replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Force names that were made, changed or removed in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _written(path: Path, content: bytes) -> Path:
    made = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        made.unlink(missing_ok=True)  # left by a process of the same number that was killed
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.") from error
    return made
