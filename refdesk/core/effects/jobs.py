"""How does a scheduled job run once per due time, whatever the number of servers?"""

import asyncio
import time
from collections.abc import Callable
from types import NoneType
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from refdesk.core import hookspecs
from refdesk.core.declarations import declared
from refdesk.core.effects.job_times import Job, due, newest_due
from refdesk.core.effects.undertaking_tables import JobRow
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.intents import WriteRow
from refdesk.core.plugin_context import PluginContext, Surroundings
from refdesk.core.tables import NodeRow
from refdesk.errors import ConstraintError, StorageError
from refdesk.logs import get_logger
from refdesk.storage import Database, Row, Transaction, prepare

log = get_logger(__name__)
LOOK_SECONDS = 5.0
# What could not be written, since the disk was full, is run for again so much later.
AGAIN_SECONDS = 60.0
_J: Any = JobRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_N: Any = NodeRow.__table__  # type: ignore[attr-defined]
_OURS = (_J.c.library == bindparam("key_library"), _J.c.name == bindparam("key_name"))
_KNOW = prepare(upsert(_J).on_conflict_do_nothing())
_ALL = prepare(select(_J).where(_J.c.library == bindparam("library")))
# Free is one that nobody else runs; where a server has died on it, it is run for again.
_FREE = or_(
    _J.c.done >= _J.c.taken,
    _J.c.node == bindparam("me"),
    _J.c.node.not_in(select(_N.c.id)),
)
_TAKE = prepare(
    update(_J)
    .where(*_OURS, _J.c.taken == bindparam("seen"), _FREE)
    .values(taken=bindparam("due"), node=bindparam("me"))
)
_DONE = prepare(
    update(_J)
    .where(*_OURS, _J.c.taken == bindparam("due"), _J.c.node == bindparam("me"))
    .values(done=bindparam("due"))
)


class Jobs:
    """The scheduled jobs of one library's plugins, as this server runs them."""

    def __init__(
        self,
        database: Database,
        library: str,
        host: PluginHost,
        surroundings: Surroundings,
        node: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Run what the plugins of `host` declare; `node` is this server's name."""
        self._database = database
        self._library = library
        self._host = host
        self._surroundings = surroundings
        self._node = node
        self._clock = clock
        self._failed_at: dict[str, float] = {}
        self._jobs = declared(host, hookspecs.register_jobs, Job)

    async def run(self) -> None:
        """Run what is due, until cancelled."""
        while self._jobs:
            await self.run_due()
            await asyncio.sleep(LOOK_SECONDS)

    async def run_due(self) -> list[str]:
        """Run every job that is due now, one after the other; return their names.

        A job that nobody has seen before is due at its next time, not now.
        """
        now, zone = self._clock(), self._surroundings.zone
        known = await self._known()
        done = []
        for (plugin, job_name), job in self._jobs.items():
            name = f"{plugin}/{job_name}"
            row = known.get(name)
            if row is None:
                await self._know(name, newest_due(job, now, zone))
                continue
            # What is not finished, since a server has died on it or the disk was full, is run for
            # the same due time again.
            failed = abs(now - self._failed_at.get(name, float("-inf"))) < AGAIN_SECONDS
            again = row["done"] < row["taken"] and not failed
            at = due(job, row["taken"], now, zone) or (row["taken"] if again else None)
            if at is not None and await self._take(name, row["taken"], at):
                await self._run_one(plugin, name, job, at)
                done.append(name)
        return done

    async def _known(self) -> dict[str, Row]:
        rows = await self._database.read(lambda tx: tx.all(_ALL, library=self._library))
        return {row["name"]: row for row in rows}

    async def _know(self, name: str, at: float) -> None:
        values = {"library": self._library, "name": name, "taken": at, "done": at, "node": None}
        await self._database.write(lambda tx: tx.run(_KNOW, **values))

    async def _take(self, name: str, seen: float, at: float) -> bool:
        """Take up a due time; false when another server was faster."""
        taken = await self._database.write(
            lambda tx: tx.run(
                _TAKE, key_library=self._library, key_name=name, seen=seen, due=at, me=self._node
            )
        )
        return taken == 1

    async def _run_one(self, plugin: str, name: str, job: Job, at: float) -> None:
        context = PluginContext(plugin, "en", self._clock(), self._surroundings)
        ran = await self._host.run(
            plugin, job.name, job.handler, context, expected=NoneType, seconds=job.seconds
        )
        rows = [one for one in context.intents if isinstance(one, WriteRow)]
        if len(rows) < len(context.intents):
            log.warning("job_wants_a_reader", plugin=plugin, job=job.name)

        def unit(tx: Transaction) -> None:
            for row in rows if ran else ():
                tx.run(row.statement, **row.values)
            tx.run(_DONE, key_library=self._library, key_name=name, due=at, me=self._node)

        try:
            await self._database.write(unit)
        except StorageError as error:
            self._failed_at[name] = self._clock()
            log.error("job_not_written", job=job.name, problem=type(error).__name__)  # noqa: TRY400 - no texts
        except ConstraintError as error:
            log.error("job_refused", job=job.name, problem=type(error).__name__)  # noqa: TRY400 - no texts
            rows.clear()
            await self._database.write(unit)
        else:
            log.info("job_ran", plugin=plugin, job=job.name, ended="well" if ran else "badly")
