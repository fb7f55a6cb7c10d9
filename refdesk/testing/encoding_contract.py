"""Does an adapter show every kind of part, within the limits of its platform?"""

import dataclasses
import json
from typing import Any, Literal

import pytest

from refdesk.core.channels.adapter import Adapter
from refdesk.core.channels.message_splitting import measure
from refdesk.core.consultations import Event, State
from refdesk.core.messages import Choice, File, Image, Link, Option, Part, Quote, Source, Text

_LINK = "https://library.example.edu/floors/3?room=12&language=zh"
_LONG = " ".join(f"word{number}," for number in range(600))
_CHINESE = "。".join(f"第{number}条借阅规则" for number in range(300))
_FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
PARTS: tuple[Part, ...] = (
    Text("Plain <b>text</b> 你好"),
    Link("https://library.example.edu/map", "Map"),
    Choice("Which one?", (Option("First", "x.y:1"), Option("Second", "x.y:2"))),
    File("form.pdf", "https://library.example.edu/d/1", "application/pdf", 1000),
    Image("https://library.example.edu/i.png", "A picture of the stairs"),
    Quote("as you wrote"),
)
_SHOWN = (
    "Plain <b>text</b> 你好", "Map", "https://library.example.edu/map", "Which one?", "First",
    "Second", "form.pdf", "https://library.example.edu/d/1", "A picture of the stairs",
    "as you wrote", "Rules", "https://x.example",
)  # fmt: skip
REPLY = Event("c1", 7, 0.0, "reply", "bot", PARTS, (Source("Rules", "https://x.example"),))
_LARGE: dict[str, Part] = {
    "text": Text(_LONG),
    "chinese": Text(_CHINESE),
    "emoji": Text(_FAMILY * 300),
    "link": Link(_LINK, "The map of the third floor, " * 40),
    "choice": Choice(_LONG[:900], tuple(Option(f"Option {n}", f"x.y:{n}") for n in range(40))),
    "file": File("form.pdf", _LINK, "application/pdf", 1000),
    "image": Image(_LINK, _LONG[:2000]),
    "quote": Quote(_LONG),
}


class EncodingContract:
    """How an adapter encodes; a part of `AdapterContract`, which makes the `adapter`."""

    def words(self, payload: Any) -> str:
        """Return everything in a payload that its reader sees; addresses of buttons may be in it.

        By default a payload as it is printed; JSON is read.
        """
        if isinstance(payload, str):
            return _unescaped(payload)
        if dataclasses.is_dataclass(payload) and not isinstance(payload, type):
            payload = dataclasses.asdict(payload)
        return json.dumps(payload, ensure_ascii=False, default=str)

    def text(self, payload: Any) -> str:
        """Return what the platform counts against its text limit; by default all words."""
        return self.words(payload)

    def test_every_part_and_source_is_shown(self, adapter: Adapter) -> None:
        """Nothing of an answer is lost on the way, whatever the platform lacks."""
        words = self._shown(adapter, REPLY)
        assert [one for one in _SHOWN if one not in words] == []

    def test_encoding_is_pure(self, adapter: Adapter) -> None:
        """After a failure in the middle only the missing payloads are sent: they are the same."""
        assert adapter.encode(REPLY) == adapter.encode(REPLY)

    def test_where_there_are_no_buttons_they_are_numbered(self, adapter: Adapter) -> None:
        """A reader types the number."""
        words = self._shown(adapter, REPLY)
        if adapter.capabilities.buttons == "none":
            assert "1. First" in words
            assert "2. Second" in words
        else:
            assert "x.y:1" in words

    @pytest.mark.parametrize("kind", ["state", "notice"])
    def test_notices_and_states_are_shown_too(
        self, adapter: Adapter, kind: Literal["state", "notice"]
    ) -> None:
        """A reader who waits is told so."""
        state = State.WAITING if kind == "state" else None
        event = Event("c1", 8, 0.0, kind, "system", (Text("You are next."),), state=state)
        assert "You are next." in self._shown(adapter, event)

    def test_the_librarian_has_the_name_that_readers_see(self, adapter: Adapter) -> None:
        """A person and the program are never taken for each other."""
        event = Event("c1", 8, 0.0, "reply", "librarian", (Text("Hello"),), alias="Ms Li")
        assert "Ms Li" in self._shown(adapter, event)

    def test_a_reader_is_not_sent_their_own_words_where_the_platform_shows_them(
        self, adapter: Adapter
    ) -> None:
        """Only what shows the event log shows them."""
        own = Event("c1", 1, 0.0, "message", "reader", (Text("my own words"),))
        assert bool(adapter.encode(own)) == (adapter.capabilities.delivery == "event log")

    @pytest.mark.parametrize("part", sorted(_LARGE))
    def test_no_payload_is_longer_than_the_platform_carries(
        self, adapter: Adapter, part: str
    ) -> None:
        """Whatever is in it."""
        able = adapter.capabilities
        event = Event("c1", 9, 0.0, "reply", "bot", (_LARGE[part],))
        payloads = adapter.encode(event)
        assert payloads
        lengths = [measure(self.text(payload), able.text_unit) for payload in payloads]
        assert not able.text_limit or max(lengths) <= able.text_limit

    def test_a_long_text_loses_no_word(self, adapter: Adapter) -> None:
        """What is cut is all there, in order."""
        event = Event("c1", 9, 0.0, "reply", "bot", (Text(_LONG),))
        words = self._shown(adapter, event)
        places = [words.find(f"word{number},") for number in range(600)]
        assert -1 not in places
        assert places == sorted(places)

    def test_a_link_that_fits_is_never_cut(self, adapter: Adapter) -> None:
        """A reader can follow it, wherever in the text it stands."""
        limit, unit = adapter.capabilities.text_limit, adapter.capabilities.text_unit
        if limit and measure(_LINK, unit) > limit:
            return
        for before in range(0, 200, 7):
            event = Event("c1", 9, 0.0, "reply", "bot", (Text(f"{'x' * before} {_LINK} end"),))
            assert any(_LINK in self.words(payload) for payload in adapter.encode(event))

    def _shown(self, adapter: Adapter, event: Event) -> str:
        return "\n".join(self.words(payload) for payload in adapter.encode(event))


def _unescaped(text: str) -> str:
    """Return JSON without its escapes, any other text as it is."""
    if text[:1] not in ("{", "["):
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text
