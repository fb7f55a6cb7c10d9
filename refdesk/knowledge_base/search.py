"""Which entries answer a question best, in one state of the index?

A question is a set of analysed terms, never the text of a query language: what a reader typed
cannot be syntax. Entries the asker may not see, or that no longer hold, are left out while
postings are read, so they influence neither the ranking's length nor its order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from whoosh.query import And, Or, Query, Term

from refdesk.knowledge_base.analysis import surface_words
from refdesk.knowledge_base.entries import LEVELS
from refdesk.knowledge_base.index import View
from refdesk.knowledge_base.ranking import BODY, FIELD_BOOST, rarity

SHORTEST_PREFIX = 2
# A prefix such as "co" begins hundreds of words; the commonest are enough to suggest from.
_MOST_COMPLETIONS = 50


class _AnyTerm(Or):  # type: ignore[misc]  # Whoosh has no types
    """Matches any term, scored list by list: several times faster than a tree of matchers."""

    matcher_type = Or.ARRAY_MATCHER


@dataclass(frozen=True, slots=True)
class Found:
    """An entry the index proposes: as of which change, with which score."""

    entry_id: str
    group: str
    change: int
    score: float


def rank(view: View, terms: Sequence[str], *, level: int, today: str, limit: int) -> list[Found]:
    """Return the best entries for the terms; `today` is an ISO date.

    Of an entry and its translations only the best is kept.
    """
    parts: list[Query] = [
        Term(field, term, boost=boost)
        for field, boost in FIELD_BOOST.items()
        for term in terms
        if (field, term) in view.reader
    ]
    if not parts:
        return []
    query = parts[0] if len(parts) == 1 else _AnyTerm(parts)
    return _distinct(view, query, level, today, limit)


def complete(view: View, text: str, *, level: int, today: str, limit: int) -> list[Found]:
    """Return entries whose title or variants hold the words typed so far, the last one unfinished.

    Entries with all words come first, then those with some.
    """
    words = surface_words(text)
    if sum(map(len, words)) < SHORTEST_PREFIX:
        return []
    *whole, last = words
    endings = _completions(view, last)
    parts: list[Query] = [Term("words", word) for word in whole if ("words", word) in view.reader]
    if endings:
        parts.append(Or([Term("words", ending) for ending in endings]))
    if not parts:
        return []
    found = _distinct(view, And(parts), level, today, limit)
    if len(found) < limit and len(parts) > 1:
        seen = {one.group for one in found}
        more = _distinct(view, Or(parts), level, today, limit + len(found))
        found += [one for one in more if one.group not in seen]
    return found[:limit]


def rarities(view: View, terms: Iterable[str]) -> tuple[dict[str, float], float]:
    """Return each term's inverse document frequency, and that of a term in one entry only."""
    known = {term: view.scoring.rarity(BODY, term) for term in terms}
    return known, rarity(view.scoring.documents, 1)


def _completions(view: View, prefix: str) -> list[str]:
    found = []
    for ending in view.reader.expand_prefix("words", prefix):
        found.append(ending.decode())
        if len(found) == _MOST_COMPLETIONS:
            break
    return found


def _distinct(view: View, query: Query, level: int, today: str, limit: int) -> list[Found]:
    """Collect until `limit` groups are found; more is asked for only where translations exist."""
    wanted = limit if _is_absent(view, "translation") else limit * 2
    hidden = _hidden(view, level, today)
    while True:
        results = view.searcher.search(query, limit=wanted, mask=hidden or None)
        found: dict[str, Found] = {}
        for hit in results:
            one = Found(hit["id"], hit["group"], hit["change"], hit.score)
            found.setdefault(one.group, one)
        if len(found) >= limit or results.scored_length() < wanted:
            return list(found.values())[:limit]
        wanted *= 2


def _hidden(view: View, level: int, today: str) -> set[int]:
    """Return the documents the asker may not see or that no longer hold, kept for the next."""
    key = (level, today)
    if key not in view.hidden:
        if len(view.hidden) > len(LEVELS):
            view.hidden.clear()  # another day
        too_high = [Term("level", str(higher)) for higher in LEVELS if higher > level]
        expired = []
        for day in view.reader.lexicon("valid_until"):
            if day.decode() >= today:
                break
            expired.append(Term("valid_until", day.decode()))
        view.hidden[key] = {
            number
            for term in (*too_high, *expired)
            for number in view.searcher.docs_for_query(term)
        }
    return view.hidden[key]


def _is_absent(view: View, field: str) -> bool:
    return next(iter(view.reader.lexicon(field)), None) is None
