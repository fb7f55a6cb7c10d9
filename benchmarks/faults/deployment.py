"""Which servers of refdesk run for the bench, on which database?"""

import base64
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from processes import Process

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.postgres_server import OwnServer, own_server  # noqa: E402 - found by the line above

SETTINGS = """\
[limits]
burst = 1000000
per_second = 1000.0
address_burst = 1000000
# A server that is frozen in the middle of an answer shall still have it when it goes on.
[plugins]
deadline_seconds = 20
{storage}
[adapters.plain]
platform = "{platforms}"
[adapters.keyed]
platform = "{platforms}"
[adapters.polling]
platform = "{platforms}"
"""
ON_POSTGRESQL = """\
[storage]
engine = "postgresql"
dsn = {{ file = "{folder}/dsn" }}
[vault]
key = {{ file = "{folder}/vault" }}
"""
# Longer than the silence after which other servers take over.
FROZEN_SECONDS = 8.0
DATABASE_GONE_SECONDS = 3.0


class Servers:
    """One server on a SQLite file, or several on one PostgreSQL database."""

    def __init__(
        self, folder: Path, nodes: int, fencing: Literal["on", "off"], database: OwnServer | None
    ) -> None:
        self._database = database
        self._folder = folder
        self._fencing = fencing
        self.nodes = [
            Process(
                folder / f"server-{number}.log",
                *(HERE / "server.py", "--data", folder / f"node-{number}", "--fencing", fencing),
            )
            for number in range(nodes)
        ]

    def configure(self, platforms: str) -> None:
        """Write everybody's settings."""
        storage = ""
        if self._database is not None:
            (self._folder / "dsn").write_text(self._database.empty_database())
            (self._folder / "vault").write_text(base64.b64encode(secrets.token_bytes(32)).decode())
            storage = ON_POSTGRESQL.format(folder=self._folder)
        for number in range(len(self.nodes)):
            folder = self._folder / f"node-{number}"
            folder.mkdir()
            settings = SETTINGS.format(storage=storage, platforms=platforms)
            (folder / "refdesk.toml").write_text(settings)

    def add_staff(self, name: str, password: str) -> None:
        """Make an account for the judge, as an administrator would."""
        folder = self._folder / "node-0"
        command = ["-m", "refdesk", "staff", "add", name, "--role", "administrator"]
        subprocess.run(
            [sys.executable, *command, "--password-stdin", "--data", str(folder)],
            input=password,
            text=True,
            check=True,
            capture_output=True,
        )

    def addresses(self) -> list[str]:
        return [node.address for node in self.nodes]

    def freeze(self, node: Process) -> None:
        """Stop a server for longer than its lease; it goes on where it was."""
        node.send(signal.SIGSTOP)
        time.sleep(FROZEN_SECONDS)
        node.send(signal.SIGCONT)

    def restart_database(self) -> None:
        """Crash the database server; start it again after a while."""
        assert self._database is not None
        self._database.stop()
        time.sleep(DATABASE_GONE_SECONDS)
        self._database.start()

    def kill(self) -> None:
        for node in self.nodes:
            node.kill()


@contextmanager
def servers(
    folder: Path, storage: str, nodes: int, fencing: Literal["on", "off"]
) -> Iterator[Servers]:
    """Give the servers, not started yet."""
    if storage == "sqlite":
        made = Servers(folder, 1, fencing, None)
        try:
            yield made
        finally:
            made.kill()
        return
    with own_server() as database:
        made = Servers(folder, nodes, fencing, database)
        try:
            yield made
        finally:
            made.kill()
