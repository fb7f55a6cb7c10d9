"""How does the plugin talk with the room system?

It knows a reader only as `holder`, a name that nobody can lead back to them.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from refdesk import Consultation, EffectCall, EffectDone, PluginContext
from refdesk.errors import RemoteServiceError

Booking = dict[str, Any]


class RoomSettings(BaseModel):
    """Section `[plugins.room_booking]`."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field("", description="Where the room system is, such as https://rooms.../api.")
    patience_seconds: float = Field(
        5.0, gt=0, le=9, description="How long to wait for an answer to a booking."
    )
    days_ahead: int = Field(14, ge=1, le=365, description="How early a room can be booked.")
    longest_hours: int = Field(4, ge=1, le=24, description="How long one booking may be.")
    remind_minutes: int = Field(60, ge=1, description="How long before it readers are reminded.")


def holder(rid: str) -> str:
    """Return the name under which the room system knows a reader."""
    return sha256(f"room_booking:{rid}".encode()).hexdigest()[:24]


async def book(call: EffectCall, context: PluginContext) -> EffectDone:
    """Book; the same key books once, however often it is sent."""
    return await _post("/bookings", call.arguments, call, context)


async def change(call: EffectCall, context: PluginContext) -> EffectDone:
    """Change a booking: all of it, or, when the room is taken, nothing."""
    return await _post(_path(call, "change"), call.arguments, call, context)


async def cancel(call: EffectCall, context: PluginContext) -> EffectDone:
    """Cancel a booking; one that is cancelled already stays so."""
    return await _post(_path(call, "cancel"), {}, call, context)


async def free_rooms(
    day: str, begin: str, end: str, people: int, context: PluginContext, but_for: str = ""
) -> list[dict[str, Any]] | None:
    """Return rooms that are free then, not counting booking `but_for`; None without an answer."""
    query: dict[str, str | int] = {
        "day": day,
        "begin": begin,
        "end": end,
        "people": people,
        "but_for": but_for,
    }
    return await _get("/rooms", query, "rooms", context)


async def bookings_of(consultation: Consultation, context: PluginContext) -> list[Booking] | None:
    """Return the reader's coming bookings; None without an answer."""
    today = f"{context.local_moment:%Y-%m-%d}"
    query = {"holder": holder(consultation.rid), "from": today}
    return await _get("/bookings", query, "bookings", context)


async def booking_of(
    number: str, consultation: Consultation, context: PluginContext
) -> Booking | None:
    """Return one of the reader's own bookings; None when it is not theirs, or gone."""
    mine = await bookings_of(consultation, context) or []
    return next((one for one in mine if one["id"] == number), None)


def _path(call: EffectCall, verb: str) -> str:
    """Return the path of a booking; a reader may have typed its number, so it is quoted."""
    return f"/bookings/{quote(str(call.arguments['booking']), safe='')}/{verb}"


async def _post(
    path: str, body: Mapping[str, Any], call: EffectCall, context: PluginContext
) -> EffectDone:
    settings = context.settings(RoomSettings)
    # Whose booking it is decides the room system. What it refuses, and whether it may be asked
    # again, stands in the error that this raises.
    answer = await context.http.post_json(
        f"{settings.address}{path}",
        {**body, "holder": holder(call.rid)},
        idempotency_key=call.key,
        seconds=settings.patience_seconds,
    )
    return EffectDone(answer)


async def _get(
    path: str, query: Mapping[str, str | int], what: str, context: PluginContext
) -> list[dict[str, Any]] | None:
    address = context.settings(RoomSettings).address
    try:
        answer = await context.http.get_json(f"{address}{path}", query=query)
        return list(answer[what])
    except (RemoteServiceError, KeyError, TypeError):
        return None
