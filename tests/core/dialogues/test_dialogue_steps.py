"""Does a form keep its place whatever a reader does, and end exactly once?"""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from refdesk.core.dialogues.dialogues import (
    Answers,
    Circumstances,
    Dialogue,
    DialogueTable,
    Field,
    Possible,
)
from refdesk.core.dialogues.fields import Day, FreeText, OneOf, WholeNumber
from refdesk.core.dialogues.forms import (
    Answer,
    Form,
    dump_form,
    for_staff,
    load_form,
    put_aside,
)
from refdesk.core.dialogues.hearing import ShowFields, Stale, hear
from refdesk.core.dialogues.prompts import again, button, buttons, fields_to_change, prompt
from refdesk.core.dialogues.steps import (
    Back,
    Cancel,
    Change,
    Confirm,
    Give,
    Misheard,
    PutAside,
    Resume,
    Step,
    first_step,
    fitting,
    step,
)
from refdesk.errors import PluginError


async def finish(_answers: Answers, _context: object) -> str:
    return "done"


def named(word: str) -> dict[str, str]:
    return {"en": word, "zh": f"【{word}】"}


SIZES = OneOf(((1, named("small")), (2, named("large"))))
DAY = Field("day", named("Day"), named("Which day?"), Day())
SIZE = Field("size", named("Size"), named("Which size?"), SIZES)
ROOM = Field("room", named("Room"), named("Which room?"), OneOf(), depends=("day", "size"))
GROUP = Field("group", named("Group"), named("Which group?"), FreeText(20), optional=True)
BOOKING = Dialogue("x.book", named("Book"), (DAY, SIZE, ROOM, GROUP), finish)
TODAY_HERE = Circumstances("en", date(2026, 11, 22))
ROOMS = (Possible("a1", "Room A1"), Possible("b2", "Room B2"))


def begun(dialogue: Dialogue = BOOKING) -> Form:
    return first_step(dialogue, Form("x", dialogue.name, "1", 7, "en", "Book")).form


def answer(form: Form, value: str | int | None) -> Form:
    return step(BOOKING, form, Give(Answer(value, form.asked, str(value)))).form


def filled() -> Form:
    form = begun()
    for value in ("2026-11-27", 1, "a1", None):
        form = answer(form, value)
    return form


def say(form: Form, text: str = "", action: str = "") -> object:
    shown = replace(form, possible=ROOMS) if form.asked == "room" else form
    return hear(BOOKING, shown, text, action, buttons(prompt(BOOKING, shown)), TODAY_HERE)


def test_fields_are_asked_in_their_order_and_then_the_reader_confirms() -> None:
    form, asked = begun(), []
    for value in ("2026-11-27", 1, "a1", None):
        asked.append(form.asked)
        form = answer(form, value)
    assert asked == ["day", "size", "room", "group"]
    assert form.asked == ""
    assert step(BOOKING, form, Confirm()).then == "finishes"


def test_nothing_is_confirmed_before_everything_is_answered() -> None:
    assert step(BOOKING, answer(begun(), "2026-11-27"), Confirm()).then == "asks"


def test_back_asks_the_question_before_and_stays_at_the_first() -> None:
    form = answer(answer(begun(), "2026-11-27"), 1)
    form = step(BOOKING, form, Back()).form
    assert (form.asked, list(form.answers)) == ("size", ["day"])
    form = step(BOOKING, step(BOOKING, form, Back()).form, Back()).form
    assert (form.asked, dict(form.answers)) == ("day", {})


def test_a_changed_answer_asks_again_for_what_depended_on_it() -> None:
    form = step(BOOKING, filled(), Change("day")).form
    assert form.asked == "day"
    form = answer(form, "2026-11-28")
    assert form.asked == "room", "the room was free on the other day"
    assert {"size", "group"} <= form.answers.keys()


def test_a_changed_answer_without_dependents_leads_back_to_the_confirmation() -> None:
    form = step(BOOKING, filled(), Change("group")).form
    assert answer(form, "Chess").asked == ""


def test_a_form_is_the_same_after_it_was_stored() -> None:
    form = replace(filled(), possible=ROOMS, touched=12.5)
    assert load_form(dump_form(form)) == form
    assert load_form("") is None
    assert dump_form(None) == ""


