"""How do files become entries, all or nothing?

Everything is read and checked before anything is written: one broken line of one file, and the
base stays as it was.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from refdesk.errors import EntryError, ImportFileError
from refdesk.knowledge_base.duplicates import near_duplicates
from refdesk.knowledge_base.entries import Entry, is_empty
from refdesk.knowledge_base.formats import Record, entry_from, read_file
from refdesk.knowledge_base.knowledge_base import KnowledgeBase
from refdesk.knowledge_base.store import Tally

# More than these are counted, not listed.
MOST_PAIRS_NAMED = 20
_LONGEST_ID_SHOWN = 80

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class FileEntries:
    """What a file holds: entries by id, and one sentence for each thing passed over."""

    name: str
    entries: dict[str, Entry]
    lines: dict[str, int | None]
    skipped: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did, as sums over its files, and what an editor should look at."""

    added: int
    changed: int
    unchanged: int
    skipped: int
    withdrawn: int
    warnings: tuple[str, ...]


def import_files(
    base: KnowledgeBase,
    paths: Sequence[Path],
    *,
    author: str,
    replace: bool = False,
    progress: Progress = lambda _stage, _count: None,
) -> ImportResult:
    """Add and change entries by `_id`; `replace` withdraws what the files together lack.

    `progress` is told the stage (a file's name, then "storing") and how many entries so far.
    Raises `ImportFileError`, naming file and line, before anything has changed.
    """
    files = [load(path, progress) for path in paths]
    tallies = []
    if replace:
        tallies.append(_put(base, [_united(files)], author, progress, replace=True))
    else:
        tallies.extend(_put(base, [file], author, progress, replace=False) for file in files)
    return ImportResult(
        added=sum(tally.added for tally in tallies),
        changed=sum(tally.changed for tally in tallies),
        unchanged=sum(tally.unchanged for tally in tallies),
        skipped=sum(len(file.skipped) for file in files),
        withdrawn=sum(tally.withdrawn for tally in tallies),
        warnings=(*(sentence for file in files for sentence in file.skipped), *_alike(base, files)),
    )


def load(path: Path, progress: Progress = lambda _stage, _count: None) -> FileEntries:
    """Return the checked entries of a file; raises `ImportFileError` naming file and line."""
    loaded = FileEntries(str(path), {}, {})
    for count, record in enumerate(read_file(path), start=1):
        _take(record, loaded)
        if count % 100 == 0:
            progress(path.name, count)
    progress(path.name, len(loaded.entries))
    return loaded


def _take(record: Record, loaded: FileEntries) -> None:
    values = record.values
    try:
        if values.get("_id") not in (None, "") and _says_nothing(values):
            where = f"{record.file}, line {record.line}"
            loaded.skipped.append(f"{where}: neither title nor text, left out")
            return
        entry = entry_from(values)
    except EntryError as error:
        raise ImportFileError(record.file, record.line, str(error)) from None
    if entry.id in loaded.entries:
        raise _repeated(entry.id, record.file, record.line, loaded.lines[entry.id])
    loaded.entries[entry.id] = entry
    loaded.lines[entry.id] = record.line


def _says_nothing(values: object) -> bool:
    title, text = (
        values.get(name) if isinstance(values, dict) else None for name in ("title", "text")
    )
    return all(
        not value or (isinstance(value, str) and is_empty(value, "")) for value in (title, text)
    )


def _united(files: Sequence[FileEntries]) -> FileEntries:
    """Return all files as one; an id in two of them would make one of them count for nothing."""
    united = FileEntries(", ".join(file.name for file in files), {}, {})
    for file in files:
        for identity, entry in file.entries.items():
            if identity in united.entries:
                raise _repeated(identity, file.name, file.lines[identity], united.lines[identity])
            united.entries[identity] = entry
            united.lines[identity] = file.lines[identity]
    if not united.entries:
        raise ImportFileError(
            united.name, None, "there is no entry; replacing all by nothing is refused"
        )
    return united


def _repeated(identity: str, file: str, line: int | None, before: int | None) -> ImportFileError:
    shown = identity[:_LONGEST_ID_SHOWN]
    first = f" in line {before}" if before is not None else ""
    return ImportFileError(file, line, f"the _id {shown!r} was used before{first}; ids are unique")


def _put(
    base: KnowledgeBase,
    files: Sequence[FileEntries],
    author: str,
    progress: Progress,
    *,
    replace: bool,
) -> Tally:
    entries = [entry for file in files for entry in file.entries.values()]
    progress("storing", len(entries))
    reason = f"import of {', '.join(Path(file.name).name for file in files)}"
    return base.put(entries, author, reason, replace=replace)


def _alike(base: KnowledgeBase, files: Sequence[FileEntries]) -> list[str]:
    """Name pairs of which at least one entry came with this import."""
    new = {identity for file in files for identity in file.entries}
    pairs = [
        pair
        for pair in near_duplicates(stored.entry for stored in base.entries())
        if pair.first in new or pair.second in new
    ]
    named = [
        f"entries {pair.first} and {pair.second} say nearly the same ({pair.likeness:.0%})"
        for pair in pairs[:MOST_PAIRS_NAMED]
    ]
    if len(pairs) > MOST_PAIRS_NAMED:
        named.append(f"{len(pairs) - MOST_PAIRS_NAMED} more pairs say nearly the same")
    return named
