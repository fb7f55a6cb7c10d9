"""Does a reminder come at its time, once, and not when it has been cancelled?"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from refdesk import (
    Command,
    CommandCall,
    PluginContext,
    Reminder,
    ReminderDue,
    hookimpl,
)
from refdesk.core.effects.reminders import trigger_of
from refdesk.errors import PluginError
from refdesk.testing import FakeClock, Library, MakeLibrary


@dataclass
class Returns:
    """A plugin that reminds readers of their books."""

    __name__ = "returns"
    due: list[ReminderDue] = field(default_factory=list)

    @hookimpl
    def register_reminders(self) -> list[Reminder]:
        return [Reminder("return", self.remind)]

    @hookimpl
    def register_commands(self) -> list[Command]:
        return [
            Command("returns.set", self.set, {"en": ("/remind",)}),
            Command("returns.drop", self.drop, {"en": ("/forget",)}),
        ]

    async def set(self, call: CommandCall, context: PluginContext) -> str:
        book, hours = call.argument.split()
        at = context.moment + timedelta(hours=float(hours))
        context.remind(at, "return", book, title=book)
        return "I shall remind you."

    async def drop(self, call: CommandCall, context: PluginContext) -> str:
        context.cancel_reminder("return", call.argument)
        return "Forgotten."

    async def remind(self, due: ReminderDue, _context: PluginContext) -> str:
        self.due.append(due)
        return f"Please return {due.data['title']}."


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def returns() -> Returns:
    return Returns()


@pytest.fixture
def willow(library: MakeLibrary, returns: Returns, clock: FakeClock) -> Library:
    return library(returns, clock=clock)


async def test_register_reminders_brings_one_at_its_time_and_once(
    willow: Library, returns: Returns
) -> None:
    anna = willow.reader("anna")
    await anna.says("/remind Emma 2")
    await willow.advance(minutes=119)
    assert returns.due == []
    await willow.advance(minutes=1)
    anna.expects("Please return Emma.")
    await willow.advance(days=1)
    assert [(one.reference, one.data) for one in returns.due] == [("Emma", {"title": "Emma"})]


async def test_a_reminder_that_is_set_again_comes_at_the_new_time_only(
    willow: Library, returns: Returns
) -> None:
    anna = willow.reader("anna")
    for words in ("/remind Emma 2", "/remind Ulysses 1", "/remind Emma 5"):
        await anna.says(words)
    await willow.advance(hours=3)
    assert [one.reference for one in returns.due] == ["Ulysses"]
    await willow.advance(hours=2)
    assert [one.reference for one in returns.due] == ["Ulysses", "Emma"]


async def test_a_cancelled_reminder_does_not_come_and_a_stranger_cancels_nothing(
    willow: Library, returns: Returns
) -> None:
    anna, bao = willow.reader("anna"), willow.reader("bao")
    await anna.says("/remind Emma 1")
    await anna.says("/remind Ulysses 1")
    await anna.says("/forget Emma")
    await bao.says("/forget Ulysses")
    await willow.advance(hours=1)
    assert [one.reference for one in returns.due] == ["Ulysses"]
    assert not any("Ulysses" in text for text in bao.heard)


async def test_a_reminder_survives_a_restart_and_a_clock_that_is_set_back(
    willow: Library, returns: Returns, clock: FakeClock
) -> None:
    anna = willow.reader("anna")
    await anna.says("/remind Emma 2")
    await willow.restarted()
    await willow.advance(hours=2)
    anna.expects("Please return Emma.")
    clock.jump(-7200)
    await willow.advance(hours=2)
    assert len(returns.due) == 1


async def test_a_reminder_reaches_a_reader_whose_consultation_is_closed(
    willow: Library, returns: Returns
) -> None:
    anna, wang = willow.reader("anna"), willow.librarian("wang")
    await anna.says("/remind Emma 2")
    await anna.says("librarian")
    await wang.claims(anna)
    await wang.closes(anna)
    await willow.advance(hours=2)
    assert len(returns.due) == 1
    anna.expects("Please return Emma.")


async def test_two_servers_that_look_at_the_same_moment_remind_once(
    willow: Library, returns: Returns, clock: FakeClock
) -> None:
    anna = willow.reader("anna")
    await anna.says("/remind Emma 2")
    clock.advance(hours=2)
    reminders = willow.app.reminders
    rows = await reminders._due()
    await reminders.fire_due()
    for row in rows:
        await willow.app.inbox.trigger(trigger_of(row))
    await willow.settle()
    assert len(returns.due) == 1


async def test_a_time_without_a_zone_is_refused(willow: Library, returns: Returns) -> None:
    async def careless(_call: CommandCall, context: PluginContext) -> str:
        context.remind(datetime(2026, 3, 16, 12), "return")  # noqa: DTZ001 - as the test wants it
        return "Never."

    returns.set = careless  # type: ignore[method-assign]
    assert "Never" not in await willow.ask("/remind Emma 2")


def test_two_reminders_of_one_name_stop_the_start(library: MakeLibrary) -> None:
    class Twice(Returns):
        @hookimpl
        def register_reminders(self) -> list[Reminder]:
            return Returns.register_reminders(self) * 2

    with pytest.raises(PluginError, match="two of the name return"):
        library(Twice())
