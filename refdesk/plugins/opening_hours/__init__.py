"""Answers "are you open on Sunday?" and "国庆节开馆吗" from the library's calendar.

It stays silent when `[hours]` is not configured, and for every question that is not, or not only,
about opening hours.
"""

from collections.abc import Sequence

from refdesk import Command, CommandCall, Offer, Option, PluginContext, Question, hookimpl
from refdesk.core.calendar.settings import HoursSettings
from refdesk.core.messages import Language
from refdesk.plugins.opening_hours.answers import compose
from refdesk.plugins.opening_hours.question import HoursQuestion, understand

_TITLES = {"en": "Opening hours", "zh": "开放时间"}
_COMMAND = "opening_hours.today"

# A question is only answered when every word of it was understood.
_CONFIDENCE = 0.95


@hookimpl
def register_commands() -> Sequence[Command]:
    """Return the command for the usual hours; its argument is the key of a place."""
    words = {
        "en": ("hours", "opening hours", "/hours"),
        "zh": ("开放时间", "开馆时间"),
    }
    return [Command(name=_COMMAND, words=words, handler=tell_usual_hours)]


@hookimpl
async def answer_question(question: Question, context: PluginContext) -> Offer | None:
    """Offer the hours of the places and days that the question names."""
    if context.hours is None:
        return None
    today = context.moment.astimezone(context.hours.calendar().zone).date()
    asked = understand(question.text, today, context.hours, question.language)
    if asked is None:
        return None
    return _offer(asked, context.hours, context, question.language)


async def tell_usual_hours(call: CommandCall, context: PluginContext) -> Offer | None:
    """Tell the usual hours of the place named by the argument, else of the default place."""
    hours = context.hours
    if hours is None:
        return None
    place = call.argument if call.argument in hours.places else hours.default
    today = context.moment.astimezone(hours.calendar(place).zone).date()
    asked = HoursQuestion((place,), "hours", "week", (today,))
    return _offer(asked, hours, context, context.language)


def _offer(
    asked: HoursQuestion, hours: HoursSettings, context: PluginContext, language: Language
) -> Offer:
    title = _TITLES[language]
    return Offer(
        answer=compose(asked, hours, context.moment, language),
        confidence=_CONFIDENCE,
        source=title,
        title=title,
        action=f"{_COMMAND}:{asked.places[0]}",
        related=_other_places(asked, hours, language) if asked.period == "week" else (),
    )


def _other_places(
    asked: HoursQuestion, hours: HoursSettings, language: Language
) -> tuple[Option, ...]:
    """Return a button for each place that the answer leaves out."""
    return tuple(
        Option(place.names.shown(language), f"{_COMMAND}:{key}")
        for key, place in hours.places.items()
        if key not in asked.places
    )
