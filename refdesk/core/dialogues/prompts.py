"""What does a form say to the reader? (pure)"""

from refdesk.core.commands import HUMAN_COMMAND
from refdesk.core.dialogues.dialogues import Dialogue, Field, text_in
from refdesk.core.dialogues.forms import Form
from refdesk.core.dialogues.hearing import PREFIX
from refdesk.core.messages import Choice, Option, Part, Reply, Text
from refdesk.core.translations import translate

# From so many answers on that nobody understood, help is offered.
MISHEARD_BEFORE_HELP = 2


def prompt(dialogue: Dialogue, form: Form) -> Reply:
    """Ask what the form asks now: a field, or whether the answers are right."""
    field = dialogue.field(form.asked)
    return Reply(tuple(_ask(form, field) if field else _confirmation(dialogue, form)))


def again(dialogue: Dialogue, form: Form, why: str = "") -> Reply:
    """Ask the same again, saying why; after two times with the ways out as buttons."""
    field = dialogue.field(form.asked)
    said = why or (text_in(field.kind.hint, form.language) if field else "")
    parts: list[Part] = [Text(said)] if said else []
    if form.refusals >= MISHEARD_BEFORE_HELP:
        if field and _buttons(form, field):
            parts += _ask(form, field)
        parts.append(Choice(translate("How shall we go on?", form.language), ways_out(form)))
    else:
        parts += _ask(form, field) if field else _confirmation(dialogue, form)
    return Reply(tuple(parts))


def ways_out(form: Form) -> tuple[Option, ...]:
    """Return the buttons back, cancel and to a person."""
    language = form.language
    return (
        Option(translate("Back one question", language), button(form, "back")),
        Option(translate("Cancel", language), button(form, "cancel")),
        Option(translate("Ask a librarian", language), HUMAN_COMMAND),
    )


def try_again(form: Form) -> Option:
    """Return the button that does again what failed."""
    what = "continue" if form.asked else "confirm"
    return Option(translate("Try again", form.language), button(form, what))


def fields_to_change(dialogue: Dialogue, form: Form) -> Reply:
    """Ask which answer to change."""
    options = tuple(
        Option(text_in(one.title, form.language), button(form, "change", one.name))
        for one in dialogue.fields
    )
    return Reply((Choice(translate("What would you like to change?", form.language), options),))


def invitation(form: Form) -> Choice:
    """Offer to go on with a form that was put aside."""
    language = form.language
    options = (
        Option(translate("Continue", language), button(form, "continue")),
        Option(translate("Drop it", language), button(form, "cancel")),
    )
    words = translate(
        "You had begun “{title}”. Continue where you were?", language, title=form.title
    )
    return Choice(words, options)


def how_to_leave(form: Form) -> str:
    """Say once, at the beginning, how to go back and how to stop."""
    return translate(
        "“{title}”: I ask a few questions. Type “back” for the question before, “cancel” to stop, "
        "“librarian” for a person.",
        form.language,
        title=form.title,
    )


def button(form: Form, what: str, argument: str = "") -> str:
    """Return the action of a button that belongs to this form and this moment."""
    return f"{PREFIX}{what}:{form.number}:{form.step}:{argument}"


def buttons(reply: Reply) -> tuple[Option, ...]:
    """Return the buttons of a reply in their order."""
    return tuple(one for part in reply.parts if isinstance(part, Choice) for one in part.options)


def _ask(form: Form, field: Field) -> list[Part]:
    words, options = text_in(field.prompt, form.language), _buttons(form, field)
    return [Choice(words, options) if options else Text(words)]


def _buttons(form: Form, field: Field) -> tuple[Option, ...]:
    possible = form.possible or field.kind.possible(form.language)
    options = [
        Option(one.label, button(form, "answer", f"{field.name}={one.value}")) for one in possible
    ]
    if field.optional:
        options.append(Option(translate("Skip", form.language), button(form, "skip", field.name)))
    return tuple(options)


def _confirmation(dialogue: Dialogue, form: Form) -> list[Part]:
    language = form.language
    between = "：" if language == "zh" else ": "
    lines = [
        f"{one.title}{between}{one.shown or translate('(left out)', language)}"
        for one in (form.answers[field.name] for field in dialogue.fields)
    ]
    words = translate("“{title}” — is this right?", language, title=form.title)
    options = (
        Option(translate("Confirm", language), button(form, "confirm")),
        Option(translate("Change something", language), button(form, "change")),
        Option(translate("Cancel", language), button(form, "cancel")),
    )
    return [Choice("\n".join([words, *lines]), options)]
