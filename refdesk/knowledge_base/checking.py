"""Are the index and the entries in order?"""

from dataclasses import dataclass

from refdesk.knowledge_base.knowledge_base import KnowledgeBase
from refdesk.knowledge_base.store import StoredEntry


@dataclass(frozen=True, slots=True)
class Health:
    """What a check found; `index_problems` and `entry_problems` are plain sentences."""

    entries: int
    index_problems: tuple[str, ...]
    entry_problems: tuple[str, ...]

    @property
    def is_healthy(self) -> bool:
        """Tell whether nothing needs attention."""
        return not self.index_problems and not self.entry_problems


def check(base: KnowledgeBase) -> Health:
    """Compare the index with the database entry by entry, and look for what editors must mend."""
    stored = base.entries()
    return Health(
        entries=len(stored),
        index_problems=tuple(_index_problems(stored, base.indexed())),
        entry_problems=tuple(_entry_problems(stored)),
    )


def _index_problems(stored: list[StoredEntry], indexed: dict[str, int]) -> list[str]:
    kept = {one.entry.id: one.change for one in stored}
    problems = [f"the index lacks entry {identity}" for identity in kept if identity not in indexed]
    problems += [
        f"the index holds entry {identity}, which is not published"
        for identity in indexed
        if identity not in kept
    ]
    problems += [
        f"the index holds entry {identity} as of change {indexed[identity]}, not {change}"
        for identity, change in kept.items()
        if indexed.get(identity, change) != change
    ]
    return problems


def _entry_problems(stored: list[StoredEntry]) -> list[str]:
    languages = {one.entry.id: one.entry.language for one in stored}
    problems = []
    for one in stored:
        entry = one.entry
        original = entry.translation_of
        if original is None:
            continue
        if original not in languages:
            problems.append(f"entry {entry.id} translates {original}, which is not published")
        elif languages[original] == entry.language:
            problems.append(f"entry {entry.id} has the language of {original}, which it translates")
    return problems
