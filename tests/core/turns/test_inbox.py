"""Is a message answered whose bringer did not wait for its acceptance?"""

import asyncio

from refdesk.core.log.parts_json import plain_text
from refdesk.core.messages import InboundMessage
from refdesk.testing import MakeLibrary


async def test_a_message_whose_bringer_has_gone_is_answered_once(library: MakeLibrary) -> None:
    asked = library()
    await asked.app.start()
    message = InboundMessage("web_chat", "reader", "reader:1", "hello", 0.0, "en")
    bringer = asyncio.create_task(asked.app.gateway.accept(message))
    await asyncio.sleep(0)  # it has asked the store, and waits
    bringer.cancel()
    await asyncio.wait({bringer})
    assert bringer.cancelled()
    async with asyncio.timeout(30):
        events = []
        while len(events) < 2:
            await asyncio.sleep(0.02)
            found = await asked.app.gateway.current_consultation("web_chat", "reader")
            events = await asked.app.gateway.events_after("reader", found, 0) if found else []
    await asked.app.settle()
    events = await asked.app.gateway.events_after("reader", str(found), 0) or []
    assert [event.kind for event in events] == ["message", "reply"]
    await asked.app.stop()


async def test_a_message_whose_bringer_has_gone_is_answered_once_the_disk_has_room(
    library: MakeLibrary,
) -> None:
    asked = library()
    await asked.app.start()
    message = InboundMessage("web_chat", "reader", "reader:1", "hello", 0.0, "en")
    bringer = asyncio.create_task(asked.app.gateway.accept(message))
    await asyncio.sleep(0)  # it has asked the store, and waits
    asked.faults.disk_full(writes=3)
    bringer.cancel()
    async with asyncio.timeout(30):
        found, events = None, []
        while len(events) < 2:
            await asyncio.sleep(0.02)
            found = await asked.app.gateway.current_consultation("web_chat", "reader")
            events = await asked.app.gateway.events_after("reader", found, 0) or [] if found else []
    assert [event.kind for event in events] == ["message", "reply"]
    await asked.app.stop()


async def test_the_same_message_after_that_is_a_repeat(library: MakeLibrary) -> None:
    asked = library()
    await asked.app.start()
    message = InboundMessage("web_chat", "reader", "reader:1", "hello", 0.0, "en")
    bringer = asyncio.create_task(asked.app.gateway.accept(message))
    await asyncio.sleep(0)
    bringer.cancel()
    again = await asked.app.gateway.accept(message)
    assert again.arrival == "repeat"
    await asked.app.stop()


async def test_a_message_whose_bringer_leaves_is_answered_before_the_one_after_it(
    library: MakeLibrary,
) -> None:
    asked = library()
    await asked.app.start()
    gateway = asked.app.gateway

    def said(number: int, text: str) -> InboundMessage:
        return InboundMessage("web_chat", "reader", f"reader:{number}", text, 0.0, "en")

    bringer = asyncio.create_task(gateway.accept(said(1, "bye")))
    following = asyncio.create_task(gateway.accept(said(2, "thanks")))
    await asyncio.sleep(0)
    bringer.cancel()
    accepted = await following
    async with asyncio.timeout(20):
        while True:
            events = await gateway.events_after("reader", accepted.consultation, 0) or []
            answers = [plain_text(one.parts) for one in events if one.sender == "bot"]
            if len(answers) == 2:
                break
            await asyncio.sleep(0.01)
    assert answers[0].startswith("Good-bye")
    assert answers[1].startswith("You are welcome")
    await asked.app.stop()
