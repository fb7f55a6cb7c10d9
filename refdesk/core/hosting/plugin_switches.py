"""Which plugins are switched off, for good and on every server?

The table holds what is off; a row less means on. Whoever changes it (a command, the desk, another
server) is followed within a second. What refdesk.toml disables is not even loaded and is no matter
of this table.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import Field, SQLModel

from refdesk.core.hosting.plugin_host import PluginHost, Position
from refdesk.errors import RefusedError
from refdesk.storage import Database, Transaction, prepare

FOLLOW_SECONDS = 0.5
# Without these nobody could ask for a person, or switch anything on again.
INDISPENSABLE = {
    "handoff": "Readers must always be able to ask for a person.",
    "desk": "The librarians' pages cannot switch themselves off.",
}


class PluginSwitchRow(SQLModel, table=True):
    """One plugin that is off for one channel account; `account` empty: for all of them."""

    __tablename__ = "plugin_switch"
    library: str = Field(primary_key=True)
    plugin: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    switched_at: float
    switched_by: str


_S: Any = PluginSwitchRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_OFF = prepare(upsert(_S).on_conflict_do_nothing())
_ON = prepare(
    delete(_S).where(
        _S.c.library == bindparam("library"),
        _S.c.plugin == bindparam("plugin"),
        _S.c.account == bindparam("account"),
    )
)
_ALL = prepare(select(_S.c.plugin, _S.c.account).where(_S.c.library == bindparam("library")))
Off = frozenset[tuple[str, str]]


def switched_off(tx: Transaction, library: str) -> Off:
    """Return what is off: pairs of plugin and channel account, "" for all accounts."""
    return frozenset((row["plugin"], row["account"]) for row in tx.all(_ALL, library=library))


class PluginSwitches:
    """The switches of one library."""

    def __init__(
        self, database: Database, library: str, clock: Callable[[], float] = time.time
    ) -> None:
        """Keep them in `database`."""
        self._database = database
        self._library = library
        self._clock = clock

    async def turn(self, plugin: str, position: Position, account: str, by: str) -> None:
        """Switch for good; `by` is the name of the colleague, or `command line`.

        Raises `RefusedError` for a plugin without which the desk would not work.
        """
        await self._database.write(self._change(plugin, position, account, by))

    def turn_blocking(self, plugin: str, position: Position, account: str, by: str) -> None:
        """Do the same from a command."""
        self._database.write_blocking(self._change(plugin, position, account, by))

    def off_blocking(self) -> Off:
        """Return what is off, from a command."""
        return self._database.read_blocking(lambda tx: switched_off(tx, self._library))

    def begin(self, host: PluginHost) -> None:
        """Let a host that has just been made begin where the switches stand."""
        host.begin_off(self.off_blocking())

    async def apply(self, host: PluginHost) -> None:
        """Bring the plugins of `host` to where the switches stand."""
        wanted = await self._database.read(lambda tx: switched_off(tx, self._library))
        names = host.names()
        now: Off = frozenset((name, one) for name in names for one in host.off_accounts(name))
        for plugin, account in sorted(now - wanted):
            await host.switch(plugin, "on", account)
        for plugin, account in sorted(wanted - now):
            if plugin in names:  # another server may have others
                await host.switch(plugin, "off", account)

    async def follow(self, host: PluginHost) -> None:
        """Do that again and again."""
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            await self.apply(host)

    def _change(
        self, plugin: str, position: Position, account: str, by: str
    ) -> Callable[[Transaction], int]:
        if position == "off" and plugin in INDISPENSABLE:
            raise RefusedError(f"{plugin} stays on. {INDISPENSABLE[plugin]}")
        key = {"library": self._library, "plugin": plugin, "account": account}
        if position == "on":
            return lambda tx: tx.run(_ON, **key)
        at = self._clock()
        return lambda tx: tx.run(_OFF, **key, switched_at=at, switched_by=by)
