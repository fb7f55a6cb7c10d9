"""Does the reference of the staff API name every address, refusal and word that the API knows?"""

import re
from pathlib import Path
from typing import get_args

from refdesk.core.lifecycle.wrapping_up import Outcome, QuestionType
from refdesk.core.staff.authorise import Role
from refdesk.plugins import desk
from refdesk.plugins.desk import api_answers

TEXT = (Path(__file__).parents[2] / "docs/reference/staff-api.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"`([^`\n]+)`", TEXT))


def test_every_address_is_named() -> None:
    routes = [route for route in desk.register_routes() if route.path.startswith("/api/")]
    named = {word.partition("?")[0] for word in WORDS}
    assert routes
    assert [route for route in routes if f"{route.method} {route.path}" not in named] == []


def test_every_refusal_is_named_with_its_status() -> None:
    rows = dict(re.findall(r"^\| (\d{3}) \| (.*) \|$", TEXT, re.MULTILINE))
    statuses = api_answers._STATUS.items()
    assert [code for code, status in statuses if f"`{code}`" not in rows[str(status)]] == []


def test_every_word_of_a_wrap_up_and_every_role_is_named() -> None:
    words = {*get_args(Outcome), *get_args(QuestionType), *(role.value for role in Role)}
    assert words - WORDS == set()
