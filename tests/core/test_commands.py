"""Do words, buttons and typed numbers lead to the right command, and nothing else?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdesk import Command, Option
from refdesk.core.commands import CommandTable, normalised
from refdesk.errors import PluginError


async def nothing(_call: object, _context: object) -> None:
    return None


HUMAN = Command(
    "handoff.human", nothing, {"en": ("Librarian", "real person", "human"), "zh": ("转人工",)}
)
SHOW = Command("faq.entry", nothing)
FIND = Command("catalogue.find", nothing, {"en": ("/find",)})
TABLE = CommandTable([("handoff", HUMAN), ("faq", SHOW), ("catalogue", FIND)])
OFFERED = (Option("Printing", "faq.entry:print"), Option("A person", "handoff.human"))


def found(text: str, action: str = "", offered: tuple[Option, ...] = ()) -> tuple[str, str] | None:
    hit = TABLE.find(text, action, offered)
    return (hit[1].name, hit[2]) if hit else None


@pytest.mark.parametrize(
    "text",
    [
        "librarian",
        "LIBRARIAN!!",
        " Librarian. ",
        "real   person",
        "转人工",
        "转人工！",
        "ｈｕｍａｎ",
    ],
)
def test_a_word_is_known_in_any_case_width_and_punctuation(text: str) -> None:
    assert found(text) == ("handoff.human", "")


@pytest.mark.parametrize("text", ["is a human there?", "librarians", "", "?!", "/", "/nothing"])
def test_other_messages_are_no_command(text: str) -> None:
    assert found(text) is None


def test_a_word_with_a_slash_takes_an_argument() -> None:
    assert found("/find  two words ") == ("catalogue.find", "two words")
    assert found("/FIND") == ("catalogue.find", "")
    assert found("find") is None


def test_a_button_brings_its_argument() -> None:
    assert found("Printing", "faq.entry:print:a3") == ("faq.entry", "print:a3")
    assert found("Printing", "no.such:thing") is None


def test_a_typed_number_or_label_presses_a_button_shown_last() -> None:
    assert found("1", offered=OFFERED) == ("faq.entry", "print")
    assert found("２．", offered=OFFERED) == ("handoff.human", "")
    assert found("printing", offered=OFFERED) == ("faq.entry", "print")
    assert found("3", offered=OFFERED) is None
    assert found("1") is None


def test_a_button_that_no_plugin_knows_any_more_is_not_pressed() -> None:
    assert found("1", offered=(Option("Old", "gone.plugin:1"),)) is None


def test_two_plugins_may_not_share_a_word_or_a_name() -> None:
    for command in (Command("other.human", nothing, {"en": ("LIBRARIAN",)}), SHOW):
        again = Command(command.name, nothing, command.words)
        with pytest.raises(PluginError, match="both claim"):
            CommandTable([("handoff", HUMAN), ("faq", SHOW), ("other", again)])


def test_a_command_may_list_a_word_twice() -> None:
    twice = Command("a.b", nothing, {"en": ("Hi", "hi!")})
    assert CommandTable([("a", twice)]).find("HI", "", ()) is not None


def test_a_word_without_letters_is_refused_because_every_smiley_would_mean_it() -> None:
    with pytest.raises(PluginError, match="empty word"):
        CommandTable([("a", Command("a.b", nothing, {"en": ("🙏",)}))])


@given(st.text(max_size=50), st.text(max_size=50))
def test_no_text_and_no_action_breaks_the_table(text: str, action: str) -> None:
    TABLE.find(text, action, OFFERED)
    assert normalised(normalised(text)) == normalised(text)
