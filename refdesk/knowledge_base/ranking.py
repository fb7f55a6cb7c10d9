"""By which weights is an entry found, and how are they summed?

The score of an entry is BM25 over everything it says (the *body*) plus BM25 over its wordings
alone, each term's share weighted by how rare the term is. Two profiles, by the entry's kind:

- faq: body with the title once, plus the whole score of the wordings: a question is best
  recognised by the question it answers;
- guide: body with the title three times, plus seven tenths of the score of the title: titles of
  guides and abstracts are topics, not questions. A guide that readers' wordings were added to is
  a faq here.

Readers' past wordings (variants) are pooled with the title. They count as occurrences but do not
make the field longer than one wording is on average, so an entry asked for in many ways is not
punished for it; in the body they lengthen nothing.

An entry has wordings in one of two fields, which stand for the two profiles; rarity and mean
length are taken over both together, so that few faqs among many guides are judged by one measure.
"""

import math
from collections import Counter
from dataclasses import dataclass

from refdesk.knowledge_base.analysis import terms
from refdesk.knowledge_base.entries import Entry

K1 = 1.2
B = 0.75
BODY, QUESTION, HEADING = "body", "question", "heading"
FIELD_BOOST = {BODY: 1.0, QUESTION: 1.0, HEADING: 0.7}
_TITLE_IN_BODY = {QUESTION: 1, HEADING: 3}


@dataclass(frozen=True, slots=True)
class FieldWeights:
    """How often each term counts in a field, and how long the field counts as (in terms)."""

    weights: dict[str, float]
    length: int


def weigh(entry: Entry) -> dict[str, FieldWeights]:
    """Return the weights of an entry's terms for each field that has any."""
    title = terms(entry.title)
    text = terms(entry.text)
    variants = [found for found in map(terms, entry.variants) if found]
    profile = QUESTION if entry.kind == "faq" or variants else HEADING
    said: Counter[str] = Counter(text)
    for term in title:
        said[term] += _TITLE_IN_BODY[profile]
    asked: Counter[str] = Counter(title)
    for variant in variants:
        said.update(variant)
        asked.update(variant)
    fields = {}
    if said:
        fields[BODY] = _field(said, len(title) + len(text) or said.total())
    if asked:
        wordings = len(variants) + bool(title)
        fields[profile] = _field(asked, math.ceil(asked.total() / wordings))
    return fields


def rarity(documents: int, holding: int) -> float:
    """Return the inverse document frequency of a term that `holding` of `documents` contain."""
    return math.log(1 + (documents - holding + 0.5) / (holding + 0.5))


def _field(counted: Counter[str], length: int) -> FieldWeights:
    return FieldWeights({term: float(weight) for term, weight in counted.items()}, length)
