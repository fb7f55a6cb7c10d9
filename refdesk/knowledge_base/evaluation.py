"""How well, and how fast, does the base answer questions whose answers are known?

Measures are those of trec_eval with linear gain; a query counts when at least one entry is judged
relevant (score above 0). Times are CPU milliseconds of the thread for `KnowledgeBase.search` as a
reader's question goes, after one pass that warms it as a running server is.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from refdesk.errors import ImportFileError
from refdesk.knowledge_base.entries import LEVELS
from refdesk.knowledge_base.formats.json_lines import read_json_lines
from refdesk.knowledge_base.formats.text_files import read_text
from refdesk.knowledge_base.knowledge_base import KnowledgeBase

SHOWN = 10
DEEP = 100
_HEADER = ["query-id", "corpus-id", "score"]


@dataclass(frozen=True, slots=True)
class Measures:
    """Means over the queries that count; times in CPU milliseconds."""

    queries: int
    ndcg_10: float
    mrr_10: float
    recall_100: float
    p50_ms: float
    p95_ms: float

    def as_json(self) -> dict[str, float]:
        """Return the names and roundings of the command's JSON document."""
        return {
            "queries": self.queries,
            "ndcg@10": round(self.ndcg_10, 4),
            "mrr@10": round(self.mrr_10, 4),
            "recall@100": round(self.recall_100, 4),
            "p50_ms": round(self.p50_ms, 3),
            "p95_ms": round(self.p95_ms, 3),
        }


def evaluate(
    base: KnowledgeBase, queries: Mapping[str, str], qrels: Mapping[str, Mapping[str, float]]
) -> Measures:
    """Ask every query that has a relevant entry; every level may be seen.

    Raises `ValueError` when none has.
    """
    asked = [name for name in queries if any(grade > 0 for grade in qrels.get(name, {}).values())]
    if not asked:
        raise ValueError("no query has a relevant entry")
    ndcg = mrr = recall = 0.0
    for name in asked:
        hits = base.search(queries[name], limit=DEEP, level=max(LEVELS))
        ranked = [hit.entry_id for hit in hits]
        ndcg += ndcg_at(ranked, qrels[name], SHOWN)
        mrr += reciprocal_rank_at(ranked, qrels[name], SHOWN)
        recall += recall_at(ranked, qrels[name], DEEP)
    times = sorted(_cpu_milliseconds(base, queries[name]) for name in asked)
    return Measures(
        queries=len(asked),
        ndcg_10=ndcg / len(asked),
        mrr_10=mrr / len(asked),
        recall_100=recall / len(asked),
        p50_ms=_percentile(times, 0.50),
        p95_ms=_percentile(times, 0.95),
    )


def ndcg_at(ranked: Sequence[str], grades: Mapping[str, float], depth: int) -> float:
    """Return normalised discounted cumulative gain with linear gain."""
    gain = sum(
        max(0.0, grades.get(entry, 0.0)) / math.log2(place + 2)
        for place, entry in enumerate(ranked[:depth])
    )
    best = sorted((grade for grade in grades.values() if grade > 0), reverse=True)[:depth]
    ideal = sum(grade / math.log2(place + 2) for place, grade in enumerate(best))
    return gain / ideal if ideal else 0.0


def reciprocal_rank_at(ranked: Sequence[str], grades: Mapping[str, float], depth: int) -> float:
    """Return one over the place of the first relevant entry, 0 when it comes too late."""
    for place, entry in enumerate(ranked[:depth], start=1):
        if grades.get(entry, 0.0) > 0:
            return 1 / place
    return 0.0


def recall_at(ranked: Sequence[str], grades: Mapping[str, float], depth: int) -> float:
    """Return the share of relevant entries found."""
    relevant = {entry for entry, grade in grades.items() if grade > 0}
    return len(relevant.intersection(ranked[:depth])) / len(relevant) if relevant else 0.0


def read_queries(path: Path) -> dict[str, str]:
    """Return text by id from JSON Lines of `{"_id", "text"}`."""
    queries: dict[str, str] = {}
    for record in read_json_lines(path):
        identity, text = record.values.get("_id"), record.values.get("text")
        if not isinstance(identity, str | int) or not isinstance(text, str):
            raise ImportFileError(record.file, record.line, "a query has an _id and a text")
        if str(identity) in queries:
            raise ImportFileError(record.file, record.line, "this _id was used before")
        queries[str(identity)] = text
    return queries


def read_qrels(path: Path) -> dict[str, dict[str, float]]:
    """Return grades by query and entry from tab-separated lines with a header."""
    name = str(path)
    lines = read_text(path).replace("\r\n", "\n").split("\n")
    if [word.strip() for word in lines[0].split("\t")] != _HEADER:
        raise ImportFileError(name, 1, "the first line must be query-id, corpus-id, score by tabs")
    qrels: dict[str, dict[str, float]] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        try:
            query, entry, score = line.split("\t")
            grade = float(score)
        except ValueError:
            raise ImportFileError(
                name, number, "three fields parted by tabs are expected, the last a number"
            ) from None
        qrels.setdefault(query, {})[entry] = grade
    return qrels


def _cpu_milliseconds(base: KnowledgeBase, text: str) -> float:
    begin = time.thread_time()
    base.search(text, limit=SHOWN, level=max(LEVELS))
    return (time.thread_time() - begin) * 1000


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]
