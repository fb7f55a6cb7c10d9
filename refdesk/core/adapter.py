"""What does refdesk need to know and do to speak on a platform?

An adapter is a pure `decode` and `encode` and a thin shell. Storing once, order, retries, budgets
and rate limits are the core's.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from aiohttp import web
from pydantic import BaseModel

from refdesk.core.consultations import Event
from refdesk.core.gateway import Gateway
from refdesk.core.messages import InboundMessage
from refdesk.core.web.assets import WebAssets


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can carry. Lengths count `text_unit`; 0 means no limit."""

    text_limit: int = 0
    text_unit: Literal["characters", "bytes"] = "characters"
    buttons: Literal["none", "shown"] = "none"
    links: Literal["plain", "labelled"] = "plain"
    delivery: Literal["event log", "outbox"] = "outbox"


@dataclass(frozen=True, slots=True)
class SendResult:
    """What a platform said to a message: `retry` may name seconds, `refused` a reason."""

    result: Literal["accepted", "retry", "window_closed", "auth", "refused"]
    retry_seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """How a channel is: `working` or `failing`, and why."""

    condition: Literal["working", "failing", "off"]
    reason: str = ""


class NoSettings(BaseModel, extra="forbid"):
    """The section of an adapter that has nothing to set."""


class Adapter(ABC):
    """One platform. Subclasses are named by entry point in the group `refdesk.adapters`."""

    capabilities: ClassVar[Capabilities]
    settings_model: ClassVar[type[BaseModel]] = NoSettings
    # The console reads the terminal of whoever called it; everything else belongs to the server.
    runs: ClassVar[Literal["with the server", "by its command"]] = "with the server"

    def __init__(self, account: str, settings: Any, gateway: Gateway) -> None:
        """Speak for the channel account `account`, bringing messages to `gateway`."""
        self.account = account
        self.settings = settings
        self.gateway = gateway

    @abstractmethod
    def decode(self, raw: Any) -> InboundMessage | None:
        """Return the message in what the platform sent; None when it is none. Pure."""

    @abstractmethod
    def encode(self, event: Event) -> list[Any]:
        """Return what the platform has to be sent for an event, in order. Pure."""

    async def send(self, target: str, payload: Any) -> SendResult:
        """Send one payload to a reader; never raises for what a platform may answer."""
        del target, payload
        return SendResult("refused", reason="this channel shows its event log")

    def web_assets(self) -> Sequence[WebAssets]:
        """Return folders of page templates and static files that the routes use."""
        return ()

    def routes(self) -> Sequence[web.RouteDef]:
        """Return web addresses of this channel: webhooks, pages, sockets."""
        return ()

    async def run(self) -> None:  # noqa: B027 - webhooks need none
        """Receive until cancelled, for platforms that have to be asked.

        The server calls it once at start, and again when it raises; other platforms leave it.
        """

    async def close(self) -> None:  # noqa: B027 - most have nothing to give back
        """Say goodbye to readers and give resources back."""

    def health(self) -> Health:
        """Return how the channel is."""
        return Health("working")
