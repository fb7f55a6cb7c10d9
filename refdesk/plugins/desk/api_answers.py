"""What does the staff API say when it refuses? (A code for programs, a sentence for people.)"""

from typing import Any

from aiohttp import web

from refdesk.core.messages import Language
from refdesk.core.translations import translate
from refdesk.core.web.pages import language_of_visitor
from refdesk.core.web.server import SETTINGS, refusal

_STATUS = {
    "bad_request": 400,
    "bad_json": 400,
    "bad_text": 400,
    "bad_client_id": 400,
    "bad_outcome": 400,
    "bad_question_type": 400,
    "bad_read_effort": 400,
    "bad_subject": 400,
    "bad_number": 400,
    "unknown_state": 400,
    "not_signed_in": 401,
    "wrong_password": 401,
    "not_allowed": 403,
    "not_a_librarian": 403,
    "not_an_administrator": 403,
    "wrong_origin": 403,
    "not_found": 404,
    "not_there_any_more": 404,
    "no_such_effect": 404,
    "settled_already": 409,
    "no_such_plugin": 404,
    "stays_on": 409,
    "taken": 409,
    "wrong_state": 409,
    "not_the_same_reader": 409,
    "too_long": 413,
    "too_large": 413,
    "not_json": 415,
    "too_many_tries": 429,
}
_SAYS = {
    "bad_request": "Something is missing or of the wrong kind in this request: {field}.",
    "bad_json": "The body of the request is not a JSON object.",
    "bad_text": "The message has no text.",
    "bad_client_id": "A message needs a client_id of its own, such as a UUID.",
    "bad_outcome": "Please choose an outcome: {known}.",
    "bad_question_type": "Please choose a question type: {known}.",
    "bad_read_effort": "The READ effort is a number from 1 to 6.",
    "bad_subject": "A subject has at most {most} characters.",
    "bad_number": "“after” is the number of the last event seen, or 0.",
    "unknown_state": "There is no such list. Known are: {known}.",
    "not_signed_in": "Please sign in. Your session may have ended.",
    "wrong_password": "Name and password do not belong together, or the account is switched off.",
    "not_allowed": "Only the librarian who has claimed this consultation can do that.",
    "not_a_librarian": "Your account does not answer readers. An administrator can change that.",
    "not_an_administrator": "Only administrators can do that.",
    "wrong_origin": "This request comes from another site.",
    "not_found": "There is no such consultation, or it does not wait for a librarian any more.",
    "not_there_any_more": "Somebody has already settled this message, or it is not yours to see.",
    "no_such_effect": "There is nothing of this key that needs somebody.",
    "settled_already": "This has been settled already, or it may have happened and would happen "
    "twice. Look into the other system, then settle it.",
    "no_such_plugin": "There is no plugin {plugin}, or it is not loaded.",
    "stays_on": "{plugin} stays on: readers and librarians could not do without it.",
    "taken": "{by} has already taken this consultation.",
    "wrong_state": "That is not possible at this point of the consultation. "
    "Please look at it again.",
    "not_the_same_reader": "These two are not of the same reader.",
    "too_long": "A message may have {most} characters. Please shorten it.",
    "too_large": "This request is too large.",
    "not_json": "Send the request as application/json.",
    "too_many_tries": "Too many tries. Please wait {seconds} seconds and try again.",
}


def refuse(request: web.Request, code: str, **values: Any) -> web.Response:
    """Return the refusal `code` in the visitor's language, with what its sentence names."""
    message = translate(_SAYS[code], language_of(request), **values)
    extra = {"by": values["by"]} if "by" in values else {}
    response = refusal(_STATUS[code], code, message, **extra)
    if "seconds" in values:
        response.headers["Retry-After"] = str(values["seconds"])
    if _STATUS[code] == 401:  # noqa: PLR2004 - HTTP
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def language_of(request: web.Request) -> Language:
    """Return the visitor's language."""
    return language_of_visitor(request, request.app[SETTINGS].library.default_language)
