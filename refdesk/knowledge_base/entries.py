"""What is an entry, and when is one acceptable?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from refdesk.errors import EntryError
from refdesk.knowledge_base.analysis import has_han

Kind = Literal["faq", "guide"]

LEVELS = range(6)
LONGEST_ID = 200
LONGEST_LINE = 2_000
LONGEST_TEXT_BYTES = 200_000
MOST_VARIANTS = 500
MOST_TAGS = 100
# An entry that is one short text without a title is a question somebody collected.
SHORT_TEXT = 120

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ENGLISH_QUESTION = re.compile(
    r"(how|what|where|when|who|whom|whose|which|why|can|could|do|does|did|is|are|was|were|may|"
    r"must|should|will|would|am|have|has|i need|i want|i can't|i cannot)\b",
    re.IGNORECASE,
)
_CHINESE_QUESTION = re.compile(
    r"怎么|怎样|如何|什么|哪里|哪儿|哪些|哪个|吗|呢|为何|为什么|是否|能否|可否|多少|几点|几天|多久"
    r"|多长|谁|可不可以|能不能|有没有|是不是"
)
# Control characters have no business in an entry, and halves of surrogate pairs no encoding.
_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of the knowledge base, complete: every field has its value.

    `level` is the least access level that may see it (0 public to 5 administrator);
    `valid_until` is the last day it holds; `variants` are other wordings of the question.
    """

    id: str
    title: str
    text: str
    kind: Kind
    language: str
    short_answer: str = ""
    translation_of: str | None = None
    level: int = 0
    source: str = ""
    valid_until: date | None = None
    tags: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """Return what an entry and its translations have in common: the original's id."""
        return self.translation_of or self.id


def make_entry(
    id: str,  # noqa: A002 - the field's name in every format
    title: str = "",
    text: str = "",
    *,
    kind: str | None = None,
    language: str | None = None,
    short_answer: str = "",
    translation_of: str | None = None,
    level: int = 0,
    source: str = "",
    valid_until: date | None = None,
    tags: tuple[str, ...] = (),
    variants: tuple[str, ...] = (),
) -> Entry:
    """Return a checked entry; kind and language are guessed when absent.

    Raises `EntryError` with a sentence that names the field.
    """
    title, text = one_line(title), clean(text).strip()
    entry = Entry(
        id=id,
        title=title,
        text=text,
        kind=_checked_kind(kind) if kind else guess_kind(title, text),
        language=language or guess_language(title or text),
        short_answer=clean(short_answer).strip(),
        translation_of=one_line(translation_of or "") or None,
        level=level,
        source=one_line(source),
        valid_until=valid_until,
        tags=_listed(tags),
        variants=_listed(variants),
    )
    _check(entry)
    return entry


def guess_kind(title: str, text: str) -> Kind:
    """Tell a question with its answer (faq) from a passage to read (guide) by the title."""
    question = title.strip()
    if not question:
        return "faq" if len(text) <= SHORT_TEXT else "guide"
    if question.endswith(("?", "？")) or _ENGLISH_QUESTION.match(question):
        return "faq"
    return "faq" if _CHINESE_QUESTION.search(question) else "guide"


def guess_language(text: str) -> str:
    """Return zh when a Chinese character occurs, else en."""
    return "zh" if has_han(text) else "en"


def clean(text: str) -> str:
    """Return the text with plain line ends, no control characters and nothing unencodable."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATE.sub("\ufffd", _UNWANTED.sub("", text))


def one_line(text: str) -> str:
    """Return the text cleaned, on one line, without outer or repeated spaces."""
    return " ".join(clean(text).split())


def is_empty(title: str, text: str) -> bool:
    """Tell whether there is nothing to find or to show."""
    return not clean(title).strip() and not clean(text).strip()


def _listed(values: tuple[str, ...]) -> tuple[str, ...]:
    cleaned = map(one_line, values)
    return tuple(dict.fromkeys(value for value in cleaned if value))


def _checked_kind(kind: str) -> Kind:
    if kind == "faq":
        return "faq"
    if kind == "guide":
        return "guide"
    raise EntryError("kind must be faq or guide")


def _check(entry: Entry) -> None:
    for problem in _problems(entry):
        raise EntryError(problem)


def _problems(entry: Entry) -> Iterator[str]:
    if not entry.id or entry.id != one_line(entry.id):
        yield "_id must be one line of text without outer or repeated spaces"
    if is_empty(entry.title, entry.text):
        yield "the entry has neither title nor text"
    if isinstance(entry.level, bool) or entry.level not in LEVELS:
        yield "level must be a whole number from 0 (public) to 5 (administrator)"
    if not _LANGUAGE.fullmatch(entry.language):
        yield "language must be a code such as en or zh"
    if entry.translation_of == entry.id:
        yield "translation_of must name another entry"
    yield from _excesses(entry)


def _excesses(entry: Entry) -> Iterator[str]:
    if len(entry.id) > LONGEST_ID or len(entry.translation_of or "") > LONGEST_ID:
        yield f"_id or translation_of is longer than {LONGEST_ID} characters"
    if len(entry.title) > LONGEST_LINE or len(entry.source) > LONGEST_LINE:
        yield f"title or source is longer than {LONGEST_LINE} characters"
    if max(len(entry.text.encode()), len(entry.short_answer.encode())) > LONGEST_TEXT_BYTES:
        yield f"text or short_answer is longer than {LONGEST_TEXT_BYTES // 1000} KB"
    if len(entry.variants) > MOST_VARIANTS or len(entry.tags) > MOST_TAGS:
        yield f"there are more than {MOST_VARIANTS} variants or {MOST_TAGS} tags"
    if any(len(value) > LONGEST_LINE for value in (*entry.variants, *entry.tags)):
        yield f"a variant or tag is longer than {LONGEST_LINE} characters"
