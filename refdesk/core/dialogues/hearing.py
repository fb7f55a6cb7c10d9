"""What do a reader's words or a pressed button mean while a form is open? (pure)"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from refdesk.core.commands import normalised
from refdesk.core.dialogues.dialogues import Circumstances, Dialogue, Field, Value, text_in
from refdesk.core.dialogues.forms import Answer, Form
from refdesk.core.dialogues.steps import Back, Cancel, Change, Confirm, Give, Misheard, Move, Resume
from refdesk.core.messages import Option

# Every button of a form begins so: `dialogue.what:number:step:rest`.
PREFIX = "dialogue."
_WORDS: dict[str, frozenset[str]] = {
    "cancel": frozenset({"cancel", "stop", "quit", "exit", "nevermind", "forgetit", "取消", "退出",
                         "算了", "停止", "不填了", "不订了"}),
    "back": frozenset({"back", "goback", "previous", "返回", "上一步", "后退"}),
    "skip": frozenset({"skip", "none", "nothing", "跳过", "没有", "无"}),
    "continue": frozenset({"continue", "goon", "resume", "继续", "接着来"}),
    "confirm": frozenset({"confirm", "yes", "ok", "okay", "确认", "确定", "是", "是的", "好",
                          "好的"}),
    "change": frozenset({"change", "修改", "更改"}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShowFields:
    """The reader wants to change something: ask what."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A button of another form, or under answers that have changed since: ask again."""


# `not for the form`: the message is handled as if there were none.
Heard = Move | ShowFields | Stale | Literal["not for the form"]


def hear(  # noqa: PLR0911 - one for each way to be understood
    dialogue: Dialogue,
    form: Form,
    text: str,
    action: str,
    offered: Sequence[Option],
    known: Circumstances,
) -> Heard:
    """Return what the reader does to the form; `offered` are the buttons shown last."""
    if action:
        return _pressed(dialogue, form, action, known)
    said = normalised(text)
    if form.condition != "open":
        if said in _WORDS["continue"]:
            return Resume()
        # A typed number may press "Continue" under the invitation, or a button of something else.
        return _pressed(dialogue, form, _offered(said, offered), known)
    if said in _WORDS["cancel"]:
        return Cancel()
    if said in _WORDS["back"]:
        return Back()
    pressed = _offered(said, offered)
    if not form.asked:
        return _at_the_end(dialogue, form, said, pressed, known)
    return _answered(dialogue, form, text, pressed, known)


def is_word_of_form(text: str) -> bool:
    """Say whether these words mean something in every form, whatever they mean elsewhere."""
    said = normalised(text)
    return said in _WORDS["cancel"] or said in _WORDS["back"]


def _offered(said: str, offered: Sequence[Option]) -> str:
    """Return the action of the button whose label or number was typed, or an empty text."""
    for number, option in enumerate(offered, start=1):
        if said and said in (str(number), normalised(option.label)):
            return option.action
    return ""


def _pressed(  # noqa: PLR0911 - one for each button
    dialogue: Dialogue, form: Form, action: str, known: Circumstances
) -> Heard:
    """Understand a button: `dialogue.what:number:step:rest`."""
    if not action.startswith(PREFIX):
        return "not for the form"
    what, number, step, rest = [*action.removeprefix(PREFIX).split(":", 3), "", "", ""][:4]
    if number != str(form.number):
        return Stale()
    if what in ("cancel", "continue"):
        return Cancel() if what == "cancel" else Resume()
    if form.condition != "open":
        return Stale()
    if what in ("answer", "skip"):
        return _field_pressed(dialogue, form, rest, known)
    if what == "confirm":
        return Confirm() if step == str(form.step) else Stale()
    if what == "change":
        return Change(rest) if dialogue.field(rest) else ShowFields()
    return Back() if what == "back" else Stale()


def _field_pressed(dialogue: Dialogue, form: Form, rest: str, known: Circumstances) -> Heard:
    """Understand `field=value`, or `field` to skip it; only the field that is asked is open."""
    name, chosen, value = rest.partition("=")
    field = dialogue.field(name)
    if field is None or name != form.asked:
        return Stale()
    return _chosen(field, form, value, known) if chosen else _skipped(dialogue, form)


def _answered(
    dialogue: Dialogue, form: Form, text: str, pressed: str, known: Circumstances
) -> Heard:
    field = dialogue.field(form.asked)
    if field is None:
        return Stale()
    if field.optional and normalised(text) in _WORDS["skip"]:
        return _skipped(dialogue, form)
    possible = form.possible or field.kind.possible(known.language)
    value = field.kind.read(text, replace(known, possible=possible))
    # "1" is a number where one is asked for; elsewhere it presses the first button.
    if pressed and not isinstance(value, int):
        return _pressed(dialogue, form, pressed, known)
    return Misheard() if value is None else Give(_answer(field, form, value, known))


def _chosen(field: Field, form: Form, value: str, known: Circumstances) -> Heard:
    """Return the answer of a button; one that is offered no longer asks again."""
    for one in form.possible or field.kind.possible(known.language):
        if str(one.value) == value:
            return Give(_answer(field, form, one.value, known))
    return Stale()


def _at_the_end(
    dialogue: Dialogue, form: Form, said: str, pressed: str, known: Circumstances
) -> Heard:
    """Understand what is said where the answers are to be confirmed."""
    if pressed:
        return _pressed(dialogue, form, pressed, known)
    if said in _WORDS["confirm"]:
        return Confirm()
    if said in _WORDS["change"]:
        return ShowFields()
    names = {normalised(text_in(one.title, known.language)): one.name for one in dialogue.fields}
    return Change(names[said]) if said in names else Misheard()


def _skipped(dialogue: Dialogue, form: Form) -> Heard:
    field = dialogue.field(form.asked)
    if field is None or not field.optional:
        return Stale()
    return Give(Answer(None, text_in(field.title, form.language), ""))


def _answer(field: Field, form: Form, value: Value, known: Circumstances) -> Answer:
    labels = {one.value: one.label for one in form.possible}
    shown = labels.get(value) or field.kind.show(value, known.language)
    return Answer(value, text_in(field.title, known.language), shown)
