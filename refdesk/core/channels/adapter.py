"""What does refdesk need to know and do to speak on a platform?

An adapter is a pure `decode` and `encode` and a thin shell. Storing once, order, retries, budgets
and rate limits are the core's. What the platform can carry and answer: `capabilities.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from aiohttp import web
from pydantic import BaseModel

from refdesk.core.channels.capabilities import Budget, Capabilities, Health, Rate, SendResult
from refdesk.core.channels.gateway import Gateway
from refdesk.core.consultations import Event
from refdesk.core.messages import InboundMessage
from refdesk.core.web.assets import WebAssets

__all__ = ["Adapter", "Budget", "Capabilities", "Health", "NoSettings", "Rate", "SendResult"]


class NoSettings(BaseModel, extra="forbid"):
    """The section of an adapter that has nothing to set."""


class Adapter(ABC):
    """One platform. Subclasses are named by entry point in the group `refdesk.adapters`."""

    # Of the platform as documented; an object may know better (`self.capabilities = ...`).
    capabilities: Capabilities
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
        """Return what the platform has to be sent for an event, in order. Pure.

        The same event always gives the same payloads: after a failure in the middle the first
        ones are not sent again.
        """

    async def send(self, target: str, payload: Any, key: str) -> SendResult:
        """Send one payload to the reader at the platform's address `target`.

        `key` names this payload of this message and never changes: a platform that knows keys is
        given it. Never raises for what a platform may answer.
        """
        del target, payload, key
        return SendResult("permanent", reason="this channel shows its event log")

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

    async def health(self) -> Health:
        """Return how the channel is, by asking the platform where that is cheap.

        Asked every half minute, and before an account that had to stop is tried again.
        """
        return Health("working")
