"""What is a form that a plugin lets a reader fill in, one question after the other?

Here is what can be declared. `core/dialogues/steps.py` says how a form goes on,
`core/dialogues/hearing.py` what a reader's words mean in it; `core/dialogues/turns.py` does it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from refdesk.core.messages import Language, Reply
from refdesk.errors import PluginError

if TYPE_CHECKING:
    from refdesk.core.plugin_context import PluginContext

# What an answer is kept as: a day is YYYY-MM-DD, a time HH:MM, yes or no a word.
Value = str | int
# What has been answered so far, by field; a skipped one is None.
Answers = Mapping[str, Value | None]
# The same words in every language; a language that is missing is told in English.
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Possible:
    """One answer that can be chosen: how it is kept, and what its button says."""

    value: Value
    label: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """An answer was understood and does not do; the reader is told `why`, in their language."""

    why: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What has to be known to read an answer: the day where the library is, the buttons shown."""

    language: Language
    today: date
    possible: tuple[Possible, ...] = ()


class Kind(Protocol):
    """How words become a value, and a value words. Ready ones: `core/dialogues/fields.py`."""

    @property
    def hint(self) -> Texts:
        """How to write it, said when an answer was not understood."""

    def read(self, text: str, known: Circumstances) -> Value | None:
        """Return what `text` says; None when it is no such thing."""

    def show(self, value: Value, language: Language) -> str:
        """Return the value as a reader of this language writes it."""

    def possible(self, language: Language) -> tuple[Possible, ...]:
        """Return the buttons; none where anything can be typed."""


Check = Callable[[Value, Answers, "PluginContext"], Awaitable[Wrong | None]]
Choices = Callable[[Answers, "PluginContext"], Awaitable[Sequence[Possible] | Wrong]]
Finish = Callable[[Answers, "PluginContext"], Awaitable[Reply | str | None]]


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form.

    `title` names the answer in the summary, `prompt` asks for it. `check` may ask another system
    whether the answer does; `choices` returns the buttons, from the answers before. An answer is
    asked for again when one that it `depends` on changes. An `optional` one may be skipped.
    """

    name: str
    title: Texts
    prompt: Texts
    kind: Kind
    check: Check | None = None
    choices: Choices | None = None
    depends: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A form.

    `name` is unique (`plugin.what`). When every field is answered, the answers are shown and the
    reader confirms, changes one or cancels; only then `finish` is called, once. After `minutes`
    without an answer the form is put aside. Raise `version` when the kind of an answer changes: a
    form begun under another version keeps only the answers that its fields still understand.
    """

    name: str
    title: Texts
    fields: tuple[Field, ...]
    finish: Finish
    minutes: int = 30
    version: str = "1"

    def field(self, name: str) -> Field | None:
        """Return a field by its name."""
        return next((one for one in self.fields if one.name == name), None)


class DialogueTable:
    """All forms of all plugins, by name."""

    def __init__(self, dialogues: Sequence[tuple[str, Dialogue]] = ()) -> None:
        """Build from (plugin, dialogue).

        Raises `PluginError` for a name that is there twice, a form without fields, and fields
        that depend on what is not asked before them.
        """
        self._by_name: dict[str, tuple[str, Dialogue]] = {}
        for plugin, dialogue in dialogues:
            if not isinstance(dialogue, Dialogue):
                raise PluginError(f"Plugin {plugin} brings a {type(dialogue).__name__} as form.")
            if dialogue.name in self._by_name:
                raise PluginError(f"Plugin {plugin}: the form {dialogue.name} is there already.")
            _check_fields(plugin, dialogue)
            self._by_name[dialogue.name] = (plugin, dialogue)

    def find(self, name: str) -> tuple[str, Dialogue] | None:
        """Return (plugin, form), or None."""
        return self._by_name.get(name)


def text_in(texts: Texts, language: str) -> str:
    """Return the words in `language`, else in English, else in whatever there is."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def _check_fields(plugin: str, dialogue: Dialogue) -> None:
    asked: set[str] = set()
    for field in dialogue.fields:
        if field.name in asked or not field.name:
            raise PluginError(f"Plugin {plugin}: {dialogue.name} has {field.name!r} twice.")
        missing = [name for name in field.depends if name not in asked]
        if missing:
            raise PluginError(
                f"Plugin {plugin}: {dialogue.name}, {field.name} depends on {missing[0]!r}, "
                "which is not asked before it."
            )
        asked.add(field.name)
    if not asked:
        raise PluginError(f"Plugin {plugin}: the form {dialogue.name} asks nothing.")
