"""Do `/readyz` and `/metrics` tell the truth, and nothing about readers?"""

import json

from prometheus_client.parser import text_string_to_metric_families

from refdesk.core.channels.adapter import Capabilities, SendResult
from refdesk.core.health.readiness import Readiness
from refdesk.core.turns.leases import Lease
from refdesk.errors import StorageError
from refdesk.knowledge_base import make_entry
from refdesk.storage import Database
from refdesk.testing import FakeChannel, Library, MakeLibrary
from tests.reader_page import serving

PRINTING = make_entry("print", "Where can I print?", "Beside the stairs.", language="en")
SECRET = "my shameful question 7391"


async def get(library: Library, path: str) -> tuple[int, str]:
    async with serving(library.app.server) as pages:
        answer = await pages.session.get(pages.address + path)
        return answer.status, await answer.text()


def figures(text: str) -> dict[tuple[str, ...], float]:
    """Return figures by name and labels."""
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_figures_count_what_came_in_and_what_came_of_it(library: MakeLibrary) -> None:
    asked = library(entries=[PRINTING])
    await asked.ask("Where can I print?", "r1")
    await asked.ask(SECRET, "r1")
    await asked.ask("librarian", "r2")
    status, text = await get(asked, "/metrics")
    assert status == 200
    found = figures(text)
    assert found["refdesk_messages_accepted_total", "new", "web_chat"] == 3
    assert found["refdesk_answer_seconds_count",] == 3
    assert found["refdesk_messages_waiting",] == 0
    assert found["refdesk_oldest_message_seconds",] == 0
    assert found["refdesk_plugin_calls_total", "answer_question", "faq"] == 2
    assert found["refdesk_plugin_condition", "faq", "working"] == 1
    waiting = found["refdesk_consultations", "waiting"]
    assert waiting + found["refdesk_consultations", "asynchronous"] == 1
    assert ("refdesk_channel_last_message_timestamp_seconds", "web_chat") in found
    assert any(name[0] == "process_cpu_seconds_total" for name in found)
    assert SECRET not in text
    assert "r1" not in {label for name in found for label in name[1:]}


async def test_a_server_that_has_just_refused_a_message_is_not_ready_for_a_while(
    library: MakeLibrary,
) -> None:
    since = [3.0]
    ready = Readiness(
        library().app.deployment.database, "main", Lease(), lambda: "ready", lambda: since[0]
    )
    assert await ready() == "nothing can be stored: the last message was refused"
    since[0] = 60.0
    assert await ready() == "ready"


async def test_figures_tell_what_waits_to_be_sent_and_which_channel_is_in_trouble(
    library: MakeLibrary,
) -> None:
    post = FakeChannel(Capabilities())
    asked = library(adapters={"post": post})
    post.answers(SendResult("auth"))
    await post.delivers("somebody@example.org", "hello")
    await asked.settle()
    found = figures((await get(asked, "/metrics"))[1])
    assert found["refdesk_outbox_queued", "post"] == 1
    assert found["refdesk_outbox_failed", "post"] == 0
    assert found["refdesk_channel_in_trouble", "post"] == 1
    assert found["refdesk_effects_in_trouble",] == 0


async def test_two_apps_do_not_mix_their_figures(library: MakeLibrary) -> None:
    one, other = library(entries=[PRINTING]), library()
    await one.ask("Where can I print?")
    found = figures((await get(other, "/metrics"))[1])
    assert ("refdesk_messages_accepted_total", "new", "web_chat") not in found


async def test_a_server_that_cannot_write_is_not_ready_and_says_why(library: MakeLibrary) -> None:
    asked = library()
    await asked.app.start()
    assert await get(asked, "/readyz") == (200, json.dumps({"status": "ready"}))
    moment = [0.0]
    full = _Full(asked.app.deployment.database)
    ready = Readiness(full, "main", Lease(), lambda: "ready", clock=lambda: moment[0])
    assert await ready() == "ready"
    full.is_full = True
    assert await ready() == "ready", "the answer of a moment ago"
    moment[0] += 2
    assert await ready() == "nothing can be stored: The disk is full."
    full.is_full = False
    moment[0] += 2
    assert await ready() == "ready", "as soon as there is room again"
    await asked.app.stop()
    assert (await get(asked, "/readyz"))[0] == 503


class _Full:
    """A database whose disk may be full."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_full = False

    async def write(self, work: object) -> object:
        if self.is_full:
            raise StorageError("The disk is full.")
        return await self._database.write(work)  # type: ignore[arg-type]
