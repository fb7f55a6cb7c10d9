"""Does refdesk keep its promises while platforms misbehave and it is killed again and again?

    python benchmarks/faults/run.py [--messages 5000] [--readers 200] [--kills 10] [--seconds 100]

Runs the platforms, refdesk and the judge as processes of their own, on a folder of its own. Half of
the kills come at random times, half at named moments (`moments.py`). Prints the judge's JSON line;
exit code 0 when every promise was kept.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from moments import MOMENTS

HERE = Path(__file__).parent
SETTINGS = """\
[limits]
burst = 1000000
per_second = 1000.0

{adapters}
"""
PATIENCE_SECONDS = 60.0
MOMENT_PATIENCE_SECONDS = 10.0


class Process:
    """One of our programs; its first line of output says where it is."""

    def __init__(self, log: Path, *command: object) -> None:
        self._log = log
        self._command = [sys.executable, *map(str, command)]
        self.process: subprocess.Popen[bytes] | None = None
        self.first_line = ""

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=log)
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline().decode().strip()
        if not self.first_line:
            raise SystemExit(f"It did not start:\n{self._log.read_text()}")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None


class Bench:
    """One run."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self._options = options
        self._folder = folder
        self._chance = random.Random(options.seed)
        self._platforms = Process(
            folder / "platforms.log",
            HERE / "platforms.py",
            *("--readers", options.readers, "--messages", options.messages),
            *("--seconds", options.seconds, "--seed", options.seed),
        )
        self._server = Process(folder / "server.log", HERE / "server.py", "--data", folder)
        self._kills: dict[str, int] = {}

    def run(self) -> int:
        self._platforms.start()
        try:
            self._address = json.loads(self._platforms.first_line)["platforms"]
            sections = "\n".join(
                f'[adapters.{name}]\nplatform = "{self._address}"'
                for name in ("plain", "keyed", "polling")
            )
            (self._folder / "refdesk.toml").write_text(SETTINGS.format(adapters=sections))
            self._start_server()
            self._kill_again_and_again()
            self._wait_for_the_end()
            return self._judge()
        finally:
            self._server.end(signal.SIGKILL)
            self._platforms.end(signal.SIGKILL)

    def _start_server(self) -> None:
        self._server.start()
        self._post("/start", {"server": self._server_address()})

    def _server_address(self) -> str:
        return self._server.first_line.rpartition(" ")[2].rstrip("/")

    def _kill_again_and_again(self) -> None:
        for kill in range(self._options.kills):
            due = (kill + 1) / (self._options.kills + 1)
            while self._progress()["asked"] < self._options.messages * due:
                time.sleep(0.05)
            if kill % 2 == 0:
                time.sleep(self._chance.random() * 0.5)
                self._kill("at random")
            else:
                self._kill_at(MOMENTS[kill // 2 % len(MOMENTS)])
            self._start_server()

    def _kill(self, when: str) -> None:
        self._server.end(signal.SIGKILL)
        self._kills[when] = self._kills.get(when, 0) + 1

    def _kill_at(self, moment: str) -> None:
        self._post("/arm", {"pid": self._server.pid, "moment": moment})
        deadline = time.monotonic() + MOMENT_PATIENCE_SECONDS
        while self._progress()["moment"] and time.monotonic() < deadline:
            time.sleep(0.01)
        came = not self._progress()["moment"]
        self._post("/arm", {"pid": 0, "moment": ""})
        self._kill(moment if came else "at random")

    def _wait_for_the_end(self) -> None:
        """Wait until everything is answered, or nothing has happened for a minute."""
        before: dict[str, Any] = {}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            progress = self._progress()
            if progress["all asked"] and progress["answered"] == self._options.messages:
                time.sleep(self._options.linger)  # whatever comes twice has time to come
                return
            if progress != before:
                before, deadline = progress, time.monotonic() + PATIENCE_SECONDS
            time.sleep(0.1)

    def _judge(self) -> int:
        judged = subprocess.run(
            [
                *(sys.executable, str(HERE / "judge.py")),
                *("--platforms", self._address, "--server", self._server_address()),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if not judged.stdout:
            raise SystemExit(judged.stderr)
        print(json.dumps({**json.loads(judged.stdout), "kills": self._kills}))
        return judged.returncode

    def _progress(self) -> dict[str, Any]:
        with urlopen(f"{self._address}/progress", timeout=30) as answer:
            progress: dict[str, Any] = json.load(answer)
            return progress

    def _post(self, path: str, what: dict[str, Any]) -> None:
        body = json.dumps(what).encode()
        request = Request(f"{self._address}{path}", body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=30):
            pass


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=100.0)
    parser.add_argument("--linger", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=4711)
    parser.add_argument("--keep", type=Path, help="keep the folder here")
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True)
        return Bench(options, options.keep).run()
    with tempfile.TemporaryDirectory() as folder:
        return Bench(options, Path(folder)).run()


if __name__ == "__main__":
    sys.exit(main())
