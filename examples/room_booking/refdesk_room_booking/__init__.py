"""Lets readers book a room in the chat: a form, the room system's answer, a reminder."""

from collections.abc import Sequence

from pydantic import BaseModel

from refdesk import (
    Choice,
    Command,
    CommandCall,
    Dialogue,
    Effect,
    Option,
    PluginContext,
    Reminder,
    Reply,
    hookimpl,
)
from refdesk_room_booking import room_system
from refdesk_room_booking.forms import BOOK, CHANGE
from refdesk_room_booking.news import remind, tell_booked, tell_cancelled, tell_changed
from refdesk_room_booking.room_system import RoomSettings
from refdesk_room_booking.texts import shown, text

_BOOK = {
    "en": ("book a room", "room booking", "reserve a room", "book a study room"),
    "zh": ("预约研修间", "预约房间", "订研修间", "研修间预约"),
}
_MINE = {"en": ("my bookings", "my rooms"), "zh": ("我的预约", "我的研修间")}


@hookimpl
def register_settings() -> type[BaseModel]:
    """Bring the section `[plugins.room_booking]`."""
    return RoomSettings


@hookimpl
def register_commands() -> Sequence[Command]:
    """Bring the words that begin a booking and show one's own, and the buttons under them."""
    return [
        Command("room_booking.begin", begin, _BOOK),
        Command("room_booking.mine", show_mine, _MINE),
        Command("room_booking.change_one", change_one),
        Command("room_booking.cancel_one", cancel_one),
    ]


@hookimpl
def register_dialogues() -> Sequence[Dialogue]:
    """Bring the forms of a new booking and of a change."""
    return [BOOK, CHANGE]


@hookimpl
def register_effects() -> Sequence[Effect]:
    """Bring what the room system does; it knows the key, so it may be asked again."""
    return [
        Effect("book", room_system.book, tell_booked, repeatable="by key"),
        Effect("change", room_system.change, tell_changed, repeatable="by key"),
        Effect("cancel", room_system.cancel, tell_cancelled, repeatable="by key"),
    ]


@hookimpl
def register_reminders() -> Sequence[Reminder]:
    """Bring the reminder before a booking."""
    return [Reminder("soon", remind)]


async def begin(_call: CommandCall, context: PluginContext) -> None:
    """Begin a booking."""
    context.begin_dialogue(BOOK.name)


async def show_mine(call: CommandCall, context: PluginContext) -> Reply | str:
    """Show the reader's coming bookings, each with its buttons."""
    bookings = await room_system.bookings_of(call.consultation, context)
    if bookings is None:
        return text("silent", context.language)
    if not bookings:
        return text("none", context.language)
    return Reply(
        tuple(
            Choice(
                shown(one, context.language),
                (
                    Option(
                        text("change", context.language), f"room_booking.change_one:{one['id']}"
                    ),
                    Option(
                        text("cancel", context.language), f"room_booking.cancel_one:{one['id']}"
                    ),
                ),
            )
            for one in bookings
        )
    )


async def change_one(call: CommandCall, context: PluginContext) -> str | None:
    """Begin a change of one of the reader's own bookings."""
    booking = await room_system.booking_of(call.argument, call.consultation, context)
    if booking is None:
        return text("gone", context.language)
    known = {name: booking[name] for name in ("day", "begin", "end", "people", "group")}
    context.begin_dialogue(CHANGE.name, booking=booking["id"], **known)
    return None


async def cancel_one(call: CommandCall, context: PluginContext) -> str:
    """Cancel one of the reader's own bookings."""
    booking = await room_system.booking_of(call.argument, call.consultation, context)
    if booking is None:
        return text("gone", context.language)
    context.perform("cancel", {"booking": booking["id"]})
    return text("cancelling", context.language)
