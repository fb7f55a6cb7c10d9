"""How is a text cut into pieces that a platform carries?

Paragraphs are kept together where they fit, then sentences, then words; a link or what a reader
sees as one character is cut only when it alone is longer than a piece may be.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from refdesk.core.capabilities import TextUnit

_ZERO_WIDTH_JOINER = "\u200d"
_LINK = re.compile(r"(https?://\S+)")
# Where to cut, best first: after a blank line, a line, a sentence, a word. What a platform would
# show at the end of a piece (a space) stays there, so that the pieces together are the text.
_CUTS = (
    re.compile(r"(?<=\n\n)"),
    re.compile(r"(?<=\n)"),
    re.compile(r"(?<=[。！？；])|(?<=[.!?;]\s)"),
    re.compile(r"(?<=\s)|(?<=[，、,])"),
)


def size(text: str, unit: TextUnit) -> int:
    """Return how long a text is, counted as the platform counts."""
    match unit:
        case "characters":
            return len(text)
        case "bytes":
            return len(text.encode("utf-8", "surrogatepass"))
        case "utf-16":
            return len(text.encode("utf-16-le", "surrogatepass")) // 2
        case "graphemes":
            return sum(1 for _one in graphemes(text))


def pieces(text: str, limit: int, unit: TextUnit) -> list[str]:
    """Cut a text into pieces of at most `limit` (0: no limit); joined they are the text again.

    What a reader sees as one character and is longer than the limit alone is cut all the same.
    """
    if not text:
        return []
    if not limit or size(text, unit) <= limit:
        return [text]
    return _joined(_atoms(text, limit, unit, 0), limit, unit)


def graphemes(text: str) -> Iterator[str]:
    """Yield what readers see as one character: a letter with its accents, a joined emoji, a flag.

    A short form of Unicode's rules (UAX 29): conjoining Korean letters are not put together.
    """
    cluster = ""
    for character in text:
        if cluster and not _continues(cluster, character):
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


def _continues(cluster: str, character: str) -> bool:
    if character == _ZERO_WIDTH_JOINER or cluster[-1] == _ZERO_WIDTH_JOINER:
        return True
    if unicodedata.category(character) in ("Mn", "Me", "Mc") or _is_skin_tone(character):
        return True
    if cluster == "\r" and character == "\n":
        return True
    # Two regional indicators are a flag.
    return _is_regional(character) and len(cluster) == 1 and _is_regional(cluster)


def _is_skin_tone(character: str) -> bool:
    return "\U0001f3fb" <= character <= "\U0001f3ff"


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _atoms(text: str, limit: int, unit: TextUnit, level: int) -> Iterator[str]:
    """Yield parts of the text that fit each, cutting no finer than is needed."""
    if size(text, unit) <= limit:
        yield text
    elif level < len(_CUTS):
        for part in _cut(text, level):
            yield from _atoms(part, limit, unit, level + 1)
    else:
        for cluster in graphemes(text):
            if size(cluster, unit) <= limit:
                yield cluster
            else:
                yield from cluster


def _cut(text: str, level: int) -> Iterator[str]:
    """Yield the parts between the cuts of a level; none of them lies within a link."""
    for number, part in enumerate(_LINK.split(text)):
        if number % 2:
            yield part
        else:
            yield from filter(None, _CUTS[level].split(part))


def _joined(atoms: Iterable[str], limit: int, unit: TextUnit) -> list[str]:
    """Put neighbours together as long as they fit."""
    made: list[str] = []
    for atom in atoms:
        if made and size(made[-1] + atom, unit) <= limit:
            made[-1] += atom
        else:
            made.append(atom)
    return made
