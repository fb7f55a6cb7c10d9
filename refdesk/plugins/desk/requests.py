"""What is in a request of the staff API, and may it be believed? (Pure but for reading bodies.)"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from aiohttp import web

from refdesk.core.lifecycle.wrapping_up import Outcome, QuestionType, WrapUp
from refdesk.core.readable_text import readable
from refdesk.core.staff.desk_work import LONGEST_REPLY_CHARACTERS

LARGEST_BODY_BYTES = 128 * 1024
LONGEST_SUBJECT_CHARACTERS = 200
_CLIENT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_LARGEST_SEQ = 2**53
HIGHEST_READ_EFFORT = 6


class RequestProblem(Exception):  # noqa: N818 - named like the answers it becomes
    """A request that cannot be used; `code` and `values` are those of the refusal."""

    def __init__(self, code: str, **values: Any) -> None:
        """Name the refusal."""
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class Message:
    """What a librarian writes to a reader."""

    text: str
    client_id: str


async def json_object(request: web.Request) -> dict[str, Any]:
    """Return the body, an empty one as an empty object; raises `RequestProblem`."""
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise RequestProblem("too_large") from error
    if len(raw) > LARGEST_BODY_BYTES:
        raise RequestProblem("too_large")
    try:
        body = json.loads(raw or b"{}")
    except (ValueError, RecursionError) as error:
        raise RequestProblem("bad_json") from error
    if not isinstance(body, dict):
        raise RequestProblem("bad_json")
    return body


def text_field(body: Mapping[str, Any], name: str) -> str:
    """Return a field that must be a text; raises `RequestProblem`."""
    value = body.get(name)
    if not isinstance(value, str):
        raise RequestProblem("bad_request", field=name)
    # Half of a surrogate pair can be written in JSON, but nowhere else.
    return value.encode("utf-8", "replace").decode("utf-8")


def message_in(body: Mapping[str, Any]) -> Message:
    """Return the message in a body; raises `RequestProblem`."""
    text, client_id = text_field(body, "text"), body.get("client_id")
    if not isinstance(client_id, str) or not _CLIENT_ID.fullmatch(client_id):
        raise RequestProblem("bad_client_id")
    if len(text) > LONGEST_REPLY_CHARACTERS:
        raise RequestProblem("too_long", most=LONGEST_REPLY_CHARACTERS)
    cleaned = readable(text)
    if not cleaned:
        raise RequestProblem("bad_text")
    return Message(cleaned, client_id)


def wrap_up_in(body: Mapping[str, Any]) -> WrapUp:
    """Return the notes of a wrap-up; raises `RequestProblem` naming what may be chosen."""
    outcome: Any = body.get("outcome")
    question_type: Any = body.get("question_type") or None
    effort, subject = body.get("read_effort"), body.get("subject") or None
    if outcome not in get_args(Outcome):
        raise RequestProblem("bad_outcome", known=", ".join(get_args(Outcome)))
    if question_type is not None and question_type not in get_args(QuestionType):
        raise RequestProblem("bad_question_type", known=", ".join(get_args(QuestionType)))
    if effort is not None and (type(effort) is not int or not 1 <= effort <= HIGHEST_READ_EFFORT):
        raise RequestProblem("bad_read_effort")
    if subject is not None:
        subject = readable(text_field(body, "subject"))
        if len(subject) > LONGEST_SUBJECT_CHARACTERS:
            raise RequestProblem("bad_subject", most=LONGEST_SUBJECT_CHARACTERS)
    return WrapUp(outcome, question_type, effort, subject or None)


def number_after(query: Mapping[str, str]) -> int:
    """Return the event number after which a log is wanted; raises `RequestProblem`."""
    given = query.get("after", "0")
    if not (given.isascii() and given.isdecimal()) or len(given) > len(str(_LARGEST_SEQ)):
        raise RequestProblem("bad_number")
    return min(int(given), _LARGEST_SEQ)
