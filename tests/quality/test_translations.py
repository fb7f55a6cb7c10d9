"""Has every system text a Chinese translation that can replace it?"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CHINESE = ROOT / "refdesk/core/locale/zh"
# `translate` and `_` look a text up; `N_` marks a constant that is looked up later.
KEYWORDS = {"translate": None, "_": None, "N_": None}
PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def _texts() -> Iterator[tuple[str, str]]:
    """Yield each text of sources and templates with its place."""
    for file in sorted((ROOT / "refdesk").rglob("*")):
        method = {".py": "python", ".html": "jinja2.ext:babel_extract"}.get(file.suffix)
        if method:
            found = extract_from_file(method, file, keywords=KEYWORDS)
            for line, text, _comments, _context in found:
                if isinstance(text, str) and text:
                    yield text, f"{file.relative_to(ROOT)}:{line}"


def _translations() -> Iterator[tuple[Path, Message]]:
    for file in sorted(CHINESE.glob("*.po")):
        with file.open("rb") as source:
            catalogue = read_po(source, locale="zh", abort_invalid=True)
        yield from ((file, message) for message in catalogue if message.id)


TEXTS = dict(_texts())
TRANSLATIONS = {str(message.id): str(message.string) for _file, message in _translations()}


def test_every_system_text_has_a_chinese_one() -> None:
    missing = [f"{place}: {text}" for text, place in TEXTS.items() if not TRANSLATIONS.get(text)]
    assert not missing, "\n".join(["No Chinese text for", *missing])


def test_no_translation_is_left_over_or_given_twice_differently() -> None:
    seen: dict[str, str] = {}
    problems = []
    for file, message in _translations():
        text, chinese = str(message.id), str(message.string)
        if text not in TEXTS:
            problems.append(f"{file.name}: nobody says {text!r}")
        if seen.setdefault(text, chinese) != chinese:
            problems.append(f"{file.name}: another translation of {text!r}")
        if message.fuzzy:
            problems.append(f"{file.name}: unsure translation of {text!r}")
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("text", sorted(TRANSLATIONS))
def test_a_translation_keeps_the_placeholders_and_addresses_the_reader_politely(text: str) -> None:
    chinese = TRANSLATIONS[text]
    assert sorted(PLACEHOLDER.findall(chinese)) == sorted(PLACEHOLDER.findall(text))
    assert "你" not in chinese.replace("你好", ""), "readers are addressed as 您"
