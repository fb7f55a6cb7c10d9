"""What do the frames of the web-chat protocol mean? (docs/reference/web-chat-protocol.md; pure)"""

import json
import re
from dataclasses import dataclass
from typing import Any, cast

from refdesk.core.consultations import Event
from refdesk.core.log.event_json import event_to_json
from refdesk.core.log.parts_json import to_json
from refdesk.core.messages import Language
from refdesk.core.readable_text import readable
from refdesk.core.turns.inbox import LONGEST_MESSAGE_CHARACTERS

_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CONSULTATION = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Neither control characters nor half characters: an argument may be an entry's id.
_ACTION = re.compile(r"[\w.-]{1,60}(:[^\x00-\x1f\ud800-\udfff]{0,200})?")
_LONGEST_TOKEN = 200
_LARGEST_SEQ = 2**53


@dataclass(frozen=True, slots=True)
class Hello:
    """The page has opened: who it says it is, and what it has seen."""

    token: str | None
    consultation: str | None
    last_seen: int
    language: Language | None


@dataclass(frozen=True, slots=True)
class Said:
    """The reader has sent a text or pressed a button."""

    client_id: str
    text: str
    action: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A frame that cannot be used: a code for programs, a sentence for people."""

    code: str
    message: str
    client_id: str | None = None


def decode(text: str) -> Hello | Said | Problem:
    """Return what a client's frame means; never raises."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return Problem("bad_frame", "This frame is not valid JSON.")
    if not isinstance(frame, dict):
        return Problem("bad_frame", "A frame must be a JSON object with a type.")
    kind = frame.get("type")
    if kind == "message":
        return _decode_message(frame)
    if kind == "hello":
        return _decode_hello(frame)
    return Problem("unknown_type", "Known types are hello and message.")


def _decode_hello(frame: dict[str, Any]) -> Hello | Problem:
    token, consultation = frame.get("token"), frame.get("consultation")
    last_seen, language = frame.get("last_seen", 0), frame.get("language")
    if not isinstance(token, str | None) or not isinstance(consultation, str | None):
        return Problem("bad_frame", "token and consultation are texts or null.")
    if last_seen is None:
        last_seen = 0
    if type(last_seen) is not int or not 0 <= last_seen < _LARGEST_SEQ:
        return Problem("bad_frame", "last_seen is the number of the last event seen, or 0.")
    if token is not None and len(token) > _LONGEST_TOKEN:
        token = "too long to be one of ours"  # noqa: S105 - it is none, and gets a new one
    if consultation is not None and not _CONSULTATION.fullmatch(consultation):
        consultation = None
    known = cast("Language", language) if language in ("en", "zh") else None
    return Hello(token, consultation, last_seen, known)


def _decode_message(frame: dict[str, Any]) -> Said | Problem:
    client_id, text, action = frame.get("client_id"), frame.get("text"), frame.get("action", "")
    if not isinstance(client_id, str) or not _CLIENT_ID.fullmatch(client_id):
        return Problem("bad_message", "A message needs a client_id of its own, such as a UUID.")
    if not isinstance(text, str) or not isinstance(action, str):
        return Problem("bad_message", "The text of a message must be a string.", client_id)
    if len(text) > LONGEST_MESSAGE_CHARACTERS:
        return Problem(
            "too_long",
            f"A message may have {LONGEST_MESSAGE_CHARACTERS} characters. Please shorten it.",
            client_id,
        )
    cleaned = readable(text)
    if not cleaned:
        return Problem("empty_message", "The message has no text.", client_id)
    if action and not _ACTION.fullmatch(action):
        return Problem("bad_message", "This button is not one of ours.", client_id)
    return Said(client_id, cleaned, action)


def welcome(token: str, consultation: str | None, seq: int) -> str:
    """Return the answer to a hello."""
    return to_json({"type": "welcome", "token": token, "consultation": consultation, "seq": seq})


def accepted(client_id: str, consultation: str, seq: int) -> str:
    """Return the notice that a message is stored durably."""
    return to_json(
        {"type": "accepted", "client_id": client_id, "consultation": consultation, "seq": seq}
    )


def error(problem: Problem, retry_after: float | None = None) -> str:
    """Return an error frame; `retry_after` is in seconds."""
    frame: dict[str, Any] = {"type": "error", "code": problem.code, "message": problem.message}
    if problem.client_id is not None:
        frame["client_id"] = problem.client_id
    if retry_after is not None:
        frame["retry_after"] = round(retry_after, 1)
    return to_json(frame)


def event(one: Event) -> str:
    """Return an event frame."""
    return to_json(event_to_json(one))
