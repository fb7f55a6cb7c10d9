"""Which platform does a test hold in its hands? One of any capabilities, which does as told.

It outlives the app, as a real platform does: after `library.restarted()` a new adapter speaks with
the same channel.
"""

import asyncio
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from refdesk.core.channels.adapter import Adapter
from refdesk.core.channels.capabilities import Capabilities, SendResult
from refdesk.core.channels.degrading import as_texts, buttons_of
from refdesk.core.consultations import Event
from refdesk.core.messages import Choice, InboundMessage, Option, Part
from refdesk.core.readable_text import readable
from refdesk.core.turns.inbox import LONGEST_MESSAGE_CHARACTERS
from refdesk.core.turns.store import Accepted

# What a reader's message looks like on its way from the platform.
Raw = dict[str, Any]
# What the platform does with one send: says a result, breaks with an error, takes the message and
# never says so, or never takes it and never says so either.
Answer = SendResult | Exception | Literal["accepted, then silence", "silence"]


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as it arrived at a reader. `key` is that of the send which brought it."""

    text: str
    key: str = ""
    speaker: str = "bot"
    buttons: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of `send`, and what the platform made of it."""

    address: str
    message: Sent
    answer: Answer


class FakeChannel:
    """A platform with one channel account.

    - `sent` has what arrived at readers, by address; `attempts` every call, refused ones included.
    - `answers(...)` says what becomes of the next sends; after those, each is accepted.
    - `delivers` brings a reader's message as a webhook does: it returns when the app has said
      "received", or has answered where the capabilities have `passive_reply_seconds`.
    """

    def __init__(self, capabilities: Capabilities | None = None) -> None:
        """Be able to do this much; without any, text of any length and nothing else."""
        self.capabilities = capabilities or Capabilities()
        self.sent: dict[str, list[Sent]] = {}
        self.attempts: list[Attempt] = []
        self._answers: list[Answer] = []
        self._keys: set[str] = set()
        self._responses: set[str] = set()
        self.speaks: _FakeAdapter | None = None
        self._numbers = itertools.count(1)

    @property
    def adapter(self) -> type[Adapter]:
        """What the app is given: `Extras(adapters={"account": channel.adapter})`."""
        channel = self

        class Speaking(_FakeAdapter):
            capabilities = channel.capabilities

            def __init__(self, account: str, settings: Any, gateway: Any) -> None:
                super().__init__(account, settings, gateway)
                self.channel = channel
                channel.speaks = self

        return Speaking

    def answers(self, *answers: Answer) -> None:
        """Give these answers to the next sends, one each."""
        self._answers += answers

    def written(self, address: str, text: str = "", *, key: str = "", action: str = "") -> Raw:
        """Return a reader's message as the platform has it, without delivering it.

        `key` is the platform's own; without one it is new. `action` is that of a pressed button.
        """
        return {
            "key": key or f"{address}:{next(self._numbers)}",
            "from": address,
            "text": text,
            "action": action,
        }

    async def delivers(
        self, address: str, text: str = "", *, key: str = "", action: str = ""
    ) -> Accepted | None:
        """Deliver a reader's message; return when the app has said that it is stored.

        None when there is nothing to store in it.
        """
        return await self.delivers_raw(self.written(address, text, key=key, action=action))

    async def delivers_raw(self, raw: Raw) -> Accepted | None:
        """Deliver what was `written`: again, later than another, or several times side by side."""
        if self.speaks is None:
            raise RuntimeError("no app has been started with this channel")
        return await self.speaks.receive(raw)

    async def takes(self, address: str, message: Sent) -> SendResult:
        """Do with one send what the script says."""
        answer = self._answers.pop(0) if self._answers else SendResult("accepted")
        self.attempts.append(Attempt(address, message, answer))
        if isinstance(answer, Exception):
            raise answer
        if answer == "accepted, then silence" or (
            isinstance(answer, SendResult) and answer.result in ("accepted", "delivered")
        ):
            self._show(address, message)
        if isinstance(answer, SendResult):
            return answer
        await asyncio.get_running_loop().create_future()  # until the app gives up
        raise AssertionError

    def shows_response(self, address: str, key: str, messages: Sequence[Sent]) -> None:
        """Let the answer to a delivery arrive; of several to the same one, the first."""
        if key not in self._responses:
            self._responses.add(key)
            self.sent.setdefault(address, []).extend(messages)

    def _show(self, address: str, message: Sent) -> None:
        """Let the message arrive; a platform that knows keys drops the second one."""
        if self.capabilities.idempotent_send == "by key":
            if message.key in self._keys:
                return
            self._keys.add(message.key)
        self.sent.setdefault(address, []).append(message)


class _FakeAdapter(Adapter):
    """The adapter of a fake channel: as plain as one can be, and within every limit."""

    channel: FakeChannel

    async def receive(self, raw: Raw) -> Accepted | None:
        """Take in a delivery, as the route of a webhook does: answer on it, or acknowledge it."""
        message = self.decode(raw)
        if message is None:
            return None
        # Decoding is pure: until here the sender is an address of the platform.
        address = message.rid
        message = replace(message, rid=await self.gateway.reader_at(self.account, address))
        if self.capabilities.passive_reply_seconds:
            events = await self.gateway.passive_reply(message) or []
            payloads = [payload for event in events for payload in self.encode(event)]
            if payloads:
                self.channel.shows_response(address, message.event_key, payloads)
                await self.gateway.passive_reply_sent(message)
        return await self.gateway.accept(message)

    def decode(self, raw: Any) -> InboundMessage | None:
        """Return the message in a delivery."""
        fields = cast("Raw", raw) if isinstance(raw, dict) else {}
        key, sender, text = (fields.get(name) for name in ("key", "from", "text"))
        action = fields.get("action", "")
        if not (
            isinstance(key, str)
            and isinstance(sender, str)
            and isinstance(text, str)
            and isinstance(action, str)
        ):
            return None
        text = readable(text)[:LONGEST_MESSAGE_CHARACTERS]
        if readable(key) != key or not (text or action):
            return None
        now = self.gateway.now()
        return InboundMessage(self.account, sender, key, text, now, action=action)

    def encode(self, event: Event) -> list[Sent]:
        """Return the messages to send: pieces of the text, the buttons under the last one."""
        able = self.capabilities
        if event.sender == "reader" and able.delivery == "outbox":
            return []
        if able.buttons == "none":
            return [Sent(text, speaker=event.sender) for text in as_texts(event, able)]
        buttons = buttons_of(event.parts)
        texts = as_texts(replace(event, parts=_without_options(event.parts)), able)
        messages = [Sent(text, speaker=event.sender) for text in texts or [""]]
        messages[-1] = replace(messages[-1], buttons=buttons)
        return messages

    async def send(self, target: str, payload: Sent, key: str) -> SendResult:
        """Hand one message to the platform; an app that has ended reaches nobody any more."""
        if self.channel.speaks is not self:
            await asyncio.get_running_loop().create_future()
        return await self.channel.takes(target, replace(payload, key=key))


def _without_options(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the parts without their buttons, which this platform shows beside the text."""
    return tuple(Choice(part.prompt, ()) if isinstance(part, Choice) else part for part in parts)
