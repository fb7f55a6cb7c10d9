"""Can a plugin change what it is given, for itself or for others? (All of it is tried.)"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from refdesk import (
    Choice,
    CommandCall,
    Consultation,
    File,
    InboundMessage,
    Link,
    Offer,
    Option,
    PluginContext,
    Question,
    Quote,
    Reply,
    Source,
    State,
    Text,
    hookimpl,
)
from refdesk.core.settings import Settings
from refdesk.core.staff.desk_work import Desk
from refdesk.testing import MakeLibrary

OPTIONS = (Option("Yes", "a.yes"),)
PARTS = (
    Text("words"),
    Link("https://a.example/", "a"),
    Choice("Well?", OPTIONS),
    File("a.pdf", "/a", "application/pdf", 1),
    Quote("words"),
)
CONSULTATION = Consultation("c", "web_chat", "r", State.SELF_SERVICE, "en", 1, offered=OPTIONS)
MESSAGE = InboundMessage("web_chat", "r", "k", "words", 0.0, parts=PARTS)
HOURS = {
    "hours": {
        "time_zone": "Asia/Shanghai",
        "places": {
            "library": {
                "names": {"en": ["library"]},
                "weekly": {"monday": ["08:00-22:00"]},
                "exceptions": [{"date": "2026-10-01", "closed": True, "reason": {"en": "holiday"}}],
            }
        },
    }
}
GIVEN: dict[str, Any] = {
    "question": Question("words", "en"),
    "consultation": CONSULTATION,
    "message": MESSAGE,
    "command": CommandCall("", CONSULTATION, MESSAGE),
    "reply": Reply(PARTS, (Source("s"),)),
    "offer": Offer(PARTS, 0.5, related=OPTIONS),
    "hours": Settings.model_validate(HOURS).hours,
}
UNCHANGEABLE = (str, bytes, int, float, type(None), Enum)

REFUSALS = (AttributeError, TypeError, ValueError)


def reachable(thing: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Yield everything that can be reached by public names, with the way to it."""
    if isinstance(thing, UNCHANGEABLE) or id(thing) in seen:
        return
    seen.add(id(thing))
    yield path, thing
    if isinstance(thing, tuple | frozenset | list):
        for place, inner in enumerate(thing):
            yield from reachable(inner, f"{path}[{place}]", seen)
    elif isinstance(thing, Mapping):
        for key, inner in thing.items():
            yield from reachable(inner, f"{path}[{key!r}]", seen)
    else:
        for name in names_of(thing):
            yield from reachable(getattr(thing, name), f"{path}.{name}", seen)


def names_of(thing: Any) -> list[str]:
    if is_dataclass(thing):
        return [field.name for field in fields(thing)]
    return list(type(thing).model_fields) if isinstance(thing, BaseModel) else []


@pytest.mark.parametrize("name", GIVEN)
def test_nothing_that_a_plugin_is_given_can_be_changed(name: str) -> None:
    found = list(reachable(GIVEN[name], name, set()))
    assert found
    changeable = [path for path, one in found if isinstance(one, list | dict | set | bytearray)]
    assert changeable == []
    for path, thing in found:
        for attribute in names_of(thing):
            with pytest.raises(REFUSALS):  # noqa: PT012 - says which one can be changed
                setattr(thing, attribute, None)
                pytest.fail(f"{path}.{attribute} can be changed")


async def test_a_plugin_can_neither_pose_as_another_nor_change_its_settings_or_the_services(
    library: MakeLibrary,
) -> None:
    class Mine(BaseModel):
        model_config = ConfigDict(extra="forbid")
        words: str = "as configured"

    tried = []

    @hookimpl
    def register_settings() -> type[BaseModel]:
        return Mine

    @hookimpl
    async def answer_question(context: PluginContext) -> Offer:
        settings = context.settings(Mine)
        for change in (
            lambda: setattr(context, "plugin", "faq"),
            lambda: setattr(context, "language", "zh"),
            lambda: setattr(context, "now", 0.0),
            lambda: setattr(context, "intents", []),
            lambda: setattr(settings, "words", "as I like"),
            lambda: context._surroundings.services.pop(Desk),  # type: ignore[attr-defined]
            lambda: context._surroundings.settings.pop("faq"),  # type: ignore[attr-defined]
            lambda: context._surroundings.library_names.pop("en"),  # type: ignore[attr-defined]
        ):
            with pytest.raises(REFUSALS):
                change()
            tried.append(change)
        return Offer(context.settings(Mine).words, 0.9)

    class Plugin:
        __name__ = "mine"

    plugin = Plugin()
    plugin.register_settings = register_settings  # type: ignore[attr-defined]
    plugin.answer_question = answer_question  # type: ignore[attr-defined]
    assert await library(plugin).ask("Is there a seat?") == "as configured"
    assert len(tried) == 8
