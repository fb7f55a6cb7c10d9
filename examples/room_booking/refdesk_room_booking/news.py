"""What does a reader hear of the room system's answer, and before the booking begins?"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from refdesk import (
    Choice,
    EffectNews,
    HandoffReason,
    Option,
    PluginContext,
    ReminderDue,
    Reply,
    Text,
)
from refdesk_room_booking.forms import moment
from refdesk_room_booking.room_system import RoomSettings
from refdesk_room_booking.texts import shown, text

_CONFLICT = 409


async def tell_booked(news: EffectNews, context: PluginContext) -> Reply | str:
    """Confirm a booking and set its reminder."""
    if news.ending != "done":
        return _not_done(news, context)
    _remind_before(news.data, context)
    return _with_buttons("booked", news.data, context)


async def tell_changed(news: EffectNews, context: PluginContext) -> Reply | str:
    """Confirm a change; the reminder moves with it."""
    if news.ending != "done":
        return _not_done(news, context)
    _remind_before(news.data, context)
    return _with_buttons("changed", news.data, context)


async def tell_cancelled(news: EffectNews, context: PluginContext) -> Reply | str:
    """Confirm that a booking is cancelled; nobody is reminded of it."""
    if news.ending != "done":
        return _not_done(news, context)
    context.cancel_reminder("soon", news.data["id"])
    return text("cancelled", context.language, number=news.data["id"])


async def remind(due: ReminderDue, context: PluginContext) -> Reply:
    """Remind of a booking that begins soon."""
    return _with_buttons("soon", due.data, context)


def _remind_before(booking: Mapping[str, Any], context: PluginContext) -> None:
    ahead = timedelta(minutes=context.settings(RoomSettings).remind_minutes)
    at = moment(booking["day"], booking["begin"], context) - ahead
    kept = {name: booking[name] for name in ("id", "room_name", "day", "begin", "end")}
    if at > context.local_moment:
        context.remind(at, "soon", booking["id"], **kept)
    else:
        context.cancel_reminder("soon", booking["id"])


def _with_buttons(what: str, booking: Mapping[str, Any], context: PluginContext) -> Reply:
    language = context.language
    words = text(what, language, booking=shown(booking, language))
    buttons = tuple(
        Option(text(do, language), f"room_booking.{do}_one:{booking['id']}")
        for do in ("change", "cancel")
    )
    return Reply((Choice(words, buttons),))


def _not_done(news: EffectNews, context: PluginContext) -> Reply:
    """Say truthfully what is known; where nothing is, a librarian finds out."""
    language = context.language
    if news.ending == "unknown":
        context.hand_off(HandoffReason.FAILURE)
        return Reply((Text(text("unknown", language)),))
    refused = "taken" if news.data.get("status") == _CONFLICT else "gone"
    words = text(refused if news.ending == "refused" else "failed", language)
    again = Option(text("again", language), "room_booking.begin")
    return Reply((Choice(words, (again,)),))
