"""Does every adapter keep the promises of `refdesk.core.adapter.Adapter`?

A new adapter adds a line to `RAW`; it may not change a test.
"""

import json
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refdesk import Choice, File, Image, Link, Option, Part, Quote, Source, State, Text
from refdesk.core.adapter import Adapter
from refdesk.core.capabilities import SendWord
from refdesk.core.consultations import Event
from refdesk.core.inbox import LONGEST_MESSAGE_CHARACTERS
from refdesk.testing import MakeLibrary

# How a reader's text looks on the wire of each platform.
RAW: dict[str, Callable[[str], Any]] = {
    "console": lambda text: f"{text}\n",
    "web_chat": lambda text: json.dumps({"type": "message", "client_id": "c-1", "text": text}),
}
RESULTS = set(get_args(SendWord))
PARTS: tuple[Part, ...] = (
    Text("Plain <b>text</b> 你好"),
    Link("https://library.example.edu/map", "Map"),
    Choice("Which one?", (Option("First", "x.y:1"), Option("Second", "x.y:2"))),
    File("form.pdf", "https://library.example.edu/d/1", "application/pdf", 1000),
    Image("https://library.example.edu/i.png", "A picture of the stairs"),
    Quote("as you wrote"),
)
REPLY = Event("c1", 7, 0.0, "reply", "bot", PARTS, (Source("Rules", "https://x.example"),))
tolerant = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=sorted(RAW))
def adapter(request: pytest.FixtureRequest, library: MakeLibrary) -> Adapter:
    return library().app.adapter(request.param)


def shown(adapter: Adapter, event: Event) -> str:
    """Everything that the platform is sent, with JSON's escapes read."""
    payloads = adapter.encode(event)
    return "\n".join(
        json.dumps(json.loads(one), ensure_ascii=False) if one[:1] == "{" else str(one)
        for one in payloads
    )


def test_every_built_in_adapter_stands_here() -> None:
    assert {point.name for point in entry_points(group="refdesk.adapters")} == set(RAW)


def test_a_reader_s_text_is_decoded_as_it_is(adapter: Adapter) -> None:
    message = adapter.decode(RAW[adapter.account]("Where can I <b>print</b>? 打印"))
    assert message is not None
    assert message.text == "Where can I <b>print</b>? 打印"
    assert message.account == adapter.account
    assert message.event_key


@tolerant
@given(raw=st.text(max_size=200))
def test_whatever_comes_in_is_a_message_or_none(adapter: Adapter, raw: str) -> None:
    message = adapter.decode(raw)
    if message is not None:
        assert 0 < len(message.text) <= LONGEST_MESSAGE_CHARACTERS


@tolerant
@given(text=st.text(max_size=200))
def test_every_decoded_text_can_be_stored(adapter: Adapter, text: str) -> None:
    message = adapter.decode(RAW[adapter.account](text))
    assert message is None or message.text.encode("utf-8")


@pytest.mark.parametrize("blank", ["", "   ", "\n\t"])
def test_a_blank_text_is_no_message(adapter: Adapter, blank: str) -> None:
    assert adapter.decode(RAW[adapter.account](blank)) is None


def test_a_text_that_is_too_long_does_not_get_through_whole(adapter: Adapter) -> None:
    message = adapter.decode(RAW[adapter.account]("x" * 1_000_000))
    assert message is None or len(message.text) <= LONGEST_MESSAGE_CHARACTERS


def test_every_part_and_source_is_shown(adapter: Adapter) -> None:
    words = shown(adapter, REPLY)
    for expected in (
        "Plain <b>text</b> 你好", "Map", "https://library.example.edu/map", "Which one?", "First",
        "Second", "form.pdf", "https://library.example.edu/d/1", "A picture of the stairs",
        "as you wrote", "Rules", "https://x.example",
    ):  # fmt: skip
        assert expected in words


def test_encoding_is_pure(adapter: Adapter) -> None:
    assert adapter.encode(REPLY) == adapter.encode(REPLY)


def test_where_there_are_no_buttons_they_are_numbered(adapter: Adapter) -> None:
    words = shown(adapter, REPLY)
    if adapter.capabilities.buttons == "none":
        assert "1. First" in words
        assert "2. Second" in words
    else:
        assert "x.y:1" in words


@pytest.mark.parametrize("kind", ["state", "notice"])
def test_notices_and_states_are_shown_too(adapter: Adapter, kind: Any) -> None:
    state = State.WAITING if kind == "state" else None
    event = Event("c1", 8, 0.0, kind, "system", (Text("You are next."),), state=state)
    assert "You are next." in shown(adapter, event)


def test_the_librarian_has_the_name_that_readers_see(adapter: Adapter) -> None:
    event = Event("c1", 8, 0.0, "reply", "librarian", (Text("Hello"),), alias="Ms Li")
    assert "Ms Li" in shown(adapter, event)


def test_a_reader_is_not_sent_their_own_words_where_the_platform_shows_them(
    adapter: Adapter,
) -> None:
    own = Event("c1", 1, 0.0, "message", "reader", (Text("my own words"),))
    payloads = adapter.encode(own)
    assert bool(payloads) == (adapter.capabilities.delivery == "event log")


async def test_sending_to_an_unknown_reader_is_refused_and_raises_nothing(
    adapter: Adapter,
) -> None:
    for number, payload in enumerate(adapter.encode(REPLY)):
        result = await adapter.send("nobody", payload, f"c1.7.{number}")
        assert result.result in RESULTS - {"accepted", "delivered"}


async def test_closing_twice_is_harmless(adapter: Adapter) -> None:
    await adapter.close()
    await adapter.close()
    assert (await adapter.health()).condition in {"working", "failing", "off"}


def test_every_setting_is_described_and_unknown_ones_are_refused(adapter: Adapter) -> None:
    model = adapter.settings_model
    assert model.model_config.get("extra") == "forbid"
    assert all(field.description for field in model.model_fields.values())
    assert all(not field.is_required() for field in model.model_fields.values())


def test_addresses_of_a_channel_are_its_own(adapter: Adapter) -> None:
    paths = [route.path for route in adapter.routes()]  # type: ignore[attr-defined]
    assert len(paths) == len(set(paths))
    own = {"/chat", "/chat/ws", "/widget.js"} if adapter.account == "web_chat" else set()
    assert all(path in own or path.startswith(f"/channels/{adapter.account}") for path in paths)
