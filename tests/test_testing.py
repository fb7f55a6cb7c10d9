"""Does the kit for plugin authors do what its documentation shows?"""

import subprocess
import sys
from types import ModuleType

import pytest

from refdesk import Offer, Question, hookimpl
from refdesk.knowledge_base import make_entry
from refdesk.testing import MakeLibrary


@pytest.fixture
def seats() -> ModuleType:
    """A plugin as its author writes it: a module with one hook."""

    @hookimpl
    async def answer_question(question: Question) -> Offer | None:
        if question.mentions("seat", "座位"):
            return Offer("12 seats are free now.", confidence=0.9, source="Seat system")
        return None

    module = ModuleType("refdesk_seats")
    module.answer_question = answer_question
    return module


async def test_a_plugin_is_asked_and_answers(library: MakeLibrary, seats: ModuleType) -> None:
    assert "12 seats" in await library(seats).ask("Is there a free seat?")


async def test_built_in_plugins_answer_beside_it(library: MakeLibrary, seats: ModuleType) -> None:
    entry = make_entry("print", "Where can I print?", "Beside the stairs.", language="en")
    asked = library(seats, entries=[entry])
    assert "Beside the stairs" in await asked.ask("Where can I print?")


async def test_settings_are_those_of_the_test(library: MakeLibrary) -> None:
    asked = library(settings='[library]\nname = { en = "Riverside Library" }\n')
    assert "Riverside Library" in await asked.ask("hello")


def test_the_kit_opens_nothing_before_it_is_used() -> None:
    code = "import refdesk.testing, sys; assert 'refdesk.app' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
