"""How is a connection to PostgreSQL opened, and how long is it tried?"""

import asyncio
import random
import time
from typing import Any, Literal

import asyncpg

from refdesk.errors import StorageError
from refdesk.storage.postgresql.failures import WRONG_DSN, MisconfiguredError, asked

Purpose = Literal["write", "read", "migrate"]

CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 30.0
# Work under way waits so long for a server that restarts; what comes after that fails at once.
PATIENCE_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 1.0
STATEMENTS_KEPT = 1024

_SETTINGS = {
    "application_name": "refdesk",
    "timezone": "UTC",
    # Stronger than a server whose default trades durability for speed.
    "synchronous_commit": "on",
    "jit": "off",
}
_BY_PURPOSE: dict[Purpose, dict[str, str]] = {
    "write": {
        "default_transaction_isolation": "serializable",
        "statement_timeout": f"{STATEMENT_SECONDS:.0f}s",
        "lock_timeout": "5s",
        # A node that hangs inside a transaction must not hold its locks for ever.
        "idle_in_transaction_session_timeout": "10s",
        # A sequential scan of a small table counts as reading all of it: every two nodes that
        # write would then be in each other's way.
        "enable_seqscan": "off",
    },
    "read": {
        "default_transaction_isolation": "repeatable read",
        "default_transaction_read_only": "on",
        "statement_timeout": f"{STATEMENT_SECONDS:.0f}s",
        # Who reads holds no locks, and may build an index between two statements.
        "idle_in_transaction_session_timeout": "600s",
    },
    # The server ends what takes too long; the second of two nodes waits for the first.
    "migrate": {"lock_timeout": "300s", "statement_timeout": "600s"},
}


async def connect(dsn: str, purpose: Purpose) -> Any:
    """Open a connection to the primary server, once; raises `StorageError`."""
    try:
        return await asked(
            asyncpg.connect(
                dsn,
                timeout=CONNECT_SECONDS,
                command_timeout=None if purpose == "migrate" else STATEMENT_SECONDS + 5,
                statement_cache_size=STATEMENTS_KEPT,
                max_cached_statement_lifetime=0,
                server_settings=_SETTINGS | _BY_PURPOSE[purpose],
                # Of several hosts in the dsn; a standby may show what was never committed.
                target_session_attrs="primary",
            )
        )
    except (ValueError, OverflowError):
        raise MisconfiguredError(WRONG_DSN) from None


class Connector:
    """Opens connections for one purpose, with patience while the server restarts."""

    def __init__(
        self, dsn: str, purpose: Purpose, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        """Connect to `dsn`."""
        self._patience_seconds = patience_seconds
        self._dsn = dsn
        self._purpose: Purpose = purpose
        self._down = False

    async def connect(self) -> Any:
        """Return a new connection; raises `StorageError` when there is none after a while.

        Once that has happened, one attempt is made for each asker until it succeeds.
        """
        deadline = time.monotonic() + (0.0 if self._down else self._patience_seconds)
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                connection = await connect(self._dsn, self._purpose)
            except StorageError as error:
                self._down = True
                if isinstance(error, MisconfiguredError) or time.monotonic() + pause > deadline:
                    raise
                await asyncio.sleep(random.uniform(0.5, 1.0) * pause)  # noqa: S311 - no secret
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            else:
                self._down = False
                return connection


def new_loop() -> asyncio.AbstractEventLoop:
    """Return an event loop for a thread of its own, uvloop's where it is installed."""
    try:
        import uvloop  # noqa: PLC0415 - not on every system
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
