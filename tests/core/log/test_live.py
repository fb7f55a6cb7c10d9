"""Do pages hear of what has just been committed, in order, and only of what is theirs?"""

import asyncio

from refdesk.core.consultations import Consultation, Event
from refdesk.core.log.live import ALL, Live
from refdesk.core.messages import Text


def event(consultation: str, seq: int) -> Event:
    return Event(consultation, seq, 0.0, "message", "reader", (Text("x"),))


class Ear:
    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []

    def __call__(self, _consultation: Consultation | None, events: tuple[Event, ...]) -> None:
        self.heard += [(one.consultation, one.seq) for one in events]


async def test_listeners_hear_of_their_consultation_in_order() -> None:
    live, mine, other, all_ = Live(), Ear(), Ear(), Ear()
    live.listen("c1", mine)
    live.listen("c2", other)
    live.listen(ALL, all_)
    for seq in (1, 2, 3):
        live.publish("c1", (event("c1", seq),))
    await asyncio.sleep(0)
    assert mine.heard == [("c1", 1), ("c1", 2), ("c1", 3)]
    assert other.heard == []
    assert all_.heard == mine.heard


async def test_who_begins_to_listen_in_the_same_step_hears_it() -> None:
    """A reader's first message opens the consultation that its page then follows."""
    live, ear = Live(), Ear()
    live.listen("another", Ear())
    live.publish("c1", (event("c1", 1),))
    live.listen("c1", ear)
    await asyncio.sleep(0)
    assert ear.heard == [("c1", 1)]


async def test_who_has_stopped_listening_hears_nothing_more() -> None:
    live, ear = Live(), Ear()
    stop = live.listen("c1", ear)
    live.publish("c1", (event("c1", 1),))
    stop()
    stop()
    await asyncio.sleep(0)
    assert ear.heard == []


async def test_a_listener_may_leave_while_it_hears() -> None:
    live, second = Live(), Ear()

    def leaving(_consultation: Consultation | None, _events: tuple[Event, ...]) -> None:
        stop()

    stop = live.listen("c1", leaving)
    live.listen("c1", second)
    live.publish("c1", (event("c1", 1),))
    live.publish("c1", (event("c1", 2),))
    await asyncio.sleep(0)
    assert second.heard == [("c1", 1), ("c1", 2)]
