"""How is a form in progress kept, so that it survives restarts and updates of its plugin?"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from refdesk.core.dialogues.dialogues import Answers, Possible, Value
from refdesk.core.log.parts_json import to_json
from refdesk.core.messages import Language

# `open`: the next words answer it. `aside`: it waits until the reader wants to go on; `mentioned`:
# and the reader has been told that it waits.
Condition = Literal["open", "aside", "mentioned"]
# How long the answers of a form that was put aside are kept.
KEPT_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its value (None: skipped), and title and words as the reader has seen them.

    The words are kept too, so that staff can be shown them when the plugin is gone.
    """

    value: Value | None
    title: str
    shown: str


@dataclass(frozen=True, slots=True)
class Form:
    """A form in progress.

    `number` tells it from others of the same consultation: buttons bear it. `asked` is the field
    that is asked now, empty when the reader is to confirm. `step` rises with each change, so that a
    "Confirm" under older answers confirms nothing. `touched` is when the reader last answered.
    """

    plugin: str
    dialogue: str
    version: str
    number: int
    language: Language
    title: str
    asked: str = ""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    possible: tuple[Possible, ...] = ()
    step: int = 0
    refusals: int = 0
    condition: Condition = "open"
    touched: float = 0.0

    @property
    def values(self) -> Answers:
        """The answers as a plugin gets them."""
        return {name: answer.value for name, answer in self.answers.items()}


def dump_form(form: Form | None) -> str:
    """Return a form as it is stored; no form is an empty text."""
    return "" if form is None else to_json(asdict(form))


def load_form(stored: str) -> Form | None:
    """Return a stored form; None when there is none, or when nobody can read it any more."""
    if not stored:
        return None
    try:
        data = json.loads(stored)
        data["answers"] = {name: Answer(**one) for name, one in data["answers"].items()}
        data["possible"] = tuple(Possible(**one) for one in data["possible"])
        return Form(**data)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def put_aside(stored: str) -> str:
    """Return a stored form as it waits while a person speaks, or for the reader's return."""
    form = load_form(stored)
    return dump_form(replace(form, condition="aside") if form else None)


def for_staff(stored: str) -> str:
    """Tell a librarian what the reader had filled in; an empty text when there is nothing."""
    form = load_form(stored)
    if form is None:
        return ""
    lines = [f"{one.title}: {one.shown or '–'}" for one in form.answers.values()]
    return "\n".join([f"[{form.title}]", *lines])
