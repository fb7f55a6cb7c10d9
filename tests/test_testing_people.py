"""Do readers and librarians of the test kit talk, and do failures show the conversation?"""

import asyncio
import re
from types import ModuleType

import pytest

from refdesk import (
    Choice,
    Command,
    CommandCall,
    Offer,
    Option,
    PluginContext,
    Question,
    Reply,
    Source,
    hookimpl,
)
from refdesk.core.channels.capabilities import Capabilities
from refdesk.testing import FakeChannel, MakeLibrary


@pytest.fixture
def seats() -> ModuleType:
    @hookimpl
    async def answer_question(question: Question) -> Offer | None:
        if question.mentions("seat"):
            return Offer("12 seats are free now.", confidence=0.9, source="Seat system")
        return None

    @hookimpl
    def register_commands() -> list[Command]:
        async def choose(_call: CommandCall, _context: PluginContext) -> Reply:
            options = (Option("Quiet", "seats.quiet"), Option("Lively", "seats.lively"))
            return Reply((Choice("Which floor?", options),), (Source("Map"),))

        async def quiet(_call: CommandCall, _context: PluginContext) -> str:
            return "Floor 5 is quiet."

        return [
            Command("seats.choose", choose, {"en": ("floors",)}),
            Command("seats.quiet", quiet, {}),
        ]

    module = ModuleType("seats")
    module.answer_question = answer_question  # type: ignore[attr-defined]
    module.register_commands = register_commands  # type: ignore[attr-defined]
    return module


async def test_a_reader_talks_and_hears(library: MakeLibrary, seats: ModuleType) -> None:
    anna = library(seats).reader("anna")
    await anna.says("Is there a free seat?")
    assert anna.expects("12 seats") == "12 seats are free now."
    anna.expects_no_answer()
    assert anna.heard == ["12 seats are free now."]


async def test_a_pattern_is_searched_and_a_text_is_taken_as_it_is(
    library: MakeLibrary, seats: ModuleType
) -> None:
    anna = library(seats).reader("anna")
    await anna.says("Is there a free seat?")
    with pytest.raises(AssertionError):
        anna.expects(r"\d+ seats")
    anna.expects(re.compile(r"\d+ seats"))


@pytest.mark.parametrize("buttons", ["shown", "none"])
async def test_a_button_is_pressed_by_its_label_on_every_channel(
    library: MakeLibrary, seats: ModuleType, buttons: str
) -> None:
    kiosk = FakeChannel(Capabilities(buttons=buttons))  # type: ignore[arg-type]
    asked = library(seats, adapters={"kiosk": kiosk})
    for reader in (asked.reader("anna"), asked.reader("ben", channel="kiosk")):
        await reader.says("floors")
        reader.expects("Which floor?")
        await reader.presses("Quiet")
        reader.expects("Floor 5 is quiet.")
        with pytest.raises(AssertionError, match="sees no"):
            await reader.presses("Upstairs")


async def test_a_source_is_expected_like_any_text(library: MakeLibrary, seats: ModuleType) -> None:
    anna = library(seats).reader("anna")
    await anna.says("Is there a free seat?")
    anna.expects("Seat system")


async def test_readers_side_by_side_hear_only_their_own(
    library: MakeLibrary, seats: ModuleType
) -> None:
    asked = library(seats)
    everybody = [asked.reader(f"reader {number}") for number in range(5)]
    await asyncio.gather(*(reader.says("Is there a free seat?") for reader in everybody))
    for reader in everybody:
        assert reader.heard == ["12 seats are free now."]


async def test_a_librarian_takes_over_and_everybody_sees_it(library: MakeLibrary) -> None:
    kiosk = FakeChannel()
    asked = library(adapters={"kiosk": kiosk})
    wang = asked.librarian("wang", alias="Ms Wang")
    wang.arrives()
    for reader in (asked.reader("anna"), asked.reader("ben", channel="kiosk")):
        await reader.says("librarian")
        await wang.claims(reader)
        reader.expects("Ms Wang is here")
        await reader.says("hello")
        reader.expects_no_answer()
        await wang.says("Good morning")
        reader.expects("Good morning")
        await wang.closes()
        reader.expects("closed")
        await wang.wraps_up()


async def test_who_claims_what_is_taken_is_told_by_whom(library: MakeLibrary) -> None:
    asked = library()
    anna, wang, li = asked.reader("anna"), asked.librarian("wang"), asked.librarian("li")
    await anna.says("librarian")
    await wang.claims(anna)
    with pytest.raises(AssertionError, match="li could not claim: taken"):
        await li.claims(anna)
    with pytest.raises(RuntimeError, match="has not claimed anybody"):
        await li.says("hello")


async def test_what_was_not_heard_fails_and_shows_the_conversation(
    library: MakeLibrary, seats: ModuleType
) -> None:
    anna = library(seats).reader("anna")
    await anna.says("floors")
    await anna.says("Is there a free seat?")
    with pytest.raises(AssertionError) as failed:
        anna.expects("13 seats")
    assert str(failed.value) == (
        "anna did not hear '13 seats'. The conversation so far, > marks what is new:\n"
        "    anna: floors\n"
        "    bot:  Which floor?\n"
        "          1. Quiet\n"
        "          2. Lively\n"
        "          [Map]\n"
        "    anna: Is there a free seat?\n"
        "  > bot:  12 seats are free now.\n"
        "          [Seat system]"
    )


async def test_an_answer_where_none_was_expected_fails(
    library: MakeLibrary, seats: ModuleType
) -> None:
    anna = library(seats).reader("anna")
    await anna.says("Is there a free seat?")
    with pytest.raises(AssertionError, match=r"was to hear nothing(.|\n)*12 seats"):
        anna.expects_no_answer()


async def test_a_message_brought_again_is_answered_once(
    library: MakeLibrary, seats: ModuleType
) -> None:
    asked = library(seats, adapters={"kiosk": FakeChannel()})
    for reader in (asked.reader("anna"), asked.reader("ben", channel="kiosk")):
        with pytest.raises(RuntimeError, match="has not said anything"):
            await reader.repeats()
        await reader.says("Is there a free seat?")
        await reader.repeats()
        assert len(reader.heard) == 1
