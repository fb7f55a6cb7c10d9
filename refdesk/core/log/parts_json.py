"""How do parts, sources and buttons look as JSON, in the database and in web-chat frames?"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from refdesk.core.messages import Choice, File, Image, Link, Option, Part, Quote, Source, Text

Json = dict[str, Any]


def to_json(value: object) -> str:
    """Return compact JSON; the standard library took a tenth of a round trip for the same."""
    return orjson.dumps(value).decode()


def part_to_json(part: Part) -> Json:
    """Return a part as stored, and as the web-chat protocol shows it: `type` and its fields."""
    match part:
        case Text(text, short):
            shown = {"type": "text", "text": text}
            return {**shown, "short": short} if short else shown
        case Link(url, label):
            return {"type": "link", "url": url, "label": label}
        case Choice(prompt, options):
            return {"type": "choice", "prompt": prompt, "options": [_option(o) for o in options]}
        case File(name, url, media_type, size):
            return {
                "type": "file",
                "name": name,
                "url": url,
                "media_type": media_type,
                "size": size,
            }
        case Image(url, description):
            return {"type": "image", "url": url, "description": description}
        case Quote(text):
            return {"type": "quote", "text": text}


def part_from_json(data: Json) -> Part:
    """Return the part; raises `ValueError` for an unknown type."""
    match data:
        case {"type": "text", "text": str(text)}:
            return Text(text, data.get("short", ""))
        case {"type": "link", "url": str(url), "label": str(label)}:
            return Link(url, label)
        case {"type": "choice", "prompt": str(prompt), "options": list(options)}:
            return Choice(prompt, tuple(Option(o["label"], o["action"]) for o in options))
        case {"type": "file", "name": name, "url": url, "media_type": media_type, "size": size}:
            return File(name, url, media_type, size)
        case {"type": "image", "url": str(url), "description": str(description)}:
            return Image(url, description)
        case {"type": "quote", "text": str(text)}:
            return Quote(text)
    raise ValueError("a stored part has an unknown type")


def source_to_json(source: Source) -> Json:
    """Return a source with the fields it has."""
    filled = {"title": source.title, "url": source.url, "entry": source.entry}
    return {name: value for name, value in filled.items() if value}


def dump_parts(parts: Iterable[Part]) -> str:
    """Return parts as stored."""
    return to_json([part_to_json(part) for part in parts])


def load_parts(stored: str) -> tuple[Part, ...]:
    """Return stored parts."""
    return tuple(part_from_json(data) for data in json.loads(stored))


def dump_sources(sources: Sequence[Source]) -> str:
    """Return sources as stored."""
    if not sources:
        return "[]"
    return to_json([source_to_json(source) for source in sources])


def load_sources(stored: str) -> tuple[Source, ...]:
    """Return stored sources."""
    if stored == "[]":
        return ()
    return tuple(
        Source(data.get("title", ""), data.get("url", ""), data.get("entry", ""))
        for data in json.loads(stored)
    )


def dump_options(options: Sequence[Option]) -> str:
    """Return buttons as stored."""
    if not options:
        return "[]"
    return to_json([_option(option) for option in options])


def load_options(stored: str) -> tuple[Option, ...]:
    """Return stored buttons."""
    if stored == "[]":
        return ()
    return tuple(Option(data["label"], data["action"]) for data in json.loads(stored))


def plain_text(parts: Iterable[Part]) -> str:
    """Return what a part sequence says, for platforms and previews that know only text."""
    return "\n".join(filter(None, (_as_text(part) for part in parts)))


def _option(option: Option) -> Json:
    return {"label": option.label, "action": option.action}


def _as_text(part: Part) -> str:
    match part:
        case Text(text=text) | Quote(text):
            return text
        case Link(url, label):
            return f"{label}: {url}" if label and label != url else url
        case Choice(prompt, options):
            lines = [f"{number}. {option.label}" for number, option in enumerate(options, 1)]
            return "\n".join([prompt, *lines] if prompt else lines)
        case File(name, url):
            return f"{name}: {url}"
        case Image(url, description):
            return f"{description}: {url}"
