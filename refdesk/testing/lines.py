"""Which way do a reader's words go to the app, and its words back to the reader?"""

from collections.abc import Callable
from typing import Protocol

from refdesk.app import App
from refdesk.core.consultations import Event
from refdesk.core.log.parts_json import plain_text
from refdesk.core.messages import Choice, InboundMessage, Option
from refdesk.testing.conversation import Line
from refdesk.testing.fake_channel import FakeChannel


class Wire(Protocol):
    """What a reader holds in their hands."""

    consultation: str

    @property
    def has_buttons(self) -> bool:
        """Whether buttons can be pressed, or only typed."""
        ...

    async def send(self, text: str, action: str, key: str) -> None:
        """Send a message; return when the app has said that it is stored."""

    async def news(self) -> list[Line]:
        """Return what has been shown since the last call."""
        ...


class Page:
    """A page that shows the event log, such as the web chat's; also the log of other channels."""

    def __init__(self, app: Callable[[], App], account: str, rid: str) -> None:
        """Be the page of a reader on a channel account."""
        self.consultation = ""
        self._app = app
        self._account = account
        self._rid = rid
        self._seen: dict[str, int] = {}

    @property
    def has_buttons(self) -> bool:
        """Whether buttons can be pressed, or only typed."""
        return self._app().adapter(self._account).capabilities.buttons == "shown"

    async def send(self, text: str, action: str, key: str) -> None:
        """Bring the message to the app."""
        gateway = self._app().gateway
        message = InboundMessage(self._account, self._rid, key, text, gateway.now(), action=action)
        accepted = await gateway.accept(message)
        self._follow(accepted.consultation)

    async def news(self) -> list[Line]:
        """Read on in the logs from the last numbers seen."""
        gateway = self._app().gateway
        self._follow(await gateway.current_consultation(self._account, self._rid) or "")
        lines: list[Line] = []
        for consultation, seen in self._seen.items():
            events = await gateway.events_after(self._rid, consultation, seen) or []
            new = [event for event in events if event.seq > self._seen[consultation]]
            if new:
                self._seen[consultation] = new[-1].seq
            lines += [_line(event) for event in new if event.sender != "reader"]
        return lines

    def _follow(self, consultation: str) -> None:
        if consultation:
            self.consultation = consultation
            self._seen.setdefault(consultation, 0)


class Phone:
    """A device on a fake channel: it shows what the platform has brought, nothing else."""

    def __init__(self, channel: FakeChannel, address: str) -> None:
        """Be the device at an address of the platform."""
        self.consultation = ""
        self._channel = channel
        self._address = address
        self._seen = 0

    @property
    def has_buttons(self) -> bool:
        """Whether buttons can be pressed, or only typed."""
        return self._channel.capabilities.buttons == "shown"

    async def send(self, text: str, action: str, key: str) -> None:
        """Let the platform deliver the message."""
        accepted = await self._channel.delivers(self._address, text, key=key, action=action)
        if accepted is not None:
            self.consultation = accepted.consultation

    async def news(self) -> list[Line]:
        """Return what has arrived."""
        new = self._channel.sent.get(self._address, [])[self._seen :]
        self._seen += len(new)
        return [Line(one.speaker, one.text, one.buttons) for one in new]


def _line(event: Event) -> Line:
    buttons: tuple[Option, ...] = ()
    for part in event.parts:
        if isinstance(part, Choice):
            buttons += part.options
    return Line(event.alias or event.sender, plain_text(event.parts), buttons, event.sources)
