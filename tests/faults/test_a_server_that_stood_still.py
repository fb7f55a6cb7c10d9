"""What becomes of an answer on a request when the server stood still and the platform gave up?"""

import asyncio
from types import SimpleNamespace

from refdesk import Offer, hookimpl
from refdesk.core.channels.capabilities import Capabilities
from refdesk.testing import FakeChannel, FakeClock, MakeLibrary

WINDOW_SECONDS = 5.0


async def test_it_is_sent_by_itself_and_not_written_to_a_request_that_is_given_up(
    library: MakeLibrary,
) -> None:
    clock = FakeClock()
    channel = FakeChannel(Capabilities(passive_reply_seconds=WINDOW_SECONDS))

    @hookimpl
    async def answer_question() -> Offer:
        await asyncio.sleep(0.1)  # the request waits for it
        clock.advance(WINDOW_SECONDS + 3)  # the machine sleeps, a plugin blocks, a host is frozen
        return Offer("On the third floor.", 0.9)

    plugin = SimpleNamespace(answer_question=answer_question)
    asked = library(plugin, adapters={"kiosk": channel}, clock=clock)
    await channel.delivers("anna", "where is the map room?")
    await asked.app.settle()
    assert len(channel.attempts) == 1, "through the outbox, where it is known that it arrived"
    assert [sent.text for sent in channel.sent["anna"]] == [channel.attempts[0].message.text]
    assert "On the third floor." in channel.attempts[0].message.text
