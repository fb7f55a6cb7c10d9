"""Which entries say nearly the same?

Pure. Two entries are near-duplicates when their sets of terms overlap by at least `LIKENESS`
(Jaccard: shared terms over all terms). Comparing all pairs would take hours for large bases;
but two sets that alike must share one of their few rarest terms, so only entries that meet there
are compared (the prefix filter of set-similarity joins).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from refdesk.knowledge_base.analysis import terms
from refdesk.knowledge_base.entries import Entry

LIKENESS = 0.85
# One or two words may be the same by chance: "Wi-Fi" the guide and "Wi-Fi" the notice.
_FEWEST_TERMS = 3


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ids whose entries are alike, in the order given, and how much (0 to 1)."""

    first: str
    second: str
    likeness: float


def near_duplicates(entries: Iterable[Entry]) -> list[Pair]:
    """Return the pairs of entries that say nearly the same, translations apart."""
    known = [(entry, frozenset(terms(f"{entry.title}\n{entry.text}"))) for entry in entries]
    holding = Counter(term for _, said in known for term in said)
    places: defaultdict[str, list[int]] = defaultdict(list)
    pairs = []
    for place, (entry, said) in enumerate(known):
        if len(said) < _FEWEST_TERMS:
            continue
        rare = sorted(said, key=lambda term: (holding[term], term))
        prefix = rare[: len(said) - math.ceil(LIKENESS * len(said)) + 1]
        met = {other for term in prefix for other in places[term]}
        for other in sorted(met):
            likeness = _likeness(said, known[other][1])
            if likeness >= LIKENESS and entry.group != known[other][0].group:
                pairs.append(Pair(known[other][0].id, entry.id, likeness))
        for term in prefix:
            places[term].append(place)
    return pairs


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    if min(len(one), len(other)) < LIKENESS * max(len(one), len(other)):
        return 0.0
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)
