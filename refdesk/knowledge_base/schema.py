"""Which fields does an entry have in the index?

Terms and weights come ready from `ranking`; Whoosh analyses nothing. Only what search must know
is indexed: the texts stay in the database, so that a withdrawn one is nowhere else.
"""

from collections.abc import Iterator
from typing import Any

from whoosh.fields import ID, STORED, FieldType, Schema
from whoosh.formats import Existence

from refdesk.knowledge_base.analysis import surface_words
from refdesk.knowledge_base.ranking import BODY, HEADING, QUESTION, FieldWeights, weigh
from refdesk.knowledge_base.store import StoredEntry


class WeightedTerms(FieldType):  # type: ignore[misc]  # Whoosh has no types
    """A field of terms that bring their weights along."""

    def __init__(self) -> None:
        """Keep weights and lengths, nothing else."""
        self.format = Existence()
        self.analyzer = None
        self.scorable = True
        self.stored = False
        self.unique = False
        self.vector = None

    def index(
        self, value: FieldWeights, **_options: Any
    ) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield (term, frequency, weight, nothing).

        Whoosh sums frequencies to the field's length, and only for that; ours is given.
        """
        length = value.length
        for term, weight in value.weights.items():
            yield term.encode(), length, weight, b""
            length = 0

    def to_bytes(self, value: str | bytes) -> bytes:
        """Return the term as it is stored."""
        return value if isinstance(value, bytes) else value.encode()

    def from_bytes(self, value: bytes) -> str:
        """Return a stored term as text."""
        return value.decode()


class Words(FieldType):  # type: ignore[misc]  # Whoosh has no types
    """A field of words as written, for type-ahead."""

    def __init__(self) -> None:
        """Keep which words occur; nothing is scored by them."""
        self.format = Existence()
        self.analyzer = None
        self.scorable = False
        self.stored = False
        self.unique = False
        self.vector = None

    def index(self, value: set[str], **_options: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield each word once."""
        for word in value:
            yield word.encode(), 1, 1.0, b""


SCHEMA = Schema(
    id=ID(unique=True, stored=True),
    change=STORED,
    group=STORED,
    **{BODY: WeightedTerms(), QUESTION: WeightedTerms(), HEADING: WeightedTerms()},
    words=Words(),
    # Present only where it restricts: most entries are public and hold until withdrawn.
    level=ID(),
    valid_until=ID(),
    translation=ID(),
)


def document(stored: StoredEntry) -> dict[str, Any]:
    """Return what Whoosh is given for a published entry."""
    entry = stored.entry
    fields: dict[str, Any] = {
        "id": entry.id,
        "change": stored.change,
        "group": entry.group,
        **weigh(entry),
    }
    words = {word for text in (entry.title, *entry.variants) for word in surface_words(text)}
    if words:
        fields["words"] = words
    if entry.level:
        fields["level"] = str(entry.level)
    if entry.valid_until:
        fields["valid_until"] = entry.valid_until.isoformat()
    if entry.translation_of:
        fields["translation"] = entry.translation_of
    return fields