@pytest.mark.parametrize("stored", ["{", "[]", "{}", '{"answers": 3}', "null"])
def test_a_form_nobody_can_read_is_no_form(stored: str) -> None:
    assert load_form(stored) is None


def test_an_updated_plugin_keeps_the_answers_it_still_understands() -> None:
    count = Field("size", named("People"), named("How many?"), WholeNumber(1, 9))
    newer = Dialogue("x.book", named("Book"), (count, DAY, GROUP), finish, version="2")
    form = answer(answer(begun(), "2026-11-27"), 1)
    answers = dict(form.answers) | {"day": Answer("2026-11-27", "Day", "Friday, 27 November 2026")}
    fitted = fitting(newer, replace(form, answers=answers), TODAY_HERE)
    assert (fitted.version, fitted.asked) == ("2", "group")
    assert fitted.values == {"size": 1, "day": "2026-11-27"}


def test_an_updated_plugin_asks_again_what_it_understands_no_longer() -> None:
    text = Field("day", named("Day"), named("Which day?"), WholeNumber(1, 7))
    newer = Dialogue("x.book", named("Book"), (text, GROUP), finish, version="2")
    fitted = fitting(newer, answer(answer(begun(), "2026-11-27"), 1), TODAY_HERE)
    assert (fitted.asked, dict(fitted.answers)) == ("day", {})


def test_a_removed_field_is_dropped_also_in_the_same_version() -> None:
    newer = replace(BOOKING, fields=(DAY, GROUP))
    fitted = fitting(newer, answer(answer(begun(), "2026-11-27"), 1), TODAY_HERE)
    assert (fitted.asked, list(fitted.answers)) == ("group", ["day"])
    assert fitting(BOOKING, filled(), TODAY_HERE) == filled()


def test_staff_are_shown_what_was_filled_in() -> None:
    told = for_staff(put_aside(dump_form(filled())))
    assert told.splitlines()[0] == "[Book]"
    assert "day: 2026-11-27" in told
    assert for_staff("") == ""
    assert put_aside("") == ""


def test_words_answer_the_field_that_is_asked() -> None:
    heard = say(begun(), "Friday")
    assert heard == Give(Answer("2026-11-27", "Day", "Friday, 27 November 2026"))
    assert say(begun(), "whenever") == Misheard()


def test_labels_values_and_numbers_choose() -> None:
    form = answer(answer(begun(), "2026-11-27"), 1)
    for text in ("Room B2", "b2", "2"):
        assert say(form, text) == Give(Answer("b2", "Room", "Room B2"))


@pytest.mark.parametrize(
    ("text", "move"),
    [("cancel", Cancel()), ("STOP!", Cancel()), ("取消", Cancel()), ("back", Back()),
     ("返回", Back())],
)  # fmt: skip
def test_the_words_of_a_form_work_everywhere_in_it(text: str, move: object) -> None:
    assert say(begun(), text) == move
    assert say(filled(), text) == move


def test_only_an_optional_field_can_be_skipped() -> None:
    form = step(BOOKING, filled(), Change("group")).form
    assert say(form, "skip") == Give(Answer(None, "Group", ""))
    assert say(form, "1") == Give(Answer(None, "Group", ""))
    assert say(begun(), "skip") == Misheard()


def test_an_old_button_does_nothing() -> None:
    form = answer(answer(begun(), "2026-11-27"), 1)
    old = buttons(prompt(BOOKING, replace(form, possible=ROOMS)))[0].action
    later = answer(form, "b2")
    assert say(later, action=old) == Stale(), "that question is no longer asked"
    assert say(replace(form, number=8), action=old) == Stale(), "that was another form"
    confirm = button(filled(), "confirm")
    changed = answer(step(BOOKING, filled(), Change("group")).form, "Chess")
    assert say(filled(), action=confirm) == Confirm()
    assert say(changed, action=confirm) == Stale(), "the reader confirmed other answers"


@pytest.mark.parametrize(
    "action",
    ["dialogue.", "dialogue.confirm", "dialogue.answer:7:0:day", "dialogue.answer:7:0:room=zz",
     "dialogue.skip:7:0:", "dialogue.x:7:1:", "dialogue.answer:7:1:size=9"],
)  # fmt: skip
def test_a_forged_button_does_nothing(action: str) -> None:
    assert say(answer(begun(), "2026-11-27"), action=action) == Stale()


