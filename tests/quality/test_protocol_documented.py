"""Are the frames in the reference of the web chat those that the program reads and writes?"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from refdesk.adapters.web_chat import connection, frames
from refdesk.adapters.web_chat.frames import Hello, Problem, Said
from refdesk.core.consultations import Event, State
from refdesk.core.log.parts_json import part_from_json
from refdesk.core.messages import Source

PAGE = Path(__file__).parents[2] / "docs/reference/web-chat-protocol.md"
TEXT = PAGE.read_text(encoding="utf-8")
FRAMES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]


def written(frame: dict[str, Any]) -> str:
    """Return the frame as the program writes one of this content."""
    match frame["type"]:
        case "welcome":
            return frames.welcome(frame["token"], frame["consultation"], frame["seq"])
        case "accepted":
            return frames.accepted(frame["client_id"], frame["consultation"], frame["seq"])
        case "error":
            problem = Problem(frame["code"], frame["message"], frame.get("client_id"))
            return frames.error(problem, frame.get("retry_after"))
    return frames.event(
        Event(
            frame["consultation"],
            frame["seq"],
            frame["at"],
            frame["kind"],
            frame["from"],
            tuple(part_from_json(part) for part in frame["parts"]),
            tuple(
                Source(one["title"], one.get("url", ""), one.get("entry", ""))
                for one in frame["sources"]
            ),
            state=State(frame["state"]) if "state" in frame else None,
            alias=frame.get("name"),
        )
    )


@pytest.mark.parametrize("frame", [one for one in FRAMES if one.get("type") == "hello"])
def test_a_documented_hello_is_understood(frame: dict[str, Any]) -> None:
    seen = (frame["token"], frame["consultation"], frame["last_seen"], frame["language"])
    assert frames.decode(json.dumps(frame)) == Hello(*seen)


@pytest.mark.parametrize("frame", [one for one in FRAMES if one.get("type") == "message"])
def test_a_documented_message_is_understood(frame: dict[str, Any]) -> None:
    said = Said(frame["client_id"], frame["text"], frame.get("action", ""))
    assert frames.decode(json.dumps(frame)) == said


@pytest.mark.parametrize(
    "frame", [one for one in FRAMES if one.get("type") in ("welcome", "accepted", "event", "error")]
)
def test_a_documented_frame_of_the_server_is_what_it_writes(frame: dict[str, Any]) -> None:
    assert json.loads(written(frame)) == frame


def test_every_frame_of_both_sides_is_shown() -> None:
    shown = {frame.get("type") for frame in FRAMES}
    assert shown >= {"hello", "message", "welcome", "accepted", "event", "error"}


def test_every_error_code_is_explained() -> None:
    sources = [Path(module.__file__).read_text(encoding="utf-8") for module in (frames, connection)]
    codes = set(re.findall(r'Problem\(\s*"(\w+)"', "\n".join(sources)))
    explained = set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE))
    assert codes
    assert codes - explained == set()
