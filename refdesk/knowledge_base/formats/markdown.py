"""How are entries read from and written to a folder of Markdown files?

A file is one entry. It may begin with simple `key: value` lines between two lines `---`; then
comes `# Title`, then the text. Without an `_id` the path below the folder, without suffix, is it.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from refdesk.errors import DataError, ImportFileError
from refdesk.knowledge_base.entries import Entry
from refdesk.knowledge_base.formats.records import LISTS, Record, values_of
from refdesk.knowledge_base.formats.text_files import LARGEST_FILE, read_text

MOST_FILES = 50_000
_SAFE_NAME = re.compile(r"[a-zA-Z0-9_\u4e00-\u9fff][a-zA-Z0-9_.\-\u4e00-\u9fff]{0,59}")


def read_markdown(path: Path) -> Iterator[Record]:
    """Yield the entry of each .md file below a folder in the order of names, or of one file."""
    if not path.is_dir():
        yield _record(path, path.stem)
        return
    files = sorted(file for file in path.rglob("*.md") if not _is_hidden(file.relative_to(path)))
    if len(files) > MOST_FILES or sum(file.stat().st_size for file in files) > LARGEST_FILE:
        raise ImportFileError(str(path), None, "the folder holds more than 64 MiB; split it")
    for file in files:
        yield _record(file, file.relative_to(path).with_suffix("").as_posix())


def write_markdown(folder: Path, entries: Iterable[Entry]) -> None:
    """Write one file an entry into `folder`, created when absent.

    Raises `DataError` when Markdown files lie there: old ones among the new would come back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if next(folder.rglob("*.md"), None) is not None:
        raise DataError(f"{folder} holds Markdown files already. Choose an empty folder.")
    for entry in entries:
        (folder / _file_name(entry.id)).write_text(_page(entry), "utf-8", newline="\n")


def _record(file: Path, identity: str) -> Record:
    lines = read_text(file).replace("\r\n", "\n").split("\n")
    values: dict[str, Any] = {"_id": identity}
    place = 0
    if lines[0].strip() == "---":
        place = _front_matter(lines, values, str(file))
    while place < len(lines) and not lines[place].strip():
        place += 1
    if "title" not in values and place < len(lines) and lines[place].startswith("# "):
        values["title"] = lines[place][2:]
        place += 1
    values["text"] = "\n".join(lines[place:])
    return Record(str(file), 1, values)


def _front_matter(lines: list[str], values: dict[str, Any], name: str) -> int:
    """Add the values to `values`; return the place after the closing line."""
    for place, line in enumerate(lines[1:], start=1):
        if line.strip() == "---":
            return place + 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, colon, value = line.partition(":")
        if not colon:
            raise ImportFileError(name, place + 1, "between the --- lines, write key: value")
        key = key.strip()
        values[key] = _list(value.strip()) if key in LISTS else _plain(value.strip())
    raise ImportFileError(name, 1, "the closing --- line is missing")


def _plain(value: str) -> str:
    if value.startswith('"') and value.endswith('"'):
        try:
            text = json.loads(value)
        except ValueError:
            return value
        return text if isinstance(text, str) else value
    return value


def _list(value: str) -> list[str]:
    if value.startswith("[") and value.endswith("]"):
        try:
            items = json.loads(value)
        except (ValueError, RecursionError):
            items = None
        if isinstance(items, list):
            return [str(item) for item in items]
        value = value[1:-1]
    return [item.strip().strip("\"'") for item in re.split("[,，;；]", value) if item.strip()]


def _page(entry: Entry) -> str:
    values = values_of(entry)
    title, text = values.pop("title", ""), values.pop("text", "")
    lines = ["---"]
    for key, value in values.items():
        plain = isinstance(value, int) or (isinstance(value, str) and _needs_no_quotes(value))
        lines.append(f"{key}: {value if plain else json.dumps(value, ensure_ascii=False)}")
    if not title:
        # Else a text that begins with a heading would lose it.
        lines.append('title: ""')
    lines += ["---", ""]
    if title:
        lines += [f"# {title}", ""]
    return "\n".join([*lines, text, ""])


def _needs_no_quotes(value: str) -> bool:
    return len(value.splitlines()) == 1 and value == value.strip() and not value.startswith('"')


def _file_name(identity: str) -> str:
    """Return a name any file system accepts; names that had to change get a mark of their own."""
    if _SAFE_NAME.fullmatch(identity) and identity == identity.lower():
        return f"{identity}.md"
    readable = re.sub(r"[^a-z0-9\u4e00-\u9fff]+", "-", identity.lower()).strip("-")[:40]
    mark = hashlib.sha256(identity.encode()).hexdigest()[:10]
    return f"{readable or 'entry'}-{mark}.md"


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
