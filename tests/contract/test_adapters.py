"""Does every built-in adapter keep the promises of `refdesk.core.channels.adapter.Adapter`?

The contract itself is `refdesk.testing.adapter_contract`: a new adapter adds a class here and may
not change the contract.
"""

import json
from importlib.metadata import entry_points
from typing import Any

import pytest

from refdesk.adapters.console import Console
from refdesk.adapters.web_chat import WebChat
from refdesk.core.channels.adapter import Adapter, NoSettings
from refdesk.core.channels.capabilities import Capabilities
from refdesk.testing import FakeChannel, Sent
from refdesk.testing.adapter_contract import AdapterContract, Recording
from refdesk.testing.encoding_contract import EncodingContract


class TestConsole(AdapterContract):
    adapter_class = Console
    account = "console"
    keys = "none"
    unreachable = "nobody"

    def raw(self, text: str, key: str, address: str) -> str:
        del key, address
        return f"{text}\n"


class TestWebChat(AdapterContract):
    adapter_class = WebChat
    account = "web_chat"
    unreachable = "nobody"
    own_paths = frozenset({"/chat", "/chat/ws", "/widget.js"})
    nobody_said = (
        json.dumps({"type": "hello", "token": None, "consultation": None, "last_seen": 0}),
        json.dumps({"type": "typing"}),
        "[]",
        "",
    )
    recordings = (
        Recording(
            json.dumps(
                {"type": "message", "client_id": "7d0f", "text": "Yes", "action": "faq.helpful:r"}
            ),
            text="Yes",
            key="7d0f",
            action="faq.helpful:r",
        ),
    )

    def raw(self, text: str, key: str, address: str) -> str:
        del address
        return json.dumps({"type": "message", "client_id": key, "text": text})


class TestFakeChannel(AdapterContract):
    adapter_class = FakeChannel().adapter
    account = "kiosk"
    nobody_said = ({}, {"key": "k1", "from": "anna"}, "nothing", None)

    def raw(self, text: str, key: str, address: str) -> dict[str, Any]:
        return FakeChannel().written(address, text, key=key)


class TestFakeChannelOfAnyCapabilities(EncodingContract):
    @pytest.fixture(
        params=[
            Capabilities(delivery="event log", buttons="shown"),
            Capabilities(text_limit=60, text_unit="bytes"),
            Capabilities(text_limit=280, text_unit="utf-16", buttons="shown"),
            Capabilities(text_limit=300, text_unit="graphemes"),
        ],
        ids=["event log", "short messages", "counts like JavaScript", "counts what is seen"],
    )
    def adapter(self, request: pytest.FixtureRequest) -> Adapter:
        return FakeChannel(request.param).adapter("kiosk", NoSettings(), gateway=None)

    def text(self, payload: Sent) -> str:
        return payload.text


def test_every_built_in_adapter_stands_here() -> None:
    tested = {TestConsole.account, TestWebChat.account}
    assert {point.name for point in entry_points(group="refdesk.adapters")} == tested
