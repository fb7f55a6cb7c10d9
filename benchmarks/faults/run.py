"""Does refdesk keep its promises while platforms misbehave and it is killed again and again?

    python benchmarks/faults/run.py [--messages 5000] [--readers 200] [--kills 12] [--seconds 100]
        [--storage postgresql --nodes 2 [--freezes 2] [--database-restarts 1] [--fencing off]]

Runs the platforms, refdesk and the judge as processes of their own, on a folder of its own. Half of
the kills come at random times, half at named moments (`moments.py`). Prints the judge's JSON line;
exit code 0 when every promise was kept. With `--fencing off` it has to be 1.
"""

import argparse
import json
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from deployment import Servers, servers
from moments import MOMENTS
from processes import Process

HERE = Path(__file__).parent
STAFF = "judge"
QUIET_SECONDS = 20.0
MOMENT_PATIENCE_SECONDS = 10.0


class Bench:
    """One run."""

    def __init__(self, options: argparse.Namespace, folder: Path, running: Servers) -> None:
        self._options = options
        self._chance = random.Random(options.seed)
        self._servers = running
        self._platforms = Process(
            folder / "platforms.log",
            HERE / "platforms.py",
            *("--readers", options.readers, "--messages", options.messages),
            *("--seconds", options.seconds, "--seed", options.seed),
        )
        self._password = secrets.token_urlsafe()
        self._done: dict[str, int] = {}

    def run(self) -> int:
        begun = time.monotonic()
        self._platforms.start()
        try:
            self._servers.configure(self._platforms.address)
            self._servers.add_staff(STAFF, self._password)
            for node in self._servers.nodes:
                node.start()
            self._tell_addresses()
            self._disturb()
            self._wait_for_the_end()
            return self._judge(time.monotonic() - begun)
        finally:
            self._platforms.kill()

    def _tell_addresses(self) -> None:
        self._post("/start", {"servers": self._servers.addresses()})

    def _disturb(self) -> None:
        """Do everything bad there is to do, spread over the time in which readers ask."""
        disturbances = [
            "at random" if number % 2 == 0 else MOMENTS[number // 2 % len(MOMENTS)]
            for number in range(self._options.kills)
        ]
        for number in range(self._options.freezes):
            disturbances.insert(2 * number + 1, "freeze")
        for number in range(self._options.database_restarts):
            disturbances.insert(3 * number + 2, "restart of the database")
        for number, kind in enumerate(disturbances, start=1):
            due = self._options.messages * number / (len(disturbances) + 1)
            while self._progress()["asked"] < due:
                time.sleep(0.05)
            self._disturb_by(kind)

    def _disturb_by(self, kind: str) -> None:
        node = self._chance.choice(self._servers.nodes)
        if kind == "freeze":
            self._servers.freeze(node)
        elif kind == "restart of the database":
            self._servers.restart_database()
        else:
            if kind == "at random":
                time.sleep(self._chance.random() * 0.5)
            elif not self._moment_came(kind, node):
                kind = "at random"
            node.kill()
            node.start()
            self._tell_addresses()
        self._done[kind] = self._done.get(kind, 0) + 1

    def _moment_came(self, moment: str, node: Process) -> bool:
        self._post("/arm", {"pid": node.pid, "moment": moment})
        deadline = time.monotonic() + MOMENT_PATIENCE_SECONDS
        while self._progress()["moment"] and time.monotonic() < deadline:
            time.sleep(0.01)
        came = not self._progress()["moment"]
        self._post("/arm", {"pid": 0, "moment": ""})
        return came

    def _wait_for_the_end(self) -> None:
        """Wait until everything is answered, or nothing has happened for a while."""
        before: dict[str, Any] = {}
        deadline = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < deadline:
            progress = self._progress()
            if progress["all asked"] and progress["answered"] == self._options.messages:
                break
            if progress != before:
                before, deadline = progress, time.monotonic() + QUIET_SECONDS
            time.sleep(0.1)
        time.sleep(self._options.linger)  # whatever comes twice has time to come

    def _judge(self, seconds: float) -> int:
        judged = subprocess.run(
            [
                *(sys.executable, str(HERE / "judge.py")),
                *("--platforms", self._platforms.address, "--server", self._servers.addresses()[0]),
                *("--staff", STAFF),
            ],
            env={**os.environ, "REFDESK_BENCH_PASSWORD": self._password},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if not judged.stdout:
            raise SystemExit(judged.stderr)
        run = {
            "storage": self._options.storage,
            "nodes": len(self._servers.nodes),
            "fencing": self._options.fencing,
            "seconds": round(seconds),
            "disturbances": self._done,
        }
        print(json.dumps({**json.loads(judged.stdout), **run}))
        return judged.returncode

    def _progress(self) -> dict[str, Any]:
        with urlopen(f"{self._platforms.address}/progress", timeout=30) as answer:
            progress: dict[str, Any] = json.load(answer)
            return progress

    def _post(self, path: str, what: dict[str, Any]) -> None:
        body = json.dumps(what).encode()
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(f"{self._platforms.address}{path}", body, headers), timeout=30):
            pass


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=100.0)
    parser.add_argument("--linger", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=4711)
    parser.add_argument("--storage", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--freezes", type=int, default=0)
    parser.add_argument("--database-restarts", type=int, default=0)
    parser.add_argument("--fencing", choices=("on", "off"), default="on")
    parser.add_argument("--keep", type=Path, help="keep the folder here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        with servers(folder, options.storage, options.nodes, options.fencing) as running:
            return Bench(options, folder, running).run()


if __name__ == "__main__":
    sys.exit(main())
