"""Does the plugin answer through its hooks, and stay silent where it should?"""

from datetime import UTC, datetime

from refdesk import CommandCall, Consultation, InboundMessage, Offer, PluginContext, Question, State
from refdesk.core.calendar.settings import HoursSettings
from refdesk.core.commands import CommandTable
from refdesk.core.plugin_context import Surroundings
from refdesk.plugins import opening_hours

HOURS = HoursSettings.model_validate(
    {
        "time_zone": "Asia/Shanghai",
        "places": {
            "library": {
                "names": {"en": ["library"], "zh": ["图书馆"]},
                "weekly": {"monday": ["08:00-22:00"]},
            },
            "law_library": {
                "names": {"en": ["law library"], "zh": ["法学图书馆"]},
                "weekly": {"monday": ["09:00-17:00"]},
            },
        },
    }
)
# Still Sunday in UTC, already Monday in Shanghai.
MONDAY_MORNING = datetime(2026, 11, 22, 23, 0, tzinfo=UTC).timestamp()


def context(hours: HoursSettings | None = HOURS, language="en") -> PluginContext:
    surroundings = Surroundings({}, {}, hours, {"en": "Library"})
    return PluginContext("opening_hours", language, MONDAY_MORNING, surroundings)


def call(argument: str) -> CommandCall:
    state = Consultation("c1", "web", "r1", State.SELF_SERVICE, "en", 1)
    return CommandCall(argument, state, InboundMessage("web", "r1", "k1", "", MONDAY_MORNING))


async def ask(text: str, language="en", hours: HoursSettings | None = HOURS) -> Offer | None:
    return await opening_hours.answer_question(Question(text, language), context(hours, language))


async def press(argument: str = "", language="en", hours=HOURS) -> Offer | None:
    (command,) = opening_hours.register_commands()
    return await command.handler(call(argument), context(hours, language))


async def test_a_question_about_hours_is_answered_with_its_source():
    offer = await ask("are you open today?")
    assert offer is not None
    assert offer.answer == (
        "Library: open today, Monday, 23 November 2026, 08:00–22:00. Closed now; opens at 08:00."
    )
    assert (offer.source, offer.title) == ("Opening hours", "Opening hours")
    assert offer.confidence >= 0.9


async def test_a_chinese_question_is_answered_in_chinese():
    offer = await ask("法学图书馆今天几点关门", "zh")
    assert offer is not None
    assert isinstance(offer.answer, str)
    assert offer.answer.startswith("法学图书馆：今天（2026年11月23日 星期一） 17:00 关门")
    assert offer.source == "开放时间"


async def test_other_questions_get_no_offer():
    assert await ask("Can I renew a book on Sunday?") is None
    assert await ask("开放获取期刊", "zh") is None


async def test_without_configured_hours_the_plugin_is_silent():
    assert await ask("are you open today?", hours=None) is None
    assert await press(hours=None) is None


async def test_the_command_tells_the_usual_week_and_offers_the_other_places():
    offer = await press()
    assert offer is not None
    assert isinstance(offer.answer, str)
    assert offer.answer.startswith("Library, usual hours:\n- Monday: 08:00–22:00")
    assert [(option.label, option.action) for option in offer.related] == [
        ("law library", "opening_hours.today:law_library")
    ]


async def test_the_button_of_an_offer_brings_the_hours_of_its_place():
    asked = await ask("law library hours")
    assert asked is not None
    pressed = await press(asked.action.partition(":")[2], "zh")
    assert pressed is not None
    assert str(pressed.answer).startswith("法学图书馆的平时开放时间：")


async def test_a_button_of_a_place_that_is_gone_tells_the_default_place():
    offer = await press("cinema")
    assert offer is not None
    assert str(offer.answer).startswith("Library, usual hours:")


def test_the_words_of_the_command_are_found_in_both_languages():
    (command,) = opening_hours.register_commands()
    table = CommandTable([("opening_hours", command)])
    for text in ("Opening hours?", "hours", "开放时间", "开馆时间？"):
        assert table.find(text, "", ()) == ("opening_hours", command, "")
