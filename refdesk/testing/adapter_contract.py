"""Does an adapter keep the promises of `core.channels.adapter.Adapter`? Its author runs this on it.

    class TestPostcards(AdapterContract):
        adapter_class = Postcards
        account = "postcards"

        def raw(self, text, key, address):
            return {"text": text, "postmark": key, "sender": address}

Everything else has a default; what a platform has more of is given by the attributes. Needs
pytest-asyncio and hypothesis. How messages are encoded is checked by `encoding_contract`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, TypeVar, cast, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, SearchStrategy

from refdesk.core.channels.adapter import Adapter
from refdesk.core.channels.capabilities import SendWord
from refdesk.core.messages import InboundMessage
from refdesk.core.turns.inbox import LONGEST_MESSAGE_CHARACTERS
from refdesk.testing.encoding_contract import REPLY, EncodingContract
from refdesk.testing.fixtures import MakeLibrary
from refdesk.testing.library import Library

Text = TypeVar("Text", str, bytes)
_tolerant = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    deadline=None,
)
# Half a character is what JSON's escapes can bring and no database can keep.
_words = st.text(max_size=20) | st.just("half a character: \ud83d")
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=3),
    max_leaves=5,
)


@dataclass(frozen=True, slots=True)
class Recording:
    """What a platform really sent, and what of it has to arrive; an empty key is not compared."""

    raw: Any
    text: str
    key: str = ""
    action: str = ""


class AdapterContract(EncodingContract):
    """The contract of one adapter; see the module."""

    adapter_class: ClassVar[type[Adapter]]
    # The channel account, and the text of a refdesk.toml with its section.
    account: ClassVar[str] = "channel"
    settings: ClassVar[str] = ""
    recordings: ClassVar[Sequence[Recording]] = ()
    # What nobody said: receipts, typing marks, the account's own messages.
    nobody_said: ClassVar[Sequence[Any]] = ()
    # What a person sent that has no words: a voice message, a sticker. It never meets silence.
    without_words: ClassVar[Sequence[Any]] = ()
    # A terminal names no deliveries: each line is a message of its own.
    keys: ClassVar[Literal["of the platform", "none"]] = "of the platform"
    # An address at which nobody can be reached in this test; empty: the platform knows everybody.
    unreachable: ClassVar[str] = ""
    # Web addresses outside of /channels/ACCOUNT.
    own_paths: ClassVar[frozenset[str]] = frozenset()

    def raw(self, text: str, key: str, address: str) -> Any:
        """Return what the platform sends when the reader at this address writes this text."""
        raise NotImplementedError("say how a reader's text looks on its way from the platform")

    @pytest.fixture
    def deployed(self, library: MakeLibrary) -> Library:
        """Return a library that has this channel."""
        return library(adapters={self.account: self.adapter_class}, settings=self.settings)

    @pytest.fixture
    def adapter(self, deployed: Library) -> Adapter:
        """Return the adapter as the app has made it."""
        return deployed.app.adapter(self.account)

    def test_a_readers_text_is_decoded_as_it_is(self, adapter: Adapter) -> None:
        """What was typed is data: markup and both languages arrive unchanged."""
        message = adapter.decode(self.raw("Where can I <b>print</b>? 打印", "k1", "anna"))
        assert message is not None
        assert message.text == "Where can I <b>print</b>? 打印"
        assert message.account == adapter.account
        assert message.event_key

    def test_recordings_are_understood(self, adapter: Adapter) -> None:
        """What the platform really sent becomes the message that it was."""
        for recording in self.recordings:
            message = adapter.decode(recording.raw)
            assert message is not None, recording
            assert (message.text, message.action) == (recording.text, recording.action)
            assert recording.key in ("", message.event_key)

    def test_what_nobody_said_is_dropped(self, adapter: Adapter) -> None:
        """Receipts and unknown kinds are no messages."""
        for raw in self.nobody_said:
            assert adapter.decode(raw) is None, raw

    def test_what_a_person_sent_without_words_is_a_message(self, adapter: Adapter) -> None:
        """Somebody who sends a voice message is answered: its text says what it was."""
        for raw in self.without_words:
            message = adapter.decode(raw)
            assert message is not None, raw
            assert message.text.strip(), raw

    @pytest.mark.parametrize("blank", ["", "   ", "\n\t"])
    def test_a_blank_text_is_no_message(self, adapter: Adapter, blank: str) -> None:
        """There is nothing to answer."""
        assert adapter.decode(self.raw(blank, "k1", "anna")) is None

    def test_a_text_that_is_too_long_does_not_get_through_whole(self, adapter: Adapter) -> None:
        """It is cut or refused before it is stored."""
        message = adapter.decode(self.raw("x" * 1_000_000, "k1", "anna"))
        assert message is None or len(message.text) <= LONGEST_MESSAGE_CHARACTERS

    @_tolerant
    @given(text=st.text(max_size=200))
    def test_every_decoded_text_can_be_stored(self, adapter: Adapter, text: str) -> None:
        """Whatever a reader can type."""
        message = adapter.decode(self.raw(text, "k1", "anna"))
        if message is not None:
            _check_storable(message)

    @_tolerant
    @given(data=st.data())
    def test_whatever_comes_in_is_a_message_or_none(
        self, adapter: Adapter, data: DataObject
    ) -> None:
        """A damaged or hostile delivery never raises."""
        message = adapter.decode(data.draw(_junk(self.raw("hello", "k1", "anna"))))
        if message is not None:
            _check_storable(message)

    def test_a_repeat_bears_the_same_key_and_another_message_another(
        self, adapter: Adapter
    ) -> None:
        """The key is all that keeps a webhook's repeats from being answered twice."""
        first, again = (adapter.decode(self.raw("hello", "k1", "anna")) for _twice in range(2))
        other = adapter.decode(self.raw("hello", "k2", "anna"))
        assert first is not None
        assert again is not None
        assert other is not None
        assert (first.event_key == again.event_key) == (self.keys == "of the platform")
        assert first.event_key != other.event_key

    @pytest.mark.asyncio
    async def test_a_repeat_is_stored_once(self, adapter: Adapter, deployed: Library) -> None:
        """The second delivery gets the first one's result."""
        if self.keys == "none":
            return
        arrivals: list[str] = []
        for _twice in range(2):
            message = adapter.decode(self.raw("hello", "k1", "anna"))
            assert message is not None
            accepted = await adapter.gateway.accept(replace(message, rid="somebody"))
            arrivals.append(accepted.arrival)
        await deployed.settle()
        assert arrivals == ["new", "repeat"]

    @pytest.mark.asyncio
    async def test_sending_gives_a_result_and_raises_nothing(self, adapter: Adapter) -> None:
        """Whatever a platform answers has a word; nobody is reached at an unknown address."""
        for number, payload in enumerate(adapter.encode(REPLY)):
            sent = await adapter.send(self.unreachable or "anna", payload, f"c1.7.{number}")
            assert sent.result in get_args(SendWord)
            assert not (self.unreachable and sent.result in ("accepted", "delivered"))

    @pytest.mark.asyncio
    async def test_closing_twice_is_harmless(self, adapter: Adapter) -> None:
        """A stop may come at any moment."""
        await adapter.close()
        await adapter.close()
        assert (await adapter.health()).condition in {"working", "failing", "off"}

    def test_every_setting_is_described_and_unknown_ones_are_refused(
        self, adapter: Adapter
    ) -> None:
        """An operator reads the descriptions; a misspelt key is said at start."""
        model = adapter.settings_model
        assert model.model_config.get("extra") == "forbid"
        assert all(field.description for field in model.model_fields.values())

    def test_addresses_of_a_channel_are_its_own(self, adapter: Adapter) -> None:
        """Two channels never serve the same web address."""
        paths = [getattr(route, "path", "") for route in adapter.routes()]
        assert len(paths) == len(set(paths))
        others = [one for one in paths if not one.startswith(f"/channels/{adapter.account}")]
        assert set(others) <= self.own_paths

    def test_what_it_says_of_the_platform_makes_sense(self, adapter: Adapter) -> None:
        """No limit is negative, and a passive reply leaves some time to think."""
        able = adapter.capabilities
        assert min(able.text_limit, able.messages_per_inbound, able.push_window_seconds) >= 0
        if able.passive_reply_seconds:
            assert 0 <= able.passive_margin_seconds < able.passive_reply_seconds


def _check_storable(message: InboundMessage) -> None:
    assert 0 < len(message.text) <= LONGEST_MESSAGE_CHARACTERS or message.action
    assert message.text.encode("utf-8") or message.action
    assert message.event_key.encode("utf-8")


def _junk(example: Any) -> SearchStrategy[Any]:
    """Return deliveries of the kind of an example: damaged ones, and such as never were any."""
    if isinstance(example, str):
        return (
            st.text(max_size=200) | _json.map(json.dumps) | _spliced(example, st.text(max_size=5))
        )
    if isinstance(example, bytes):
        return st.binary(max_size=200) | _spliced(example, st.binary(max_size=5))
    if isinstance(example, dict):
        fields = cast("dict[str, Any]", example)
        names = st.sampled_from(list(fields))
        damaged = st.dictionaries(names, _json, max_size=3)
        return damaged | damaged.map(lambda damage: {**fields, **damage})
    return _json


def _spliced(example: Text, added: SearchStrategy[Text]) -> SearchStrategy[Text]:
    """Return the example with something put in the place of some of it."""

    def splice(place: int, length: int, new: Text) -> Text:
        return example[:place] + new + example[place + length :]

    return st.builds(splice, st.integers(0, len(example)), st.integers(0, 20), added)
