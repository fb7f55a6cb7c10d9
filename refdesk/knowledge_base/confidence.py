"""How sure may one be that an entry answers a question?

A pure judgement, apart from the ranking: scores order entries of one question, they do not
compare between questions. Rarity-weighted shares do:

- *likeness*: how much of the question stands in the best of the entry's wordings (title or a
  variant), and how much of that wording the question asks for: their harmonic mean is 1 for the
  same wording and near 0 for one common word;
- *coverage*: how much of the question stands anywhere in the entry. Words the base has never seen
  are the rarest of all, so nonsense and foreign topics come out low.

A long text covers much by chance, so coverage alone is worth at most `FROM_TEXT`.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

FROM_TEXT = 0.6


@dataclass(frozen=True, slots=True)
class Match:
    """What of a question an entry holds: two shares between 0 and 1."""

    coverage: float
    likeness: float


def match(
    question: Mapping[str, float],
    wordings: Iterable[AbstractSet[str]],
    said: AbstractSet[str],
) -> Match:
    """Compare a question's terms (with rarities) to an entry's wordings and to all it says.

    Terms of a wording that the question lacks weigh as much as the question's terms on average.
    """
    total = sum(question.values())
    if not total:
        return Match(0.0, 0.0)
    usual = total / len(question)
    likeness = 0.0
    for wording in wordings:
        shared = sum(weight for term, weight in question.items() if term in wording)
        if shared:
            extra = usual * sum(term not in question for term in wording)
            likeness = max(likeness, 2 * shared / (total + shared + extra))
    covered = sum(weight for term, weight in question.items() if term in said)
    return Match(covered / total, likeness)


def confidence(matches: Sequence[Match], place: int) -> float:
    """Return how likely the entry at `place` (0 is the best) answers, from 0 to 1."""
    found = matches[place]
    return max(found.likeness, FROM_TEXT * found.coverage)
