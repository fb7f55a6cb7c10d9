"""Which settings are there? Writes docs/reference/settings.md from the models that check them.

Run it after a change of a model: `python docs/generate_settings.py`. A test compares.
"""  # noqa: INP001 - a script beside the pages, no package

import re
import types
import typing
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from refdesk.core.calendar.calendar import Interval
from refdesk.core.channels.adapter import NoSettings
from refdesk.core.hosting.plugin_names import found_entry_points
from refdesk.core.settings import Settings

PAGE = Path(__file__).parent / "reference/settings.md"
_COMPONENTS = ("plugins", "adapters")
_WORDS = {
    str: "text",
    int: "whole number",
    float: "number",
    date: "date",
    Path: "path",
    Interval: "time range",
}
_CHOICE = re.compile(r"\^\(([\w|]+)\)\$")
_INTRODUCTION = """\
# Settings

<!-- Written by docs/generate_settings.py from the models in the code: change those, run it. -->

`refdesk.toml` lies in the deployment's folder. It may be absent: everything but the opening hours
has a default. Unknown keys are refused, with the nearest known one:

```python
from pathlib import Path
from tempfile import TemporaryDirectory

from refdesk.core.settings import load_settings
from refdesk.errors import SettingsError

with TemporaryDirectory() as folder:
    file = Path(folder, "refdesk.toml")
    file.write_text("[answers]\\ntreshold = 0.6\\n")
    try:
        load_settings(file)
    except SettingsError as error:
        assert str(error).endswith(
            "answers.treshold: there is no such key. Did you mean 'threshold'?"
        )
```

A changed file counts from the next start on. `refdesk check` says whether the whole is healthy.
"""
_NOTES = {
    "hours": "Absent: questions about hours are left to the knowledge base, and readers are not "
    "told when the reference desk opens. Examples: [opening hours](../how-to/opening-hours.md).",
    "plugins": "Each plugin with settings has a section of its own, `[plugins.NAME]`.",
    "adapters": "Each adapter with settings has a section of its own, `[adapters.NAME]`.",
    "hours.exceptions": "A list of tables; a place may have its own, which come first.",
}


def settings_page() -> str:
    """Return the whole page."""
    sections = [section for name in Settings.model_fields for section in _part(name)]
    return "\n".join([_INTRODUCTION, *sections])


def _part(name: str) -> Iterator[str]:
    model = _model_in(Settings.model_fields[name].annotation)
    assert model is not None, name  # noqa: S101 - the whole file is made of sections
    yield from _sections(name, model)
    if name in _COMPONENTS:
        for component, own in _components(name):
            yield from _sections(f"{name}.{component}", own)


def _sections(path: str, model: type[BaseModel]) -> Iterator[str]:
    """Yield the section of a model, then those inside it."""
    sentences = (_first_sentence(model), _NOTES.get(path, ""))
    lines = [f"## [{path}]", *(line for text in sentences if text for line in ("", text)), ""]
    lines += ["| key | kind | default | meaning |", "|---|---|---|---|"]
    inside: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        key = field.alias or name
        nested = _model_in(field.annotation)
        lines.append(_row(key, field, nested))
        if nested is not None:
            inside.append((f"{path}.{key}{_name_of_one(field.annotation)}", nested))
    yield "\n".join([*lines, ""])
    for sub_path, nested in inside:
        if not _described_elsewhere(sub_path):
            yield from _sections(sub_path, nested)


def _described_elsewhere(path: str) -> bool:
    """Say whether a section is made of a model that another place of [hours] explains already."""
    return path in ("hours.places.KEY.exceptions", "hours.exceptions.also_called")


def _row(key: str, field: FieldInfo, nested: type[BaseModel] | None) -> str:
    kind = "section" if nested and not _is_many(field.annotation) else _kind(field.annotation)
    limits = ", ".join(filter(None, (_limit(one) for one in field.metadata)))
    meaning = f"{field.description} ({limits})" if limits else str(field.description)
    cells = (f"`{key}`", kind, _default(field, nested), meaning.replace("|", "\\|"))
    return f"| {' | '.join(cells)} |"


def _default(field: FieldInfo, nested: type[BaseModel] | None) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value == () or nested is not None:
        return ""
    return f"`{_toml(value)}`"


def _toml(value: Any) -> str:
    """Return a default as one would write it in the file."""
    match value:
        case str():
            return f'"{value}"'
        case dict():
            return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
        case list() | tuple():
            return f"[{', '.join(_toml(one) for one in value)}]"
    return str(value)


def _kind(annotation: Any) -> str:
    """Name a type as somebody who writes TOML sees it."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _kind(inner[0])
    if origin in (types.UnionType, typing.Union):
        return _kind(next(one for one in inner if one is not type(None)))
    if origin is typing.Literal:
        return " or ".join(f"`{_toml(one)}`" if isinstance(one, str) else "true" for one in inner)
    if origin in (list, tuple):
        return f"list of {_plural(inner[0])}"
    if origin is dict:
        return f"table of {_plural(inner[1])}"
    return _WORDS[annotation]


def _plural(annotation: Any) -> str:
    if _model_in(annotation):
        return "tables"
    word = _kind(annotation)
    return f"{word}s"


def _limit(constraint: Any) -> str:
    signs = {"ge": "at least", "gt": "more than", "le": "at most", "min_length": "at least"}
    for name, words in signs.items():
        if (bound := getattr(constraint, name, None)) is not None:
            return f"{words} {bound}"
    choice = _CHOICE.fullmatch(getattr(constraint, "pattern", None) or "")
    return " or ".join(choice[1].split("|")) if choice else ""


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, typing.get_args(annotation))), None)


def _is_many(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (list, tuple, dict)


def _name_of_one(annotation: Any) -> str:
    return ".KEY" if typing.get_origin(annotation) is dict else ""


def _first_sentence(model: type[BaseModel]) -> str:
    """Return what the model says of itself, unless that is the section's name again."""
    sentence = (model.__doc__ or "").partition("\n")[0]
    return "" if sentence.startswith("Section") else sentence


def _components(kind: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield name and model of each of our own plugins or adapters that has settings."""
    for point in found_entry_points(f"refdesk.{kind}"):
        if not point.value.startswith("refdesk."):
            continue
        component = point.load()
        registered = getattr(component, "register_settings", lambda: NoSettings)
        model = component.settings_model if kind == "adapters" else registered()
        if model.model_fields:
            yield point.name, model


if __name__ == "__main__":
    PAGE.write_text(settings_page(), encoding="utf-8")
