"""How is one claimed message sent, part by part, and how is each step written down?"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from refdesk.core.channels.adapter import Adapter
from refdesk.core.channels.capabilities import Capabilities, Health, SendResult
from refdesk.core.channels.degrading import fitted
from refdesk.core.consultations import Event
from refdesk.core.outbox.budgets import LOOK_AGAIN_SECONDS
from refdesk.core.outbox.channel_watch import ChannelWatch
from refdesk.core.outbox.claims import Claim
from refdesk.core.outbox.coalescing import coalesced, may_join
from refdesk.core.outbox.marks import Ending, go_on, keep_form, settle
from refdesk.core.outbox.planning import BUDGET_USED_UP
from refdesk.core.outbox.rules import Moment, again_at, ending
from refdesk.core.outbox.sending_rates import SendingRates
from refdesk.errors import SettingsError, StorageError, VaultError
from refdesk.logs import get_logger
from refdesk.storage import Database, Transaction

log = get_logger(__name__)
Result = TypeVar("Result")
AddressOf = Callable[[str, str], Awaitable[str | None]]
# What has been sent has to be written, however long the disk is full.
STORAGE_PAUSE_SECONDS = 1.0
VAULT_PAUSE_SECONDS = 60.0
SWITCHED_OFF = "this channel is switched off"
NO_ADDRESS = "the reader's address is not known any more"
NO_KEY = "the reader's address cannot be read: the vault's key is missing or wrong"
NOT_ENCODED = "the channel could not say this message"
SENT_FAST = "the channel sends as fast as it may"


async def the_rid_itself(_account: str, rid: str) -> str:
    """Return the rid as the address, for channels without addresses such as the terminal."""
    return rid


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends claims of one library; `told` hears of each consultation whose marks have changed."""

    database: Database
    library: str
    adapters: Mapping[str, Adapter]
    watch: ChannelWatch
    rates: SendingRates
    told: Callable[[str], None]
    clock: Callable[[], float] = time.time
    address_of: AddressOf = the_rid_itself
    jitter: Callable[[], float] = random.random
    storage_pause: float = field(default=STORAGE_PAUSE_SECONDS)

    async def send(self, claim: Claim) -> None:
        """Send the parts that have not arrived yet, in order, and settle the claim."""
        adapter = self.adapters.get(claim.account)
        if adapter is None:
            await self._settle(claim, Ending("failed", SWITCHED_OFF), claim.parts_sent)
            return
        capabilities = adapter.capabilities
        wait = self.rates.reader_wait(claim.account, claim.rid, capabilities)
        if wait > 0:
            await self._settle(claim, self._later(wait), claim.parts_sent)
            return
        try:
            target = await self._stored(lambda: self.address_of(claim.account, claim.rid))
        except (VaultError, SettingsError) as error:
            # The key is missing or wrong. Nothing was sent: it waits until the key is back.
            log.error("address_not_readable", problem=str(error))  # noqa: TRY400 - the words suffice
            await self._settle(claim, self._later(VAULT_PAUSE_SECONDS, NO_KEY), claim.parts_sent)
            return
        payloads = await self._payloads(adapter, claim)
        if target is None or payloads is None:
            reason = NO_ADDRESS if target is None else NOT_ENCODED
            finish = Ending("failed", reason, billing="give back")
            await self._settle(claim, finish, claim.parts_sent)
            return
        await self._send_parts(adapter, claim, target, payloads)

    async def examine(self, adapter: Adapter) -> None:
        """Ask a channel how it is; one that does not say within a send's time is failing."""
        seconds = adapter.capabilities.send_seconds
        try:
            async with asyncio.timeout(seconds):
                health = await adapter.health()
        except TimeoutError:
            health = Health("failing", f"no answer within {seconds:g} seconds")
        except Exception as error:  # the border of adapters
            health = Health("failing", type(error).__name__)
        own = type(adapter).health is not Adapter.health
        self.watch.examined(adapter.account, health, "asked" if own else "default")

    async def _send_parts(
        self, adapter: Adapter, claim: Claim, target: str, payloads: Sequence[Any]
    ) -> None:
        result = SendResult("accepted")
        arrived = claim.parts_sent
        while arrived < len(payloads):
            key = f"{claim.keys[0]}.{arrived}"
            result = await _call(adapter, target, payloads[arrived], key)
            if result.result not in ("accepted", "delivered"):
                break
            self.watch.sent(claim.account)
            arrived += 1
            if arrived < len(payloads):
                stop = await self._may_go_on(adapter.capabilities, claim, arrived)
                if stop is not None:
                    if stop.state != "sending":
                        await self._settle(claim, stop, arrived)
                    return
        moment = Moment(self.clock(), self.jitter())
        self._note(claim, result, moment)
        finish = ending(result, claim.attempts, adapter.capabilities, moment)
        await self._settle(claim, finish, arrived)

    async def _payloads(self, adapter: Adapter, claim: Claim) -> list[Any] | None:
        """Return everything to be sent; in a shorter form where the budget is tight."""
        event = coalesced(claim.events, adapter.capabilities)
        if claim.form == "short":
            return _encoded(adapter, fitted(event, adapter.capabilities))
        payloads = _encoded(adapter, event)
        fresh = claim.parts_sent == 0 and may_join(event.sender)
        if payloads and fresh and claim.left is not None and len(payloads) > claim.left + 1:
            shorter = _encoded(adapter, fitted(event, adapter.capabilities))
            if shorter and len(shorter) < len(payloads):
                await self._write(lambda tx: keep_form(tx, claim, "short"))
                return shorter
        return payloads

    async def _may_go_on(
        self, capabilities: Capabilities, claim: Claim, arrived: int
    ) -> Ending | None:
        """Remember what has arrived and count the next part; return why to stop, if so.

        The state "sending" in it says that the claim was lost: nothing is left to write.
        """
        now = self.clock()
        until = now + lease_seconds(capabilities)
        said = await self._write(
            lambda tx: go_on(tx, self.library, claim, arrived, capabilities, until, now)
        )
        if said == "lost":
            log.warning("claim_lost", account=claim.account, outbox=claim.keys[0])
            return Ending("sending")
        if said == "nothing left":
            until = now + LOOK_AGAIN_SECONDS
            return Ending("queued", BUDGET_USED_UP, until, "not counted")
        wait = max(
            self.rates.account_wait(claim.account, capabilities),
            self.rates.reader_wait(claim.account, claim.rid, capabilities),
        )
        return self._later(wait) if wait > 0 else None

    def _later(self, wait: float, why: str = SENT_FAST) -> Ending:
        return Ending("queued", why, self.clock() + wait, "not counted", "give back")

    def _note(self, claim: Claim, result: SendResult, moment: Moment) -> None:
        """Let the watch over the channel know what the platform said."""
        account, reason = claim.account, result.reason or result.result
        if result.result == "auth":
            self.watch.stop(account, reason)
        elif result.result in ("retry", "unknown"):
            self.watch.failed(account, reason)
            if result.holds == "account":
                self.watch.hold(account, again_at(result, claim.attempts, moment))
        elif result.result not in ("accepted", "delivered"):
            self.watch.answered(account)

    async def _settle(self, claim: Claim, finish: Ending, parts_sent: int) -> None:
        adapter = self.adapters.get(claim.account)
        capabilities = adapter.capabilities if adapter else Capabilities()
        written = await self._write(
            lambda tx: settle(
                tx, self.library, claim, finish, parts_sent, capabilities, self.clock()
            )
        )
        for key in claim.keys:
            log.info(
                "outbox",
                account=claim.account,
                outbox=key,
                state=finish.state if written == "written" else "claim lost",
                reason=finish.reason,
                attempts=claim.attempts,
            )
        for consultation in {event.consultation for event in claim.events}:
            self.told(consultation)

    async def _write(self, work: Callable[[Transaction], Result]) -> Result:
        return await self._stored(lambda: self.database.write(work))

    async def _stored(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        """Do what needs the database; while it cannot be reached, try again."""
        while True:
            try:
                return await attempt()
            except StorageError as error:
                log.error("outbox_not_written", problem=str(error))  # noqa: TRY400 - the words suffice
                await asyncio.sleep(self.storage_pause)


def lease_seconds(capabilities: Capabilities) -> float:
    """Return for how long a claim is held: a send and what has to be written about it."""
    return 3 * capabilities.send_seconds + 30.0


async def _call(adapter: Adapter, target: str, payload: Any, key: str) -> SendResult:
    """Send one payload; whatever goes wrong in there is an unknown result."""
    seconds = adapter.capabilities.send_seconds
    try:
        async with asyncio.timeout(seconds):
            result: object = await adapter.send(target, payload, key)
    except TimeoutError:
        return SendResult("unknown", reason=f"no answer within {seconds:g} seconds")
    except Exception as error:  # the border of adapters
        problem = type(error).__name__
        log.exception("adapter_send_failed", account=adapter.account, problem=problem)
        return SendResult("unknown", reason=problem)
    if not isinstance(result, SendResult):
        return SendResult("unknown", reason=f"send returned {type(result).__name__}")
    return result


def _encoded(adapter: Adapter, event: Event) -> list[Any] | None:
    """Return the payloads of an event; None when the adapter cannot say it."""
    try:
        return list(adapter.encode(event))
    except Exception as error:  # the border of adapters
        problem = type(error).__name__
        log.exception("adapter_encode_failed", account=adapter.account, problem=problem)
        return None
