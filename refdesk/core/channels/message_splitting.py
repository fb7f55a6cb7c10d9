"""How is a text cut into messages that a platform takes?

Never inside a character as readers see it (a grapheme), an address or an `<a>`; if possible
between paragraphs, else sentences, else words. Only what is longer than a whole message is cut all
the same: an address by graphemes, a grapheme by code points. (pure)
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import regex

from refdesk.core.channels.capabilities import TextUnit

_GRAPHEME = regex.compile(r"\X")
# Addresses are ASCII: Chinese words right behind one do not belong to it.
_UNBREAKABLE = regex.compile(r"<a\s[^<>]*>.*?</a>|(?:https?://|www\.)[!-;=?-~]+", regex.DOTALL)
_PARAGRAPH = regex.compile(r"\n[ \t]*\n\s*")
# The number of a button and its full stop begin a line and end no sentence.
_SENTENCE = regex.compile(r"[。！？]+[」』”’）)]*|(?<!(?:^|\n)\d{1,2})[.!?]+[\"')\]]*(?=\s)|\n")
_WORD = regex.compile(r"\s+|[，、；：]")
# A break before this share of a message would waste more than it tidies.
_EARLIEST_BREAK = 1 / 3

_MEASURES: dict[TextUnit, Callable[[str], int]] = {
    "characters": len,
    "bytes": lambda text: len(text.encode("utf-8", "surrogatepass")),
    "utf-16": lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    "graphemes": lambda text: sum(1 for _ in _GRAPHEME.finditer(text)),
}


def measure(text: str, unit: TextUnit) -> int:
    """Return the length of a text in `unit`."""
    return _MEASURES[unit](text)


def split(text: str, limit: int, unit: TextUnit = "characters") -> list[str]:
    """Return the text in messages of at most `limit` units, 0 meaning no limit.

    Nothing but white space at the cuts is lost. An empty text gives no message. The limit must
    hold at least one code point (4 bytes).
    """
    if not text.strip():
        return []
    if limit == 0 or measure(text, unit) <= limit:
        return [text]
    atoms = list(_atoms(text, limit, unit))
    breaks = _breaks(text)
    messages = []
    first = 0
    while first < len(atoms):
        after, size = first, 0
        while after < len(atoms) and size + atoms[after].size <= limit:
            size += atoms[after].size
            after += 1
        after = max(after, first + 1)
        if after < len(atoms):
            after = _best_break(atoms, first, after, breaks)
        piece = text[atoms[first].start : atoms[after - 1].end].strip()
        if piece:
            messages.append(piece)
        first = after
    return messages


@dataclass(frozen=True, slots=True)
class _Atom:
    """A stretch of text that is not cut."""

    start: int
    end: int
    size: int


_Breaks = dict[Literal["paragraph", "sentence", "word"], frozenset[int]]


def _breaks(text: str) -> _Breaks:
    """Return where a message may end well: character positions, by kind, best kind first."""
    return {
        "paragraph": frozenset(match.end() for match in _PARAGRAPH.finditer(text)),
        "sentence": frozenset(match.end() for match in _SENTENCE.finditer(text)),
        "word": frozenset(match.end() for match in _WORD.finditer(text)),
    }


def _best_break(atoms: list[_Atom], first: int, after: int, breaks: _Breaks) -> int:
    """Return the number of the atom before which to cut, `after` at the latest."""
    earliest = atoms[first].start + (atoms[after - 1].end - atoms[first].start) * _EARLIEST_BREAK
    for places in breaks.values():
        for cut in range(after, first, -1):
            end = atoms[cut - 1].end
            if end < earliest:
                break
            if end in places:
                return cut
    return after


def _atoms(text: str, limit: int, unit: TextUnit) -> Iterator[_Atom]:
    """Yield what may not be cut: graphemes, and addresses that fit into a message."""
    graphemes = [match.span() for match in _GRAPHEME.finditer(text)]
    kept = _kept_whole(text)
    number = 0
    while number < len(graphemes):
        start, end = graphemes[number]
        number += 1
        whole_end = kept.get(start)
        if whole_end is not None:
            last = number
            while last < len(graphemes) and graphemes[last][0] < whole_end:
                last += 1
            end_of_whole = graphemes[last - 1][1]
            size = measure(text[start:end_of_whole], unit)
            if size <= limit:
                yield _Atom(start, end_of_whole, size)
                number = last
                continue
        size = measure(text[start:end], unit)
        if size <= limit:
            yield _Atom(start, end, size)
        else:
            yield from (
                _Atom(place, place + 1, measure(text[place], unit)) for place in range(start, end)
            )


def _kept_whole(text: str) -> dict[int, int]:
    """Return where addresses and links begin and end."""
    return {match.start(): match.end() for match in _UNBREAKABLE.finditer(text)}
