"""Is what a plugin hands back what it may hand back, and small enough to be kept and sent?"""

from collections.abc import Collection
from dataclasses import fields, is_dataclass
from typing import Any, get_args
from weakref import WeakKeyDictionary

from refdesk.core.intents import Intent

# No platform carries more text in one answer, and no reader reads it.
LONGEST_TEXT_CHARACTERS = 20_000
# Buttons, sources and links besides.
LARGEST_RESULT_CHARACTERS = 40_000
# What a plugin wants written with one answer: rows of its own tables may be long.
LARGEST_INTENTS_CHARACTERS = 1_000_000
# A list of empty things weighs nothing and still takes room; a thing inside itself has no end.
MOST_THINGS = 10_000
_INTENTS = get_args(Intent)
_known: WeakKeyDictionary[type, tuple[str, ...]] = WeakKeyDictionary()


def problem_with_result(value: object, expected: Any) -> str:
    """Say what is wrong with a result: its type or its size. Empty when nothing is."""
    if not isinstance(value, expected):
        return f"returned {type(value).__name__}"
    if value is None or (isinstance(value, str) and len(value) <= LONGEST_TEXT_CHARACTERS):
        return ""
    problem = _too_large((value,), LONGEST_TEXT_CHARACTERS, LARGEST_RESULT_CHARACTERS)
    return f"returned {problem}" if problem else ""


def problem_with_intents(intents: Collection[object]) -> str:
    """Say what is wrong with what a plugin wants to happen. Empty when nothing is."""
    for intent in intents:
        if not isinstance(intent, _INTENTS):
            return f"wants a {type(intent).__name__}, which is no intent"
    problem = _too_large(intents, LARGEST_INTENTS_CHARACTERS, LARGEST_INTENTS_CHARACTERS)
    return f"wants {problem}" if problem else ""


def _too_large(things: Collection[object], longest: int, most: int) -> str:
    """Add up the texts in `things`, however deep; stop as soon as it is too much."""
    characters, count = 0, 0
    waiting: list[object] = [things]
    while waiting:
        thing = waiting.pop()
        count += 1
        if isinstance(thing, str | bytes):
            characters += len(thing)
            if len(thing) > longest or characters > most:
                return f"{characters} characters or more"
        elif isinstance(thing, tuple | list | set | frozenset | dict):
            count += len(thing)
            if count <= MOST_THINGS:
                waiting += (*thing, *thing.values()) if isinstance(thing, dict) else thing
        else:
            waiting += [getattr(thing, name) for name in _names(type(thing))]
        if count > MOST_THINGS:
            return f"{count} things or more"
    return ""


def _names(kind: type) -> tuple[str, ...]:
    """Return the fields of our frozen values, looked up once; other things are opaque."""
    names = _known.get(kind)
    if names is None:
        names = tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()
        _known[kind] = names
    return names
