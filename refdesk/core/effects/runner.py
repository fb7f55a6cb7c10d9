"""How are external effects carried out, however often the server dies, and how do readers hear?"""

import asyncio
import math
import random
import time
from collections.abc import Callable, Sequence
from functools import partial

from refdesk.core import hookspecs
from refdesk.core.declarations import declared
from refdesk.core.effects.effects import (
    AttemptResult,
    Effect,
    EffectCall,
    EffectDone,
    EffectRefused,
    EffectRetry,
    Ending,
)
from refdesk.core.effects.rows import (
    Undertaking,
    abandoned,
    anything_due,
    decide,
    follow,
    forget,
    mark_told,
    needing_attention,
    put_off,
    take_due,
    untold,
)
from refdesk.core.effects.rules import Attempted, after_attempt
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.log.parts_json import to_json
from refdesk.core.plugin_context import PluginContext, Surroundings
from refdesk.core.turns.inbox import Inbox
from refdesk.core.turns.triggers import EFFECT, Trigger
from refdesk.errors import ConflictError, DataError, PluginError, RemoteServiceError
from refdesk.logs import get_logger
from refdesk.storage import Database, Transaction

log = get_logger(__name__)
LOOK_SECONDS = 0.25
MOST_AT_ONCE = 20
# An effect whose plugin is not there is looked at again so often, and shown to staff after a while.
ABSENT_SECONDS = 60.0
OVERDUE_SECONDS = 600.0
# What went well is kept for questions of staff, then forgotten: its arguments are a reader's.
KEPT_SECONDS = 7 * 24 * 3600.0


class _Unclear:
    """Nobody knows whether it happened, and the plugin is not to blame."""


_RESULTS = (EffectDone, EffectRetry, EffectRefused, _Unclear)


