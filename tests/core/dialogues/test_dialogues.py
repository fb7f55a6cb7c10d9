"""Does a reader get through a form, whatever they do and whatever happens to the server?"""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from refdesk import (
    Answers,
    Command,
    CommandCall,
    Day,
    Dialogue,
    Field,
    FreeText,
    HandoffReason,
    OneOf,
    PluginContext,
    Possible,
    WholeNumber,
    Wrong,
    hookimpl,
)
from refdesk.core.dialogues.dialogues import Value
from refdesk.errors import PluginError
from refdesk.testing import FakeClock, Library, MakeLibrary


def both(english: str, chinese: str) -> dict[str, str]:
    return {"en": english, "zh": chinese}


@dataclass
class Tours:
    """A plugin that books guided tours; what the other side does is set by the test."""

    __name__ = "tours"
    booked: list[Answers] = field(default_factory=list)
    guides: list[str] = field(default_factory=lambda: ["Ms Li", "Mr Ma"])
    version: str = "1"
    fields: tuple[str, ...] = ("day", "people", "guide", "wish")
    breaks: str = ""

    def form(self) -> Dialogue:
        known = {
            "day": Field("day", both("Day", "日期"), both("Which day?", "哪一天？"), Day(30)),
            "people": Field(
                "people", both("People", "人数"), both("How many people?", "有几个人？"),
                WholeNumber(1, 40), check=self.check_people,
            ),
            "guide": Field(
                "guide", both("Guide", "讲解员"), both("Which guide?", "哪位讲解员？"),
                OneOf(), choices=self.guides_of, depends=("day",),
            ),
            "wish": Field(
                "wish", both("Wish", "要求"), both("Any wish?", "有什么要求？"),
                FreeText(100), optional=True,
            ),
        }  # fmt: skip
        title = both("Book a tour", "预约参观")
        fields = tuple(known[name] for name in self.fields)
        return Dialogue("tours.book", title, fields, self.finish, 30, self.version)

    @hookimpl
    def register_dialogues(self) -> list[Dialogue]:
        return [self.form()]

    @hookimpl
    def register_commands(self) -> list[Command]:
        return [
            Command("tours.begin", self.begin, {"en": ("tour",), "zh": ("参观",)}),
            Command("tours.prefilled", self.begin_prefilled, {"en": ("tour tomorrow",)}),
            Command("tours.person", self.bring_person, {"en": ("complain",)}),
        ]

    async def begin(self, _call: CommandCall, context: PluginContext) -> None:
        context.begin_dialogue("tours.book")

    async def begin_prefilled(self, _call: CommandCall, context: PluginContext) -> None:
        context.begin_dialogue("tours.book", day="2026-03-17", people=4)

    async def bring_person(self, _call: CommandCall, context: PluginContext) -> None:
        context.hand_off(HandoffReason.ASKED)

    async def check_people(
        self, people: Value, _answers: Answers, context: PluginContext
    ) -> Wrong | None:
        self._break("check")
        if isinstance(people, int) and people > 20:
            return Wrong("只能接待 20 人。" if context.language == "zh" else "At most 20 fit in.")
        return None

    async def guides_of(self, _answers: Answers, _context: PluginContext) -> list[Possible] | Wrong:
        self._break("choices")
        return [Possible(name, name) for name in self.guides] or Wrong("No guide is free then.")

    async def finish(self, answers: Answers, _context: PluginContext) -> str:
        self._break("finish")
        self.booked.append(answers)
        return "Your tour is booked."

    def _break(self, where: str) -> None:
        if self.breaks == where:
            raise RuntimeError


@pytest.fixture
def tours() -> Tours:
    return Tours()


@pytest.fixture
def willow(library: MakeLibrary, tours: Tours) -> Library:
    # A Monday, 10 in the morning in Shanghai; without opening hours the library counts in UTC.
    return library(tours, clock=FakeClock())


async def fill_in(willow: Library, *words: str) -> None:
    for one in words:
        await willow.reader("anna").says(one)


async def test_register_dialogues_gives_a_form_that_is_asked_through_and_confirmed(
    willow: Library, tours: Tours
) -> None:
    anna = willow.reader("anna")
    await anna.says("tour")
    anna.expects("“Book a tour”: I ask a few questions.")
    for words, question in (
        ("tomorrow", "How many people?"),
        ("we are 12", "Which guide?"),
        ("mr ma", "Any wish?"),
    ):
        await anna.says(words)
        anna.expects(question)
    await anna.presses("Skip")
    shown = anna.expects("is this right?")
    assert "Day: Tuesday, 17 March 2026\nPeople: 12\nGuide: Mr Ma\nWish: (left out)" in shown
    await anna.presses("Confirm")
    anna.expects("Your tour is booked.")
    wanted = {"day": "2026-03-17", "people": 12, "guide": "Mr Ma", "wish": None}
    assert tours.booked == [wanted]


