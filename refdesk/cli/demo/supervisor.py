"""How is the demo's server started again after it has been killed?"""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from refdesk.errors import DataError

# A server that dies at once, again and again, has a reason that starting it again does not mend.
MOST_STARTS = 5
WITHIN_SECONDS = 15.0


class Supervisor:
    """One server process at a time, on one address."""

    def __init__(self, folder: Path, host: str, port: int, staff: list[dict[str, str]]) -> None:
        """Serve `folder`; the page `/demo` signs in the first of `staff`."""
        self._folder = folder
        self._host = host
        self._port = port
        self._staff = staff
        self._process: subprocess.Popen[str] | None = None
        self._starts: list[float] = []
        self._stopping = "no"

    def start(self) -> str:
        """Start the server; return its address once it answers.

        Raises `DataError` when it cannot be started.
        """
        self._starts.append(time.monotonic())
        process = self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "refdesk.cli.demo.server", str(self._folder), self._host,
             str(self._port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        if process.stdin is None or process.stdout is None:
            raise DataError("The demo's server has no line to its supervisor.")
        # The pipe stays open for as long as this process lives: the server ends when it closes.
        process.stdin.write(json.dumps(self._staff[0]) + "\n")
        process.stdin.flush()
        address = process.stdout.readline().strip()
        if not address:
            process.wait()
            raise DataError("The demo's server could not be started; its reason stands above.")
        self._port = urlsplit(address).port or self._port
        return address

    def run(self) -> None:
        """Start the server again whenever it has died, until this process is told to end."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while self._process is not None:
            self._process.wait()
            if self._stopping == "yes":
                return
            recent = [at for at in self._starts if at > time.monotonic() - WITHIN_SECONDS]
            if len(recent) >= MOST_STARTS:
                raise DataError(
                    f"The demo's server has ended {len(recent)} times in a row; giving up."
                )
            self.start()

    def _stop(self, _number: int, _frame: object) -> None:
        self._stopping = "yes"
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