class Effects:
    """The external effects of one library, as this server sees them."""

    def __init__(
        self,
        database: Database,
        library: str,
        host: PluginHost,
        surroundings: Surroundings,
        inbox: Inbox,
        node: str,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Carry out what the plugins of `host` declare; `node` is this server's name."""
        self._database = database
        self._library = library
        self._host = host
        self._surroundings = surroundings
        self._inbox = inbox
        self._node = node
        self._clock = clock
        self._chance = chance
        self._known = declared(host, hookspecs.register_effects, Effect)
        self._under_way: set[asyncio.Task[None]] = set()
        self._in_hand: set[str] = set()
        self._one_takes = asyncio.Lock()
        self._taking = True
        self._forgotten = 0.0

    async def run(self) -> None:
        """Carry out what is due, until cancelled; an error leaves the attempts under way alone."""
        try:
            while True:
                for one in await self._take(MOST_AT_ONCE - len(self._under_way)):
                    task = asyncio.create_task(self._carry_out(one))
                    self._under_way.add(task)
                    task.add_done_callback(self._under_way.discard)
                await self.tell()
                await self._forget()
                await asyncio.sleep(LOOK_SECONDS)
        except asyncio.CancelledError:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)
            raise

    async def drain(self, seconds: float) -> None:
        """Take up nothing more and wait for the attempts under way, at most so long."""
        self._taking = False
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=seconds)

    async def perform_due(self) -> int:
        """Carry out everything that is due now and tell what came of it; return how many."""
        count = 0
        while taken := await self._take(MOST_AT_ONCE):
            await asyncio.gather(*(self._carry_out(one) for one in taken))
            count += len(taken)
        await self.tell()
        return count

    async def tell(self) -> None:
        """Bring every ending into the turn of its reader, once."""
        while found := await self._database.read(
            lambda tx: untold(tx, self._library, MOST_AT_ONCE)
        ):
            for one in found:
                await self._inbox.trigger(_news(one))
                await self._database.write(partial(mark_told, one=one))

    async def attention(self, most: int = 100) -> Sequence[Undertaking]:
        """Return what staff have to look at: failed, of unknown ending, or long overdue."""
        overdue = self._clock() - OVERDUE_SECONDS
        return await self._database.read(
            lambda tx: needing_attention(tx, self._library, overdue, most)
        )

    def may_repeat(self, one: Undertaking) -> bool:
        """Say whether trying it again cannot do it twice."""
        effect = self._known.get((one.plugin, one.name))
        known = effect is not None and effect.repeatable == "by key"
        return known or one.state != "unknown"

    async def run_again(self, key: str, by: str) -> None:
        """Try a failed or unknown effect again, with its old key.

        Raises `ConflictError` when it is neither, or when it may have happened and the other
        system does not know the key: it would happen twice. Staff settle that one.
        """
        waiting = {one.id: one for one in await self.attention()}
        if key in waiting and not self.may_repeat(waiting[key]):
            raise ConflictError(
                "It may have happened already. Look into the other system, then settle it."
            )
        await self._decide(key, None, by)

    async def settle(self, key: str, ending: Ending, by: str) -> None:
        """Note what a member of staff has found out; the reader is told through the plugin.

        Raises `ConflictError` when it has ended already.
        """
        await self._decide(key, ending, by)

    async def _decide(self, key: str, ending: Ending | None, by: str) -> None:
        now = self._clock()
        decided = await self._database.write(
            lambda tx: decide(tx, self._library, key, ending, by, now)
        )
        if decided is None:
            raise ConflictError("This has been settled already, or runs again.")
        log.info("effect_decided", effect=decided.name, ending=ending or "again", by=by)

    async def _take(self, most: int) -> list[Undertaking]:
        """Take up what is due, and first what servers that have died were doing.

        Also what this one has taken without hearing of it: the line broke during the commit.
        """
        if most <= 0 or not self._taking:
            return []
        async with self._one_takes:
            await self._end_abandoned()
            taken = await self._take_due(most)
            self._in_hand.update(one.id for one in taken)
        return taken

    async def _end_abandoned(self) -> None:
        found = await self._database.read(
            lambda tx: abandoned(tx, self._library, self._node, self._in_hand)
        )
        for one in found:
            log.warning("effect_abandoned", effect=one.name, attempt=one.attempts)
            await self._write_ending(one, self._known.get((one.plugin, one.name)), None)

    async def _take_due(self, most: int) -> list[Undertaking]:
        now = self._clock()
        if not await self._database.read(lambda tx: anything_due(tx, self._library, now)):
            return []  # a look that finds nothing, as nearly all do, disturbs no writer
        return await self._database.write(
            lambda tx: take_due(tx, self._library, self._node, now, most)
        )

    async def _forget(self) -> None:
        """Drop what went well and is old, now and then."""
        now = self._clock()
        if abs(now - self._forgotten) > KEPT_SECONDS / 100:
            self._forgotten = now
            before = now - KEPT_SECONDS
            await self._database.write(lambda tx: forget(tx, self._library, before))

    async def _carry_out(self, one: Undertaking) -> None:
        try:
            await self._attempt(one)
        finally:
            self._in_hand.discard(one.id)

    async def _attempt(self, one: Undertaking) -> None:
        effect = self._known.get((one.plugin, one.name))
        if effect is None or not self._works(one.plugin):
            await self._give_back(one)
            return
        context = PluginContext(one.plugin, "en", self._clock(), self._surroundings)
        call = EffectCall(one.id, one.rid, one.arguments, one.attempts)
        done = await self._host.run(
            one.plugin,
            effect.name,
            _attempt,
            effect,
            call,
            context,
            expected=_RESULTS,
            seconds=effect.seconds,
        )
        attempted = done.value if done else None
        await self._write_ending(
            one, effect, None if isinstance(attempted, _Unclear) else attempted
        )

    def _works(self, plugin: str) -> bool:
        return plugin in self._host.names() and self._host.condition(plugin) == "working"

    async def _give_back(self, one: Undertaking) -> None:
        """Let an effect wait whose plugin is switched off, set aside or gone."""
        log.warning("effect_waits", plugin=one.plugin, effect=one.name)
        until = self._clock() + ABSENT_SECONDS
        await self._write(one, lambda tx: put_off(tx, one, until))

    async def _write_ending(
        self, one: Undertaking, effect: Effect | None, attempted: Attempted
    ) -> None:
        """Write what came of an attempt."""
        repeatable, most = (effect.repeatable, effect.attempts) if effect else ("no", 1)
        following = after_attempt(
            repeatable, most, one.attempts, one.unclear, attempted, self._chance()
        )
        now = self._clock()
        await self._write(one, lambda tx: follow(tx, one, following, now))
        log.info("effect_attempted", effect=one.name, attempt=one.attempts, state=following.state)

    async def _write(self, one: Undertaking, work: Callable[[Transaction], int]) -> None:
        """Write; while nothing can be written, what is known is kept in memory."""
        pause = LOOK_SECONDS
        while True:
            try:
                if await self._database.write(work) == 0:
                    log.warning("effect_overtaken", effect=one.name, attempt=one.attempts)
            except DataError as error:
                log.error("effect_not_written", effect=one.name, problem=type(error).__name__)  # noqa: TRY400 - no texts
                await asyncio.sleep(pause)
                pause = min(pause * 2, ABSENT_SECONDS)
            else:
                return


async def _attempt(
    effect: Effect, call: EffectCall, context: PluginContext
) -> AttemptResult | _Unclear:
    """Try once; what another system answers is understood as it says itself."""
    try:
        result = await effect.perform(call, context)
    except RemoteServiceError as error:
        # After a post that went through, a later call that fails says nothing about that one.
        if error.happened == "unknown" or (error.happened == "nothing" and context.http.posts_done):
            return _Unclear()
        if error.happened == "refused":
            return EffectRefused(str(error), {"status": error.status})
        return EffectRetry(str(error))
    if context.intents:
        raise PluginError("an effect wants something to happen; that is for its `tell`")
    _refuse_unstorable(result)
    return result


def _refuse_unstorable(result: object) -> None:
    """Raise for what no row can hold: here it is the plugin's failure, later nobody's."""
    if isinstance(result, EffectDone | EffectRefused):
        to_json(dict(result.data))
    if isinstance(result, EffectRetry | EffectRefused):
        result.reason.encode()
    if isinstance(result, EffectRetry) and not math.isfinite(result.after_seconds):
        raise PluginError("an effect is to be tried again at no time")


def _news(one: Undertaking) -> Trigger:
    return Trigger(
        key=f"effect:{one.id}:{one.round}",
        account=one.account,
        rid=one.rid,
        plugin=one.plugin,
        name=f"{EFFECT}{one.name}",
        data={
            "key": one.id,
            "ending": one.state,
            "arguments": one.arguments,
            "data": one.data,
            "reason": one.reason,
        },
    )