async def test_a_form_speaks_chinese_to_the_end(willow: Library, tours: Tours) -> None:
    anna = willow.reader("anna")
    await anna.says("参观")
    anna.expects("我会依次问您几个问题")
    await fill_in(willow, "明天", "30")
    anna.expects("只能接待 20 人。")
    await fill_in(willow, "六个人", "Ms Li", "Please in English")
    anna.expects("请您核对")
    await anna.says("确认")
    assert tours.booked[0]["people"] == 6


async def test_a_second_confirmation_books_nothing(willow: Library, tours: Tours) -> None:
    await fill_in(willow, "tour", "tomorrow", "2", "1", "skip")
    anna = willow.reader("anna")
    await anna.presses("Confirm")
    await anna.presses("Confirm")
    anna.expects("This button no longer works.")
    await anna.repeats()
    assert len(tours.booked) == 1


async def test_back_cancel_and_change_work(willow: Library, tours: Tours) -> None:
    anna = willow.reader("anna")
    await fill_in(willow, "tour", "tomorrow", "3", "back")
    anna.expects("How many people?")
    await fill_in(willow, "5", "2", "skip")
    await anna.presses("Change something")
    await anna.presses("Day")
    anna.expects("Which day?")
    await anna.says("Friday")
    anna.expects("Which guide?")
    await anna.says("Ms Li")
    assert "Friday, 20 March 2026\nPeople: 5\nGuide: Ms Li" in anna.expects("is this right?")
    await anna.says("cancel")
    anna.expects("“Book a tour” is cancelled.")
    assert tours.booked == []
    await anna.says("Friday")
    anna.expects("I found no answer")


async def test_what_is_not_understood_is_asked_again_and_then_help_is_offered(
    willow: Library,
) -> None:
    anna = willow.reader("anna")
    await fill_in(willow, "tour", "whenever you like")
    anna.expects("Please write a day")
    await anna.says("is the library open?")
    anna.expects("How shall we go on?")
    await anna.presses("Ask a librarian")
    anna.expects("librarians' list")


async def test_a_wrong_answer_is_refused_with_the_plugin_s_reason(willow: Library) -> None:
    await fill_in(willow, "tour", "tomorrow", "21")
    willow.reader("anna").expects("At most 20 fit in.\nHow many people?")


async def test_other_commands_work_in_between_and_the_form_goes_on(
    willow: Library, tours: Tours
) -> None:
    anna = willow.reader("anna")
    await fill_in(willow, "tour", "tomorrow", "hello")
    anna.expects("Hello! I am the automatic assistant")
    anna.expects("How many people?")
    await fill_in(willow, "3", "Ms Li", "none", "yes")
    assert len(tours.booked) == 1


@pytest.mark.parametrize("kind", ["crash", "update"])
async def test_a_form_survives_a_restart_and_an_update_of_its_plugin(
    kind: str, willow: Library, tours: Tours
) -> None:
    anna = willow.reader("anna")
    await fill_in(willow, "tour", "tomorrow", "3")
    if kind == "update":
        tours.version, tours.fields = "2", ("wish", "people", "day", "guide")
    await willow.restarted()
    await anna.says("Ms Li" if kind == "crash" else "In the morning")
    anna.expects("Any wish?" if kind == "crash" else "Which guide?")
    if kind == "update":
        await anna.says("1")
        told = anna.expects("is this right?")
        assert "Wish: In the morning\nPeople: 3\nDay: Tuesday, 17 March 2026" in told


@pytest.mark.parametrize(
    ("place", "before", "after"),
    [
        ("check", ["3"], ["3", "Ms Li", "skip", "yes"]),
        ("choices", ["3"], ["Ms Li", "skip", "yes"]),
        ("finish", ["3", "Ms Li", "skip", "yes"], []),
    ],
)
async def test_a_plugin_that_fails_loses_no_answer(
    place: str, before: list[str], after: list[str], willow: Library, tours: Tours
) -> None:
    anna = willow.reader("anna")
    await fill_in(willow, "tour", "tomorrow")
    tours.breaks = place
    await fill_in(willow, *before)
    anna.expects("Sorry, that did not work just now.")
    assert tours.booked == []
    tours.breaks = ""
    await anna.presses("Try again")
    await fill_in(willow, *after)
    assert tours.booked == [{"day": "2026-03-17", "people": 3, "guide": "Ms Li", "wish": None}]


async def test_where_there_is_nothing_to_choose_the_ways_out_are_shown(
    willow: Library, tours: Tours
) -> None:
    anna = willow.reader("anna")
    tours.guides = []
    await fill_in(willow, "tour", "tomorrow", "3")
    anna.expects("No guide is free then.")
    await anna.presses("Back one question")
    anna.expects("How many people?")


async def test_a_form_of_a_plugin_that_is_gone_brings_a_person(willow: Library) -> None:
    anna = willow.reader("anna")
    await fill_in(willow, "tour", "tomorrow")
    await willow.app.host.switch("tours", "off")
    await anna.says("3")
    anna.expects("“Book a tour” is not available at the moment")
    anna.expects("librarians' list")


