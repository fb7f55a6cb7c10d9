"""Do full disks, kills and restarts of the test kit do what they say?"""

import pytest

from refdesk.core.channels.capabilities import Capabilities, SendResult
from refdesk.errors import DataError
from refdesk.knowledge_base import make_entry
from refdesk.testing import BadNeighbour, FakeChannel, FakeClock, MakeLibrary
from refdesk.testing.bad_neighbour import Does

HELLO = "Hello! I am the automatic assistant"


async def test_a_full_disk_refuses_a_message_and_has_room_again(library: MakeLibrary) -> None:
    asked = library()
    anna = asked.reader("anna")
    asked.faults.disk_full(writes=1)
    with pytest.raises(DataError, match="could not be stored"):
        await anna.says("hello")
    anna.expects_no_answer()
    await anna.repeats()
    anna.expects(HELLO)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("write", range(1, 9))
async def test_a_message_survives_a_kill_at_every_write(
    library: MakeLibrary, moment: str, write: int
) -> None:
    kiosk = FakeChannel(Capabilities(idempotent_send="by key"))
    clock = FakeClock()
    asked = library(adapters={"kiosk": kiosk}, clock=clock)
    anna = asked.reader("anna", channel="kiosk")
    kill = asked.faults.killed_before if moment == "before" else asked.faults.killed_after
    kill(write)
    await anna.says("hello")
    await asked.restarted()
    await anna.repeats()
    await asked.advance(hours=1)
    assert [text[: len(HELLO)] for text in anna.heard] == [HELLO]


@pytest.mark.parametrize("does", ["raises", "hangs", "returns nonsense"])
async def test_a_bad_neighbour_is_asked_and_costs_nobody_an_answer(
    library: MakeLibrary, does: Does
) -> None:
    neighbour = BadNeighbour(does)
    entry = make_entry("print", "Where can I print?", "Beside the stairs.", language="en")
    settings = "[plugins]\ndeadline_seconds = 0.2\n"
    anna = library(neighbour, entries=[entry], settings=settings).reader("anna")
    await anna.says("Where can I print?")
    anna.expects("Beside the stairs.")
    assert neighbour.asked == 1


async def test_a_killed_program_does_nothing_more(library: MakeLibrary) -> None:
    asked = library(adapters={"kiosk": FakeChannel()})
    anna, ben = asked.reader("anna"), asked.reader("ben")
    asked.faults.kill()
    await anna.says("hello")
    assert anna.heard == []
    await asked.restarted()
    assert anna.heard == []
    await ben.says("hello")
    ben.expects(HELLO)


async def test_a_conversation_goes_on_after_a_restart(library: MakeLibrary) -> None:
    asked = library()
    anna = asked.reader("anna")
    await anna.says("hello")
    before = anna.consultation
    await asked.restarted()
    await anna.says("thanks")
    assert anna.consultation == before
    assert len(anna.heard) == 2


async def test_a_running_app_runs_again_after_a_restart(library: MakeLibrary) -> None:
    asked = library()
    await asked.app.start()
    await asked.restarted()
    assert await asked.app.readiness() == "ready"
    await asked.app.stop()


async def test_time_that_passes_does_what_has_become_due(library: MakeLibrary) -> None:
    kiosk = FakeChannel()
    asked = library(adapters={"kiosk": kiosk}, clock=FakeClock())
    anna = asked.reader("anna", channel="kiosk")
    kiosk.answers(SendResult("retry", retry_seconds=600))
    await anna.says("hello")
    anna.expects_no_answer()
    await asked.advance(minutes=9)
    anna.expects_no_answer()
    await asked.advance(minutes=2)
    anna.expects(HELLO)


async def test_a_library_without_a_fake_clock_says_how_to_give_it_one(
    library: MakeLibrary,
) -> None:
    with pytest.raises(RuntimeError, match=r"library\(clock=FakeClock\(\)\)"):
        await library().advance(minutes=1)
