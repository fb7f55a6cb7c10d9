"""How is one of the bench's programs started, frozen and killed?"""

import signal
import subprocess
import sys
from pathlib import Path

PATIENCE_SECONDS = 30.0


class Process:
    """A program of ours; its first line of output says where it is."""

    def __init__(self, log: Path, *command: object) -> None:
        self._log = log
        self._command = [sys.executable, *map(str, command)]
        self._process: subprocess.Popen[bytes] | None = None
        self._first_line = ""

    def start(self) -> None:
        """Start it and wait for its first line."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=log)
        assert self._process.stdout is not None
        self._first_line = self._process.stdout.readline().decode().strip()
        if not self._first_line:
            raise SystemExit(f"It did not start:\n{self._log.read_text()}")

    @property
    def address(self) -> str:
        """Return the last word of its first line, without a slash at the end."""
        return self._first_line.rpartition(" ")[2].rstrip("/")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def send(self, what: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(what)

    def kill(self) -> None:
        """End it with SIGKILL, if it has not ended yet."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait(PATIENCE_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
