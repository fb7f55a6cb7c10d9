"""How does one server tell the others, at once, that there is something new? (LISTEN and NOTIFY.)

Hints are words without content and may get lost: whoever hears one reads the tables. They are sent
apart from every transaction, several at once, since a NOTIFY inside a transaction makes all commits
of the database wait for one another.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from refdesk.errors import StorageError
from refdesk.logs import get_logger
from refdesk.storage.postgresql.connections import Connector
from refdesk.storage.postgresql.failures import asked

log = get_logger(__name__)
# What comes within this time is sent together.
TOGETHER_SECONDS = 0.02
# PostgreSQL's limit for one notification is 8,000 bytes.
LONGEST_PAYLOAD_CHARACTERS = 4_000
SEPARATOR = ","
# A line that is dead without anybody having said so is noticed after so long a silence.
QUIET_SECONDS = 30.0
PAUSE_SECONDS = 1.0


class Hints:
    """One connection that listens and speaks."""

    def __init__(
        self,
        dsn: str,
        channel: str,
        node: str,
        hear: Callable[[list[str]], None],
        missed: Callable[[], None],
    ) -> None:
        """Call `hear` with the words of other nodes, `missed` when some may have got lost."""
        self._connector = Connector(dsn, "write")
        self._channel = channel
        self._node = node
        self._hear = hear
        self._missed = missed
        self._words: set[str] = set()
        self._news = asyncio.Event()

    def tell(self, word: str) -> None:
        """Tell the other nodes soon; a word bears no comma."""
        self._words.add(word)
        self._news.set()

    async def run(self) -> None:
        """Listen and speak until cancelled; a lost connection is made anew."""
        while True:
            try:
                connection = await self._connector.connect()
            except StorageError as error:
                log.warning("hints_without_database", problem=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            try:
                await self._listen(connection)
            except StorageError as error:
                log.warning("hints_interrupted", problem=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
            finally:
                connection.terminate()

    async def _listen(self, connection: Any) -> None:
        lost = asyncio.Event()

        def ended(_connection: Any) -> None:
            lost.set()
            self._news.set()

        connection.add_termination_listener(ended)
        await asked(connection.add_listener(self._channel, self._receive))
        self._missed()
        while not lost.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(QUIET_SECONDS):
                    await self._news.wait()
            await asyncio.sleep(TOGETHER_SECONDS)
            self._news.clear()
            if not lost.is_set():
                await self._speak(connection)
        log.warning("hints_interrupted")

    async def _speak(self, connection: Any) -> None:
        """Tell what is to be told; when that fails, it is told over the next connection."""
        words, self._words = self._words, set()
        try:
            if not words:
                await asked(connection.execute("SELECT 1"))
            for payload in _payloads(self._node, sorted(words)):
                await asked(connection.execute("SELECT pg_notify($1, $2)", self._channel, payload))
        except StorageError:
            self._words |= words
            self._news.set()
            raise

    def _receive(self, _connection: Any, _process: int, _channel: str, payload: str) -> None:
        node, *words = payload.split(SEPARATOR)
        if node != self._node:
            self._hear(words)


def _payloads(node: str, words: list[str]) -> list[str]:
    """Return the words in portions that fit into a notification, each after the node's name."""
    payloads: list[str] = []
    for word in words:
        if payloads and len(payloads[-1]) + len(word) < LONGEST_PAYLOAD_CHARACTERS:
            payloads[-1] += SEPARATOR + word
        else:
            payloads.append(node + SEPARATOR + word)
    return payloads
