"""What does the real server cost: a durable round trip, an idle reader, a start?

    python benchmarks/web_chat.py round|idle|start [--rounds 3]

Starts `refdesk serve` on a folder of its own, drives it from another process over loopback, and
prints one JSON line a round. CPU is the server's own, user and system.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from web_chat_client import cpu_seconds, resident_kib

HERE = Path(__file__).parent
LIMITS = "[limits]\nburst = 1000000\nper_second = 100000.0\n"


def start(folder: Path) -> tuple[subprocess.Popen, int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "refdesk", "serve", "--data", str(folder), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    line = process.stdout.readline()
    return process, int(line.rstrip().rstrip("/").rsplit(":", 1)[1])


def stop(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(20)


def client(*words: object) -> dict:
    done = subprocess.run(
        [sys.executable, str(HERE / "web_chat_client.py"), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def cpu_and_memory(pid: int) -> dict:
    return {"cpu_s": cpu_seconds(pid), "resident_mib": round(resident_kib(pid) / 1024, 1)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["round", "idle", "start"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--text", default="thanks")
    parser.add_argument("--import", dest="entries", default="", help="entries to import first")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = hard if hard != resource.RLIM_INFINITY else 65536
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "data"
        folder.mkdir()
        (folder / "refdesk.toml").write_text(LIMITS)
        stop(start(folder)[0])  # the first start makes database and index
        if options.entries:
            command = [sys.executable, "-m", "refdesk", "kb", "import", options.entries]
            subprocess.run([*command, "--data", str(folder)], check=True, stdout=subprocess.DEVNULL)
        for number in range(options.rounds):
            process, port = start(folder)
            try:
                if options.what == "round":
                    connections = options.connections or 100
                    seconds, text = options.seconds, options.text
                    result = client("round", port, connections, seconds, process.pid, text)
                elif options.what == "idle":
                    result = client("idle", port, options.connections or 5000, process.pid)
                else:
                    result = cpu_and_memory(process.pid)
                result.update(what=options.what, round=number, load=round(os.getloadavg()[0], 2))
                sys.stdout.write(json.dumps(result) + "\n")
                sys.stdout.flush()
            finally:
                stop(process)
            time.sleep(0.2)


if __name__ == "__main__":
    main()