async def test_a_form_waits_while_a_person_speaks_and_goes_on_afterwards(
    willow: Library, tours: Tours
) -> None:
    anna, wang = willow.reader("anna"), willow.librarian("wang")
    await fill_in(willow, "tour", "tomorrow", "3", "librarian")
    anna.expects("librarians' list")
    await wang.claims(anna)
    events = await willow.app.desk.reading.events(anna.consultation, 0)
    notes = [one for one in events if one.kind == "note"]
    assert [(one.audience, one.sender) for one in notes] == [("staff", "system")]
    assert "Day: Tuesday, 17 March 2026\nPeople: 3" in notes[0].parts[0].text
    assert not any("People: 3" in text for text in anna.heard), "that was for the desk"
    await anna.says("Ms Li")
    anna.expects_no_answer()
    await wang.gives_back(anna)
    await anna.says("hello")
    anna.expects("You had begun “Book a tour”. Continue where you were?")
    await anna.presses("Continue")
    anna.expects("Which guide?")
    await fill_in(willow, "Ms Li", "skip", "yes")
    assert tours.booked[0]["people"] == 3


async def test_a_form_that_nobody_fills_in_is_put_aside_and_forgotten_after_a_day(
    willow: Library, tours: Tours
) -> None:
    anna = willow.reader("anna")
    await fill_in(willow, "tour", "tomorrow")
    await willow.advance(minutes=20)
    await anna.says("3")
    await willow.advance(minutes=20)
    assert not any("put aside" in text for text in anna.heard), "the reader was there"
    await willow.advance(minutes=15)
    anna.expects("“Book a tour” is put aside")
    await anna.says("Where can I print?")
    anna.expects("I found no answer")
    await anna.says("continue")
    anna.expects("Which guide?")
    await willow.advance(minutes=31)
    await willow.advance(hours=24)
    await anna.says("continue")
    anna.expects("I found no answer")
    assert tours.booked == []


async def close(willow: Library) -> None:
    anna, wang = willow.reader("anna"), willow.librarian("wang")
    await anna.says("librarian")
    await wang.claims(anna)
    await wang.closes(anna)


async def test_a_form_of_a_closed_consultation_waits_a_day_and_is_then_forgotten(
    willow: Library,
) -> None:
    anna = willow.reader("anna")
    await fill_in(willow, "tour", "tomorrow")
    await close(willow)
    await willow.advance(minutes=40)
    assert "Which day?" not in anna.heard[-1], "nothing is said into a closed consultation"
    consultation = await willow.app.desk.reading.consultation(anna.consultation)
    assert consultation is not None
    assert consultation.dialogue
    await willow.advance(hours=25)
    consultation = await willow.app.desk.reading.consultation(anna.consultation)
    assert consultation is not None
    assert consultation.dialogue == ""


async def test_a_kind_of_answer_that_fails_brings_a_person(
    library: MakeLibrary, tours: Tours
) -> None:
    class Broken(FreeText):
        def read(self, *_said: object) -> str | None:
            raise RuntimeError

    wish = Field("wish", both("Wish", "要求"), both("Any wish?", "有什么要求？"), Broken(5))
    form = Dialogue("tours.book", both("Book a tour", "预约参观"), (wish,), tours.finish)
    tours.form = lambda: form  # type: ignore[method-assign]
    willow = library(tours, clock=FakeClock())
    anna = willow.reader("anna")
    await fill_in(willow, "tour", "a garden")
    anna.expects("“Book a tour” is not available at the moment")
    anna.expects("librarians' list")


async def test_what_is_known_already_is_not_asked(willow: Library) -> None:
    anna = willow.reader("anna")
    await anna.says("tour tomorrow")
    anna.expects("Which guide?")


async def test_two_readers_fill_in_forms_of_their_own(willow: Library, tours: Tours) -> None:
    anna, bao = willow.reader("anna"), willow.reader("bao")
    await anna.says("tour")
    await bao.says("tour")
    await anna.says("tomorrow")
    await bao.says("Friday")
    bao.expects("How many people?")
    for reader, people in ((anna, "1"), (bao, "2")):
        for words in (people, "Ms Li", "skip", "yes"):
            await reader.says(words)
    assert [(one["day"], one["people"]) for one in tours.booked] == [
        ("2026-03-17", 1),
        ("2026-03-20", 2),
    ]


async def test_a_forged_button_of_another_s_form_does_nothing(
    willow: Library, tours: Tours
) -> None:
    await fill_in(willow, "tour", "tomorrow", "2", "1", "skip")
    for action in ("dialogue.confirm:1:99:", "dialogue.confirm:999:4:", "dialogue.", "dialogue.x"):
        await willow.say("", "anna", action)
    await willow.say("", "mallory", "dialogue.confirm:1:4:")
    assert tours.booked == []


def test_a_plugin_that_brings_no_form_stops_the_start(library: MakeLibrary) -> None:
    plugin = SimpleNamespace(__name__="wrong", register_dialogues=hookimpl(lambda: ["tour"]))
    with pytest.raises(PluginError, match="brings a str as form"):
        library(plugin)
