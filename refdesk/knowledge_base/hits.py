"""What does a search give back?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from refdesk.knowledge_base.analysis import content_terms, terms
from refdesk.knowledge_base.confidence import confidence, match
from refdesk.knowledge_base.entries import Entry, Kind
from refdesk.knowledge_base.snippets import snippet

# Terms of entries shown lately; a change has its own key, so nothing old is kept in use.
_RECENT_ENTRIES = 4096


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry found, best first.

    `score` orders the hits of one question; `confidence` (0 to 1) may be compared between
    questions and held against a threshold; `coverage` is the rarity-weighted share of the
    question's terms that the entry holds.
    """

    entry: Entry
    score: float
    coverage: float
    confidence: float
    question_terms: frozenset[str] = field(repr=False)

    @property
    def entry_id(self) -> str:
        """Return the entry's id."""
        return self.entry.id

    @property
    def title(self) -> str:
        """Return the entry's title."""
        return self.entry.title

    @property
    def text(self) -> str:
        """Return the whole answer."""
        return self.entry.text

    @property
    def short_answer(self) -> str:
        """Return the answer for narrow channels, or nothing."""
        return self.entry.short_answer

    @property
    def source(self) -> str:
        """Return where the answer comes from."""
        return self.entry.source

    @property
    def language(self) -> str:
        """Return the entry's language."""
        return self.entry.language

    @property
    def kind(self) -> Kind:
        """Return faq or guide."""
        return self.entry.kind

    @property
    def snippet(self) -> str:
        """Return the passage that shows why it was found; computed when asked for."""
        return snippet(self.entry.text or self.entry.title, self.question_terms)


def make_hits(
    matched: Sequence[tuple[Entry, Entry, float]],
    question: Mapping[str, float],
    rarest: float,
    asked: frozenset[str],
) -> list[Hit]:
    """Return hits for (entry to show, entry that matched, score), best first.

    The two entries differ where a translation stands in for what matched. `question` are the
    terms that carry meaning with their rarities, `asked` all that were searched for.
    """
    scores = [score for _, _, score in matched]
    lead = 1 - scores[1] / scores[0] if len(scores) > 1 else 1.0
    hits = []
    for place, (shown, found, score) in enumerate(matched):
        compared = match(question, *_terms_of(found), rarest)
        sure = confidence(compared, 0.0 if place else lead)
        hits.append(Hit(shown, score, compared.coverage, sure, asked))
    return hits


@lru_cache(maxsize=_RECENT_ENTRIES)
def _terms_of(entry: Entry) -> tuple[tuple[frozenset[str], ...], frozenset[str]]:
    """Return the terms of each wording, and of everything the entry says."""
    # An entry without a title that is one short text is a wording itself.
    title = entry.title or (entry.text if entry.kind == "faq" else "")
    wordings = tuple(map(content_terms, (title, *entry.variants)))
    everything = "\n".join((entry.title, entry.text, *entry.variants))
    return wordings, frozenset(terms(everything)).union(*wordings)
