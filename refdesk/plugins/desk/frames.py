"""What do the frames of the desk's live connection mean? (pure)

From the page: `watch` (a consultation, and the last number seen of its log), `unwatch`. To the
page: `list` (all lists, whenever they change), `watching`, then `event`s; `taken` when a colleague
has claimed what was watched, `gone` when it waits for nobody any more. `attention` lists what could
not be sent, `delivery` how far the messages of the watched consultation have come.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from refdesk.core.consultations import Event
from refdesk.core.lifecycle.endings import awaits_wrap_up
from refdesk.core.log.event_json import event_to_json
from refdesk.core.staff.authorise import StaffActor
from refdesk.core.staff.desk_lists import Listed

_LARGEST_SEQ = 2**53
_LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Watch:
    """The page has opened a consultation and has seen its log up to a number."""

    consultation: str
    last_seen: int


@dataclass(frozen=True, slots=True)
class Unwatch:
    """The page shows no consultation any more."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A frame that cannot be used: a code for programs, a sentence for people."""

    code: str
    message: str


def decode(text: str) -> Watch | Unwatch | Problem:
    """Return what a page's frame means; never raises."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return Problem("bad_frame", "This frame is not valid JSON.")
    match frame:
        case {"type": "watch", "consultation": str(consultation)}:
            last_seen = frame.get("last_seen", 0)
            if type(last_seen) is not int or not 0 <= last_seen < _LARGEST_SEQ:
                return Problem("bad_frame", "last_seen is the number of the last event seen, or 0.")
            if not consultation.isascii() or len(consultation) > _LONGEST_ID:
                return Problem("bad_frame", "This is no consultation of ours.")
            return Watch(consultation, last_seen)
        case {"type": "unwatch"}:
            return Unwatch()
    return Problem("unknown_type", "Known types are watch and unwatch.")


def item(listed: Listed, staff: StaffActor) -> dict[str, Any]:
    """Return a consultation as lists show it; `owner` is the name that readers see."""
    one = listed.consultation
    return {
        "id": one.id,
        "state": one.state.value,
        "since": one.since,
        "opened_at": one.opened_at,
        "language": one.language,
        "account": one.account,
        "handoff_reason": one.handoff_reason,
        "queue": one.queue,
        "owner": listed.owner_alias or None,
        "mine": one.owner == staff.name,
        "first_text": listed.first_text,
        "question": listed.question,
        "reader_seq": listed.reader_seq,
        "quiet_since": listed.quiet_since,
        "due_at": one.due_at,
        "overdue": listed.overdue,
        "follow_ups": one.follow_ups,
        "to_wrap_up": one.owner == staff.name and awaits_wrap_up(one),
        "merged_into": one.merged_into,
    }


def lists(named: Sequence[tuple[str, Sequence[Listed]]], staff: StaffActor) -> dict[str, Any]:
    """Return all lists of a librarian by name."""
    return {name: [item(one, staff) for one in found] for name, found in named}


def list_frame(shown: dict[str, Any], now: float) -> str:
    """Return the frame of all lists; `now` is the server's clock, for waiting times."""
    return _dump({"type": "list", "now": now, **shown})


def watching(listed: Listed, staff: StaffActor, newest: int) -> str:
    """Return the notice that events of a consultation follow, the missed ones up to `newest`."""
    return _dump({"type": "watching", "item": item(listed, staff), "seq": newest})


def event(one: Event) -> str:
    """Return an event frame, as readers' pages get it, notes among staff included."""
    return _dump(event_to_json(one))


def attention(shown: dict[str, Any], now: float) -> str:
    """Return the frame of what could not be sent, and of channels in trouble."""
    return _dump({"type": "attention", "now": now, **shown})


def delivery(consultation: str, marks: dict[str, Any]) -> str:
    """Return how far the messages of the watched consultation have come, by number."""
    return _dump({"type": "delivery", "consultation": consultation, "marks": marks})


def taken(consultation: str, by: str) -> str:
    """Return the notice that a colleague has claimed what was watched."""
    return _dump({"type": "taken", "consultation": consultation, "by": by})


def gone(consultation: str) -> str:
    """Return the notice that a consultation is not for these eyes, or not any more."""
    return _dump({"type": "gone", "consultation": consultation})


def error(problem: Problem) -> str:
    """Return an error frame."""
    return _dump({"type": "error", "code": problem.code, "message": problem.message})


_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _dump(frame: dict[str, Any]) -> str:
    return _encoder.encode(frame)
