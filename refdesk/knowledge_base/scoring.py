"""How does Whoosh score a posting by our ranking?

`ranking` says what is weighed; here Whoosh's matchers get it as a weighting model. Statistics
belong to one generation of the index, so each searcher has its own model.
"""

from functools import cache
from typing import Any

from whoosh.scoring import WeightingModel, WeightLengthScorer, WeightScorer

from refdesk.knowledge_base.ranking import BODY, HEADING, K1, QUESTION, B, rarity

# Fields whose rarities and lengths are taken together.
_FAMILIES = {BODY: (BODY,), QUESTION: (QUESTION, HEADING), HEADING: (QUESTION, HEADING)}


class EntryScoring(WeightingModel):  # type: ignore[misc]  # Whoosh has no types
    """BM25 for each field, with the statistics of one reader."""

    def __init__(self, reader: Any) -> None:
        """Take statistics from `reader`, which sees the whole index."""
        self._reader = reader
        self.documents: int = reader.doc_count_all()
        self.rarity = cache(self._rarity)
        self._mean_length = cache(self._mean_of)

    def supports_block_quality(self) -> bool:
        """Let Whoosh skip blocks that cannot reach the best ten."""
        return True

    def scorer(self, searcher: Any, fieldname: str, text: bytes, qf: int = 1) -> Any:
        """Return what scores the postings of one term in one field."""
        _ = qf
        if fieldname not in _FAMILIES:
            return WeightScorer(1.0)  # words, levels, days: there or not
        return _Bm25(
            searcher, fieldname, text, self.rarity(fieldname, text), self._mean_length(fieldname)
        )

    def _rarity(self, field: str, term: bytes | str) -> float:
        holding = sum(self._reader.doc_frequency(name, term) for name in _FAMILIES[field])
        return rarity(self.documents, holding)

    def _mean_of(self, field: str) -> float:
        total = sum(self._reader.field_length(name) for name in _FAMILIES[field])
        return total / self.documents if total else 1.0


class _Bm25(WeightLengthScorer):  # type: ignore[misc]  # Whoosh has no types
    def __init__(
        self, searcher: Any, field: str, term: bytes, rarity: float, mean_length: float
    ) -> None:
        self._top = rarity * (K1 + 1)
        self._short = K1 * (1 - B)
        self._long = K1 * B / mean_length
        self.setup(searcher, field, term)

    def _score(self, weight: float, length: int) -> float:
        return self._top * weight / (weight + self._short + self._long * length)
