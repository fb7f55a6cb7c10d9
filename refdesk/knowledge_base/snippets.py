"""Which passage of a text shows best why it was found?"""

from collections.abc import Set as AbstractSet

from refdesk.knowledge_base.analysis import spans

LENGTH = 160
_ENDS = ".!?。！？\n"


def snippet(text: str, wanted: AbstractSet[str], length: int = LENGTH) -> str:
    """Return about `length` characters of plain text around the most different wanted terms.

    Begins at a sentence or word where one is near; cuts are shown by an ellipsis.
    """
    flat = " ".join(text.split())
    if len(flat) <= length:
        return flat
    start = _begin(flat, _best_start(flat, wanted, length), length)
    return _cut(flat, start, length)


def _best_start(text: str, wanted: AbstractSet[str], length: int) -> int:
    """Slide a window over the matches; return where the one with most terms begins."""
    places = [(start, hit) for start, _, found in spans(text) if (hit := found & wanted)]
    if not places:
        return 0
    best, best_start, first = 0, 0, 0
    counts: dict[str, int] = {}
    for start, hit in places:
        for term in hit:
            counts[term] = counts.get(term, 0) + 1
        while start - places[first][0] > length * 0.8:
            for term in places[first][1]:
                counts[term] -= 1
                if not counts[term]:
                    del counts[term]
            first += 1
        if len(counts) > best:
            best, best_start = len(counts), places[first][0]
    return best_start


def _begin(text: str, match: int, length: int) -> int:
    """Step back from a match to the sentence's begin, or at least to a word's."""
    if match + length > len(text):
        match = max(0, min(match, len(text) - length))
    earliest = max(0, match - length // 4)
    for place in range(match, earliest, -1):
        if text[place - 1] in _ENDS or (text[place - 1] == " " and text[place - 2] in _ENDS):
            return place
    if earliest == 0:
        return 0
    space = text.find(" ", earliest, match)
    return space + 1 if space >= 0 else earliest


def _cut(text: str, start: int, length: int) -> str:
    end = min(len(text), start + length)
    if end < len(text):
        space = text.rfind(" ", start + length * 3 // 4, end)
        end = space if space > 0 else end
    head = "…" if start > 0 else ""
    tail = "…" if end < len(text) else ""
    return f"{head}{text[start:end].strip()}{tail}"
