"""How is a real server run in a process of its own, killed and started again?"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


class Server:
    """`refdesk serve` in a process of its own, on the same folder and port each time."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = ("-m", "refdesk", "serve"),
    ) -> None:
        self.folder = folder
        self.log = folder / "server.log"
        self._program = program
        self._environment = {**os.environ, **(environment or {})}
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it says that it is ready."""
        command = [sys.executable, *self._program, "--data", str(self.folder)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port)],
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._environment,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline().decode()
        assert "ready" in line, self.log.read_text()
        self.port = int(line.rsplit(":", 1)[1].strip("/\n"))

    def end(self, how: signal.Signals) -> int:
        """Send a signal and wait for the end; return the exit code."""
        assert self._process is not None
        self._process.send_signal(how)
        code = self._process.wait(timeout=30)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code
