"""How sure may one be that an entry answers a question?

A pure judgement, apart from the ranking: scores order the entries of one question, they cannot be
compared between questions. What can is made of rarity-weighted shares, in which words that no
entry holds are the rarest of all, so that nonsense and foreign topics come out low:

- *likeness*: the question and the best of the entry's wordings (title or a variant), how much of
  each stands in the other (harmonic mean). The same wording gives 1. Half a likeness is worth
  little: half-alike wordings ask different things ("lost book", "lost card"). Hence its cube.
- *evidence*: how much of the question stands anywhere in the entry, less where only a common word
  or two do, and less where the next entry holds nearly as much.

The numbers were chosen on questions with known answers and on questions without one (docs say
which); they are round because finer ones did not do better.
"""

import math
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

# One rare word found is worth half of certainty, three nearly all of it.
_GROWTH = 0.7
# A lead of this share of the score is a clear one; without a lead this part remains.
_CLEAR_LEAD = 0.3
_WITHOUT_LEAD = 0.7


@dataclass(frozen=True, slots=True)
class Match:
    """What of a question an entry holds: shares from 0 to 1; `rare_words` counts rarities."""

    coverage: float
    likeness: float
    rare_words: float


def match(
    question: Mapping[str, float],
    wordings: Iterable[AbstractSet[str]],
    said: AbstractSet[str],
    rarest: float,
) -> Match:
    """Compare a question's terms (with rarities) to an entry's wordings and to all it says.

    `rarest` is the rarity of a term in one entry only. Terms of a wording that the question lacks
    weigh as much as the question's terms on average.
    """
    total = sum(question.values())
    if not total:
        return Match(0.0, 0.0, 0.0)
    usual = total / len(question)
    likeness = 0.0
    for wording in wordings:
        shared = sum(rarity for term, rarity in question.items() if term in wording)
        if shared:
            lacking = usual * sum(term not in question for term in wording)
            likeness = max(likeness, 2 * shared / (total + shared + lacking))
    covered = sum(rarity for term, rarity in question.items() if term in said)
    return Match(covered / total, likeness, covered / rarest)


def confidence(found: Match, lead: float) -> float:
    """Return how likely the entry answers, from 0 to 1.

    `lead` is the share of its score by which it is ahead of the next entry; 0 when it is not
    the first.
    """
    grown = 1 - math.exp(-_GROWTH * found.rare_words)
    clearness = _WITHOUT_LEAD + (1 - _WITHOUT_LEAD) * min(1.0, lead / _CLEAR_LEAD)
    return max(found.likeness**3, found.coverage * grown * clearness)
