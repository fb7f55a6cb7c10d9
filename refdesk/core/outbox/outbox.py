"""How do replies reach a platform that has to be called, each at least once and in order?

A row is marked `sending` before the call and gets the platform's verdict after it. What was on its
way when a server ended is sent again only where the platform drops repeats; elsewhere it becomes
`unknown`, for staff to see (docs/explanation/delivery.md).
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Literal

from sqlalchemy import bindparam, text, update

from refdesk.core.channels.adapter import Adapter
from refdesk.core.channels.capabilities import Capabilities
from refdesk.core.consultations import Consultation, Event
from refdesk.core.effects.clock_steps import ClockSteps
from refdesk.core.log.live import ALL, Live
from refdesk.core.outbox.channel_watch import ChannelWatch
from refdesk.core.outbox.claims import Claim, Claimant, GivenUp, claim_due, due_accounts
from refdesk.core.outbox.marks import recover
from refdesk.core.outbox.planning import BUDGET_USED_UP
from refdesk.core.outbox.rules import LONGEST_PAUSE_SECONDS
from refdesk.core.outbox.sending import AddressOf, Sender, lease_seconds, the_rid_itself
from refdesk.core.outbox.sending_rates import SendingRates
from refdesk.core.outbox.statistics import SendingStatistics, last_inbound, statistics
from refdesk.core.outbox.tables import OutboxRow
from refdesk.core.turns.leases import Lease
from refdesk.errors import ConstraintError
from refdesk.logs import get_logger
from refdesk.loops import running_loop
from refdesk.storage import Database, prepare

log = get_logger(__name__)
_O: Any = OutboxRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
# Retries become due without news, and other servers queue without telling this one.
POLL_SECONDS = 1.0
SWEEP_SECONDS = 5.0
HEALTH_SECONDS = 30.0
# So long a stopping server waits for what is on its way.
GOODBYE_SECONDS = 10.0

_RELEASE = prepare(
    update(_O)
    .where(
        *(_O.c[name] == bindparam(f"of_{name}") for name in ("library", "account", "rid")),
        text("outbox.state = 'queued'"),
        _O.c.reason == BUDGET_USED_UP,
    )
    .values(next_try=bindparam("now"))
)
_DUE_AGAIN = prepare(
    update(_O)
    .where(
        _O.c.library == bindparam("of_library"),
        text("outbox.state = 'queued'"),
        _O.c.next_try > bindparam("latest"),
    )
    .values(next_try=bindparam("now"))
)


class Outbox:
    """Sends what has been queued, one message of a reader and account at a time."""

    def __init__(
        self,
        database: Database,
        library: str,
        live: Live,
        adapters: Mapping[str, Adapter],
        clock: Callable[[], float] = time.time,
        *,
        lease: Lease | None = None,
        address_of: AddressOf = the_rid_itself,
        watch: ChannelWatch | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Send through `adapters`, which are found by account, to where `address_of` says."""
        self._database = database
        self._library = library
        self._adapters = adapters
        self._clock = clock
        self._monotonic = monotonic
        self._lease = lease or Lease()
        self.watch = watch or ChannelWatch(clock)
        self._rates = SendingRates(monotonic)
        self._sender = Sender(
            database, library, adapters, self.watch, self._rates, self._tell, clock, address_of,
            jitter,
        )  # fmt: skip
        self._clock_steps = ClockSteps(clock, monotonic)
        self._counted_from = 0.0
        self._news = asyncio.Event()
        self._tasks: dict[asyncio.Task[None], Claim] = {}
        self._heard: set[tuple[str, str]] = set()
        self._listeners: set[Callable[[str], None]] = set()
        self._stop_listening = live.listen(ALL, self._hear)

    async def run(self) -> None:
        """Send until cancelled; what is on its way then may still arrive."""
        next_sweep = next_health = self._monotonic()
        self._news.set()
        try:
            while True:
                if self._monotonic() >= next_sweep:
                    await self.recover()
                    await self.look_at_the_clock()
                    next_sweep = self._monotonic() + SWEEP_SECONDS
                if self._monotonic() >= next_health:
                    await self.examine()
                    next_health = self._monotonic() + HEALTH_SECONDS
                await self._start_due()
                await self._wait_for_work()
        except asyncio.CancelledError:
            await self._finish_what_is_under_way()
            raise

    async def recover(self) -> int:
        """Take up what was on its way when its server ended; return how many rows.

        What this one is sending stays its own, however long the disk is full or the clock is set.
        """
        in_hand = {claim.token for claim in self._tasks.values()}
        keyed = {
            account: adapter.capabilities.idempotent_send == "by key"
            for account, adapter in self._adapters.items()
        }
        found = await self._database.write(
            lambda tx: recover(tx, self._library, self._lease, keyed, in_hand, self._clock())
        )
        for one in found:
            log.warning("outbox_recovered", account=one.account, outbox=one.key, state=one.state)
            self._tell(one.consultation)
        return len(found)

    async def look_at_the_clock(self) -> None:
        """When the clock was set back, let nothing wait for a time that is now far away.

        What waits longer than any pause of ours may have been told so by its platform: it is tried
        once too early, and told again.
        """
        now = self._clock_steps.look()
        if self._clock_steps.counted_from == self._counted_from:
            return
        latest = now + LONGEST_PAUSE_SECONDS
        await self._database.write(
            lambda tx: tx.run(_DUE_AGAIN, of_library=self._library, latest=latest, now=now)
        )
        self._counted_from = self._clock_steps.counted_from
        self._news.set()

    async def examine(self) -> None:
        """Ask every channel how it is."""
        for account, adapter in self._adapters.items():
            capabilities = adapter.capabilities
            failures, silence = (
                capabilities.failures_before_alert,
                capabilities.expects_inbound_seconds,
            )
            self.watch.follow(account, failures, silence)
            await self._sender.examine(adapter)
            if self.watch.is_silent(account):
                await self._ask_for_inbound(account)

    async def _ask_for_inbound(self, account: str) -> None:
        """Another server may have heard what this one has not."""
        at = await self._database.read(lambda tx: last_inbound(tx, self._library, account))
        if at is not None:
            self.watch.heard(account, at)

    async def statistics(self) -> list[SendingStatistics]:
        """Return how sending goes, for each account that is called."""
        called = [
            account
            for account, adapter in self._adapters.items()
            if adapter.capabilities.delivery == "outbox"
        ]
        return await self._database.read(
            lambda tx: statistics(tx, self._library, called, self.watch, self._clock())
        )

    async def send_due(self) -> None:
        """Send everything that is due now, and what becomes due by that."""
        while await self._start_due() == "something":
            if self._tasks:
                await asyncio.wait(self._tasks)

    async def break_off(self) -> None:
        """End as in a crash: what is on its way is not waited for. (Tests of restarts do this.)"""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def listen(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Call `listener` with each consultation whose marks change, until the result is called."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def touched(self, consultation: str) -> None:
        """Look for work at once, and tell whoever listens: staff have done something."""
        self._news.set()
        self._tell(consultation)

    def abandon(self) -> None:
        """Let go of what is on its way without a word, as a crash does."""
        for task in self._tasks:
            task.cancel()

    async def _start_due(self) -> Literal["something", "nothing"]:
        """Start sending what may be sent now; say whether there was, or still is, something."""
        await self._release()
        now = self._clock()
        accounts = await self._database.read(lambda tx: due_accounts(tx, self._library, now))
        in_flight = Counter(claim.account for claim in self._tasks.values())
        found = [await self._start_account(one, in_flight[one], now) for one in accounts]
        return "something" if self._tasks or any(found) else "nothing"

    async def _start_account(self, account: str, in_flight: int, now: float) -> int:
        """Return how many were claimed or given up."""
        adapter = self._adapters.get(account)
        capabilities = adapter.capabilities if adapter else Capabilities()
        room = self.watch.room(account, capabilities.sends_at_once - in_flight)
        tokens = self._rates.take(account, capabilities, max(room, 0))
        if tokens == 0:
            return 0
        claimant = Claimant(self._library, self._lease.node, lease_seconds(capabilities))
        claimed: list[Claim | GivenUp] = []
        try:
            claimed = await self._database.write(
                lambda tx: claim_due(tx, claimant, account, capabilities, now, tokens)
            )
        except ConstraintError:
            log.info("outbox_lane_taken", account=account)  # another server was faster
        claims = [one for one in claimed if isinstance(one, Claim)]
        self._rates.give_back(account, capabilities, tokens - len(claims))
        for claim in claims:
            self._start(claim)
        for one in claimed:
            if isinstance(one, GivenUp):
                self._note_given_up(account, one)
        return len(claimed)

    def _note_given_up(self, account: str, given_up: GivenUp) -> None:
        for key in given_up.keys:
            log.warning(
                "outbox", account=account, outbox=key, state="failed", reason=given_up.reason
            )
            self._tell(key.rpartition(".")[0])

    def _start(self, claim: Claim) -> None:
        log.debug("outbox", account=claim.account, outbox=claim.keys[0], state="sending")
        self._tell(claim.consultation)
        task = running_loop().create_task(self._sender.send(claim))
        self._tasks[task] = claim
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._news.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("outbox_task_failed", problem=type(error).__name__, exc_info=error)

    async def _release(self) -> None:
        """Let what waited for a reader be looked at again: they have written."""
        heard, self._heard = self._heard, set()
        for account, rid in heard:
            await self._database.write(
                lambda tx, account=account, rid=rid: tx.run(  # type: ignore[misc]  # bound at once
                    _RELEASE,
                    of_library=self._library,
                    of_account=account,
                    of_rid=rid,
                    now=self._clock(),
                )
            )

    def _hear(self, consultation: Consultation | None, events: tuple[Event, ...]) -> None:
        """Wake up for what a platform has to be sent; most channels show the log themselves."""
        if consultation is None:
            return
        account = consultation.account
        adapter = self._adapters.get(account)
        if adapter is not None and adapter.capabilities.delivery == "event log":
            return
        if adapter is not None and adapter.capabilities.budgets():
            self._heard.add((account, consultation.rid))
        if events or self._heard:
            self._news.set()

    def _tell(self, consultation: str) -> None:
        for listener in tuple(self._listeners):
            listener(consultation)

    async def _wait_for_work(self) -> None:
        """Return on news, and every second."""
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._news.wait()
        except TimeoutError:
            return
        finally:
            self._news.clear()

    async def _finish_what_is_under_way(self) -> None:
        if self._tasks:
            _done, late = await asyncio.wait(self._tasks, timeout=GOODBYE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