def test_buttons_of_others_are_not_for_the_form() -> None:
    assert say(begun(), action="faq.entry:print") == "not for the form"


def test_change_shows_the_fields_and_a_number_presses_one() -> None:
    assert say(filled(), "Change something") == ShowFields()
    shown = buttons(fields_to_change(BOOKING, filled()))
    assert hear(BOOKING, filled(), "2", "", shown, TODAY_HERE) == Change("size")
    assert say(filled(), "size") == Change("size")


def test_a_form_put_aside_hears_only_that_it_goes_on() -> None:
    form = step(BOOKING, begun(), PutAside()).form
    assert say(form, "Friday") == "not for the form"
    assert say(form, "cancel") == "not for the form"
    assert say(form, "continue") == Resume()
    assert say(form, action=button(form, "cancel")) == Cancel()
    assert say(form, action=button(form, "back")) == Stale()


def test_after_two_misses_the_ways_out_are_shown() -> None:
    form = step(BOOKING, begun(), Misheard()).form
    assert not buttons(again(BOOKING, form))
    form = step(BOOKING, form, Misheard()).form
    labels = [one.label for one in buttons(again(BOOKING, form))]
    assert labels == ["Back one question", "Cancel", "Ask a librarian"]
    assert answer(form, "2026-11-27").refusals == 0


@pytest.mark.parametrize(
    ("fields", "problem"),
    [((), "asks nothing"), ((DAY, DAY), "twice"), ((ROOM, DAY), "not asked before")],
)
def test_a_form_that_makes_no_sense_stops_the_start(
    fields: tuple[Field, ...], problem: str
) -> None:
    with pytest.raises(PluginError, match=problem):
        DialogueTable([("x", replace(BOOKING, fields=fields))])


def test_two_forms_of_one_name_stop_the_start() -> None:
    with pytest.raises(PluginError, match="there already"):
        DialogueTable([("x", BOOKING), ("y", BOOKING)])


MOVES = st.one_of(
    st.builds(
        Give, st.builds(Answer, st.sampled_from([None, 1, "a1"]), st.just("t"), st.just("s"))
    ),
    st.sampled_from([Misheard(), Back(), PutAside(), Resume()]),
    st.builds(Change, st.sampled_from(["day", "size", "room", "group", "gone"])),
)


class AnyReader(RuleBasedStateMachine):
    """A reader who does anything in any order, and a server that is restarted at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.form = begun()
        self.finished = 0
        self.over = False

    def moved(self, now: Step) -> None:
        self.form = now.form
        if now.then in ("finishes", "is cancelled"):
            self.over = True
            self.finished += now.then == "finishes"

    @precondition(lambda self: not self.over)
    @rule(move=MOVES)
    def does_something(self, move: object) -> None:
        before = self.form
        self.moved(step(BOOKING, before, move))  # type: ignore[arg-type]
        assert not self.over, "only confirming and cancelling end a form"
        if isinstance(move, Give) and before.asked:
            assert before.asked in self.form.answers
            assert self.form.step > before.step, "older buttons do not confirm this"

    @precondition(lambda self: not self.over)
    @rule()
    def confirms(self) -> None:
        complete = not self.form.asked and len(self.form.answers) == len(BOOKING.fields)
        self.moved(step(BOOKING, self.form, Confirm()))
        assert self.over == complete

    @precondition(lambda self: not self.over)
    @rule()
    def cancels(self) -> None:
        self.moved(step(BOOKING, self.form, Cancel()))
        assert self.over

    @precondition(lambda self: self.over)
    @rule()
    def begins_anew(self) -> None:
        self.form, self.over, self.finished = begun(), False, 0

    @rule()
    def restarts(self) -> None:
        loaded = load_form(dump_form(self.form))
        assert loaded == self.form
        assert fitting(BOOKING, loaded, TODAY_HERE) == self.form

    @invariant()
    def has_its_place(self) -> None:
        form = self.form
        assert self.finished <= 1
        assert form.asked == "" or BOOKING.field(form.asked)
        unanswered = [one.name for one in BOOKING.fields if one.name not in form.answers]
        assert form.asked or not unanswered, "nobody confirms what is not complete"
        assert form.answers.keys() <= {one.name for one in BOOKING.fields}
        assert prompt(BOOKING, form).parts


TestAnyReader = AnyReader.TestCase
