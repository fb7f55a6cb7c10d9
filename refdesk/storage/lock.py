"""How is a second server on the same folder refused?"""

import fcntl
import os
import time
from pathlib import Path

from refdesk.errors import DeploymentBusyError


class ServerLock:
    """An advisory lock on a file; the operating system frees it when the process ends."""

    def __init__(self, path: Path) -> None:
        """Lock the file at `path`, created when absent."""
        self._path = path
        self._descriptor: int | None = None

    def acquire(self, patience_seconds: float = 5.0) -> None:
        """Take the lock, waiting a little for a predecessor that is just ending.

        Raises `DeploymentBusyError` when another server keeps it.
        """
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + patience_seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    os.close(descriptor)
                    raise DeploymentBusyError(
                        f"Another refdesk server runs on {self._path.parent}. "
                        "Stop it first, or use another folder."
                    ) from None
                time.sleep(0.05)
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
