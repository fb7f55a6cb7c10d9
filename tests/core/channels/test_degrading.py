"""What does a platform that knows only text show of buttons, files, sources and long answers?"""

from hypothesis import given
from hypothesis import strategies as st

from refdesk import Choice, File, Image, Link, Option, Part, Quote, Source, Text
from refdesk.core.channels.capabilities import Capabilities
from refdesk.core.channels.degrading import as_texts, fitted, said
from refdesk.core.channels.message_splitting import measure
from refdesk.core.consultations import Event
from refdesk.core.outbox.coalescing import coalesced

SMS = Capabilities(text_limit=160)
BUTTONS = Capabilities(buttons="shown")


def reply(*parts: Part, seq: int = 1, sources: tuple[Source, ...] = ()) -> Event:
    return Event("c", seq, 0.0, "reply", "bot", parts, sources)


def test_buttons_are_numbered_through_a_message() -> None:
    first = Choice("Which floor?", (Option("Third", "a:3"), Option("Fourth", "a:4")))
    second = Choice("", (Option("Ask a librarian", "person"),))
    words = said(reply(first, Text("Or:"), second))
    assert words == "Which floor?\n1. Third\n2. Fourth\nOr:\n3. Ask a librarian"


def test_files_and_pictures_are_links() -> None:
    form = File("form.pdf", "https://x.example/d/1", "application/pdf", 10)
    stairs = Image("https://x.example/i.png", "The stairs")
    assert said(reply(form, stairs, Link("https://x.example/m", "Map"), Quote("as you wrote"))) == (
        "form.pdf: https://x.example/d/1\nThe stairs: https://x.example/i.png\n"
        "Map: https://x.example/m\nas you wrote"
    )


def test_a_librarian_is_named_and_sources_stand_below() -> None:
    event = Event("c", 1, 0.0, "reply", "librarian", (Text("Hello"),), alias="Ms Li")
    assert said(event) == "Ms Li:\nHello"
    rules = Source("Rules", "https://x.example/r")
    assert said(reply(Text("Two weeks."), sources=(rules,))).endswith("[Rules https://x.example/r]")


def test_the_short_answer_is_said_where_the_long_one_does_not_fit() -> None:
    answer = Text("A long explanation of everything. " * 10, "Two weeks.")
    assert as_texts(reply(answer), SMS) == ["Two weeks."]
    assert as_texts(reply(answer), Capabilities())[0].startswith("A long explanation")
    assert len(as_texts(reply(Text(answer.text)), SMS)) == 3


texts = st.text(alphabet="ab 图书馆。.\n", min_size=1, max_size=600)


@given(text=texts, second=texts)
def test_fitting_cuts_to_one_message_and_keeps_the_source(text: str, second: str) -> None:
    source = Source("Rules", "https://x.example/r")
    event = fitted(reply(Text(text), Text(second), sources=(source,)), SMS)
    assert measure(said(event), "characters") <= 160
    assert "https://x.example/r" in said(event)


def test_several_replies_become_one_in_order() -> None:
    one = coalesced([reply(Text("first")), reply(Text("second"), seq=2)], SMS)
    assert said(one) == "first\nsecond"
    assert one.seq == 1


def test_numbers_press_the_newest_buttons_older_ones_are_only_named() -> None:
    old = reply(Choice("Did you mean?", (Option("Loans", "f:1"),)))
    new = reply(Text("Here."), Choice("More?", (Option("Fines", "f:2"),)), seq=2)
    words = said(coalesced([old, new], SMS))
    assert words == "Did you mean?\n· Loans\nHere.\nMore?\n1. Fines"


def test_where_buttons_are_shown_all_of_them_are_kept() -> None:
    old = reply(Choice("Did you mean?", (Option("Loans", "f:1"), Option("Person", "p"))))
    new = reply(Choice("More?", (Option("Fines", "f:2"), Option("Person", "p"))), seq=2)
    *_, choice = coalesced([old, new], BUTTONS).parts
    assert isinstance(choice, Choice)
    assert [option.label for option in choice.options] == ["Loans", "Person", "Fines"]


def test_sources_of_several_replies_are_named_once() -> None:
    rules = Source("Rules")
    both = coalesced([reply(Text("a"), sources=(rules,)), reply(Text("b"), sources=(rules,))], SMS)
    assert both.sources == (rules,)
