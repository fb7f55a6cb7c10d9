"""What do staff see of external effects that went wrong, and what can they do about them?

What a reader has asked for is shown to those who may read the consultation. Supervisors see of all
others that they are there, so that nothing is forgotten, and may decide about them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from refdesk.core.effects.effects import Ending
from refdesk.core.effects.rows import Undertaking
from refdesk.core.effects.runner import Effects
from refdesk.core.log.event_reading import EventReading
from refdesk.core.staff.authorise import StaffActor, authorise, oversees
from refdesk.errors import ConflictError

Word = Literal["done", "not_found", "wrong_state"]


@dataclass(frozen=True, slots=True)
class TroubledEffect:
    """An effect that failed, of unknown ending, or that waits for its plugin.

    `consultation` is empty and `arguments` None for whoever may not read the consultation.
    `again`: what may have happened is not tried again, unless the other system knows the key.
    """

    key: str
    plugin: str
    name: str
    state: str
    reason: str
    attempts: int
    since: float
    again: Literal["possible", "would happen twice"]
    consultation: str = ""
    arguments: Mapping[str, Any] | None = None


class EffectDesk:
    """The staff's view of the effects."""

    def __init__(self, effects: Effects, reading: EventReading) -> None:
        """Look after `effects`."""
        self._effects = effects
        self._reading = reading

    async def attention(self, staff: StaffActor) -> list[TroubledEffect]:
        """Return what this colleague has to see, the oldest first."""
        found = []
        for one in await self._effects.attention():
            reads = await self._may_read(staff, one)
            if reads or oversees(staff):
                found.append(self._shown(one, reads=reads))
        return found

    async def run_again(self, staff: StaffActor, key: str) -> Word:
        """Try a failed or unknown effect again, under its key."""
        return await self._decide(staff, key, None)

    async def settle(self, staff: StaffActor, key: str, ending: Ending) -> Word:
        """Note how it really ended, as somebody has found out; the reader hears of it."""
        return await self._decide(staff, key, ending)

    async def _decide(self, staff: StaffActor, key: str, ending: Ending | None) -> Word:
        waiting = {one.id: one for one in await self._effects.attention()}
        one = waiting.get(key)
        if one is None or not (oversees(staff) or await self._may_read(staff, one)):
            return "not_found"
        try:
            if ending is None:
                await self._effects.run_again(key, staff.name)
            else:
                await self._effects.settle(key, ending, staff.name)
        except ConflictError:
            return "wrong_state"
        return "done"

    async def _may_read(self, staff: StaffActor, one: Undertaking) -> bool:
        consultation = await self._reading.consultation(one.consultation)
        return consultation is not None and (
            authorise(staff, "read_log", consultation) == "allowed"
        )

    def _shown(self, one: Undertaking, *, reads: bool) -> TroubledEffect:
        return TroubledEffect(
            one.id,
            one.plugin,
            one.name,
            one.state,
            one.reason,
            one.attempts,
            one.changed_at,
            "possible" if self._effects.may_repeat(one) else "would happen twice",
            one.consultation if reads else "",
            one.arguments if reads else None,
        )
