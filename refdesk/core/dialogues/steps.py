"""How does a form go on after each thing a reader does? (pure)"""

from dataclasses import dataclass, replace
from typing import Literal

from refdesk.core.dialogues.dialogues import Circumstances, Dialogue, Field
from refdesk.core.dialogues.forms import Answer, Form


@dataclass(frozen=True, slots=True)
class Give:
    """The field that is asked gets this answer; a skipped one gets None as value."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Misheard:
    """Nobody understood what the reader wrote, or the answer does not do."""


@dataclass(frozen=True, slots=True)
class Back:
    """The question before."""


@dataclass(frozen=True, slots=True)
class Change:
    """Another answer to this field."""

    field: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """The answers are right: do it."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Forget it."""


@dataclass(frozen=True, slots=True)
class PutAside:
    """Not now."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on where it stood."""


Move = Give | Misheard | Back | Change | Confirm | Cancel | PutAside | Resume
# `asks` the field of the form, or for confirmation when that is empty; the other words end it.
Then = Literal["asks", "finishes", "is cancelled", "waits"]


@dataclass(frozen=True, slots=True)
class Step:
    """The form as it is now, and what follows."""

    form: Form
    then: Then


def first_step(dialogue: Dialogue, form: Form) -> Step:
    """Begin a new form, or go on with one: ask the first field without an answer."""
    return _asking(dialogue, replace(form, condition="open"))


def fitting(dialogue: Dialogue, form: Form, known: Circumstances) -> Form:
    """Return a stored form as the present version of its dialogue can go on with it.

    Answers of fields that are gone are dropped; of another version only those stay that their
    fields still understand in the words that the reader has seen.
    """
    gone = form.answers.keys() - {field.name for field in dialogue.fields}
    asked = not form.asked or dialogue.field(form.asked)
    if form.version == dialogue.version and asked and not gone:
        return form
    kept = {
        field.name: answer
        for field in dialogue.fields
        if (answer := _still_understood(field, form, dialogue.version, known))
    }
    fitted = replace(form, version=dialogue.version, answers=kept, possible=())
    return replace(fitted, step=form.step + 1, asked=_unanswered(dialogue, fitted))


def step(dialogue: Dialogue, form: Form, move: Move) -> Step:  # noqa: PLR0911 - one for each move
    """Return what becomes of the form.

    A move that does not fit (a confirmation while something is asked) asks again.
    """
    match move:
        case Give(answer) if form.asked:
            answers = _without(dialogue, form, form.asked) | {form.asked: answer}
            return _asking(dialogue, replace(form, answers=answers))
        case Change(name) if dialogue.field(name):
            return _changed(form, _without(dialogue, form, name), name)
        case Back():
            return _back(dialogue, form)
        case Confirm() if not form.asked and not _unanswered(dialogue, form):
            return Step(form, "finishes")
        case Cancel():
            return Step(form, "is cancelled")
        case PutAside():
            return Step(replace(form, condition="aside"), "waits")
        case Resume():
            return first_step(dialogue, form)
        case Misheard():
            return Step(replace(form, refusals=form.refusals + 1), "asks")
    return Step(form, "asks")


def _asking(dialogue: Dialogue, form: Form) -> Step:
    """Ask the first field without an answer, or for confirmation."""
    return _changed(form, dict(form.answers), _unanswered(dialogue, form))


def _back(dialogue: Dialogue, form: Form) -> Step:
    """Ask the last answered field before the one that is asked; the first one stays."""
    names = [field.name for field in dialogue.fields]
    here = names.index(form.asked) if form.asked in names else len(names)
    before = [name for name in names[:here] if name in form.answers]
    if not before:
        return Step(form, "asks")
    return _changed(form, _without(dialogue, form, before[-1]), before[-1])


def _changed(form: Form, answers: dict[str, Answer], field: str) -> Step:
    now = replace(form, answers=answers, asked=field, possible=(), step=form.step + 1, refusals=0)
    return Step(now, "asks")


def _without(dialogue: Dialogue, form: Form, name: str) -> dict[str, Answer]:
    """Return the answers without one, and without those that were given under it."""
    gone = {name}
    for field in dialogue.fields:
        if gone.intersection(field.depends):
            gone.add(field.name)
    return {other: answer for other, answer in form.answers.items() if other not in gone}


def _unanswered(dialogue: Dialogue, form: Form) -> str:
    return next((one.name for one in dialogue.fields if one.name not in form.answers), "")


def _still_understood(
    field: Field, form: Form, version: str, known: Circumstances
) -> Answer | None:
    answer = form.answers.get(field.name)
    if answer is None or form.version == version:
        return answer
    if answer.value is None:
        return answer if field.optional else None
    if field.choices is not None:
        return None  # what could be chosen then may be gone
    possible = field.kind.possible(known.language)
    value = field.kind.read(answer.shown, replace(known, possible=possible))
    return None if value is None else replace(answer, value=value)
