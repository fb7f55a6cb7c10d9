import json
from pathlib import Path

import pytest

from refdesk.errors import ImportFileError
from refdesk.knowledge_base import KnowledgeBase, store
from refdesk.knowledge_base.importing import import_files
from tests.databases import ENGINES, Engine


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    engine: Engine = request.param
    return engine


def lines(path: Path, records: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def one(identity: str, text: str = "x") -> dict[str, object]:
    return {"_id": identity, "title": f"About {identity}", "text": text}


def counts(base: KnowledgeBase, *paths: Path, replace: bool = False) -> tuple[int, ...]:
    result = import_files(base, paths, author="editor", replace=replace)
    return (result.added, result.changed, result.unchanged, result.skipped, result.withdrawn)


def test_an_import_adds_then_changes_what_differs(base: KnowledgeBase, tmp_path: Path):
    path = lines(tmp_path / "e.jsonl", [one("a"), one("b")])
    assert counts(base, path) == (2, 0, 0, 0, 0)
    assert counts(base, path) == (0, 0, 2, 0, 0)
    lines(path, [one("a", "new"), one("c")])
    assert counts(base, path) == (1, 1, 0, 0, 0)
    assert base.entry_count == 3


def test_replacing_withdraws_what_the_files_lack(base: KnowledgeBase, tmp_path: Path):
    counts(base, lines(tmp_path / "e.jsonl", [one("a"), one("b"), one("c")]))
    first = lines(tmp_path / "f.jsonl", [one("a")])
    second = lines(tmp_path / "g.jsonl", [one("b", "new")])
    assert counts(base, first, second, replace=True) == (0, 1, 1, 0, 1)
    assert base.get("c") is None


def test_replacing_all_by_nothing_is_refused(base: KnowledgeBase, tmp_path: Path):
    counts(base, lines(tmp_path / "e.jsonl", [one("a")]))
    with pytest.raises(ImportFileError, match="refused"):
        counts(base, lines(tmp_path / "f.jsonl", []), replace=True)
    assert base.entry_count == 1


def test_one_broken_line_changes_nothing(base: KnowledgeBase, tmp_path: Path):
    path = lines(tmp_path / "e.jsonl", [one(f"e{n}") for n in range(5000)])
    content = path.read_text("utf-8").split("\n")
    content[2999] = content[2999][:20]
    path.write_text("\n".join(content), "utf-8")
    good = lines(tmp_path / "good.jsonl", [one("good")])
    with pytest.raises(ImportFileError) as caught:
        counts(base, good, path)
    assert (caught.value.file, caught.value.line) == (str(path), 3000)
    assert base.entry_count == 0


def test_a_missing_id_is_named(base: KnowledgeBase, tmp_path: Path):
    path = tmp_path / "l.csv"
    path.write_text("question,answer\nLockers?,Yes\n", "utf-8")
    with pytest.raises(ImportFileError, match="_id is missing") as caught:
        counts(base, path)
    assert caught.value.line == 2


def test_a_repeated_id_is_named_with_both_lines(base: KnowledgeBase, tmp_path: Path):
    path = lines(tmp_path / "e.jsonl", [one("a"), one("b"), one("a", "other")])
    with pytest.raises(ImportFileError, match=r"line 3.*in line 1"):
        counts(base, path)
    assert base.entry_count == 0


def test_an_empty_entry_is_left_out_with_a_warning(base: KnowledgeBase, tmp_path: Path):
    empty: dict[str, object] = {"_id": "b", "title": " ", "text": ""}
    path = lines(tmp_path / "e.jsonl", [one("a"), empty, {"_id": "c"}])
    result = import_files(base, [path], author="editor")
    assert (result.added, result.skipped) == (1, 2)
    assert [warning.split(":")[0] for warning in result.warnings] == [
        f"{path}, line 2",
        f"{path}, line 3",
    ]


def test_near_duplicates_are_reported_and_kept(base: KnowledgeBase, tmp_path: Path):
    text = "Books may be renewed online three times unless somebody waits for them"
    records = [one("a", text), {**one("b", text + "."), "title": "About a"}, one("c", "other")]
    result = import_files(base, [lines(tmp_path / "e.jsonl", records)], author="editor")
    assert result.added == 3
    assert [warning for warning in result.warnings if "nearly the same" in warning]
    assert "a and b" in result.warnings[0]


def test_the_library_gets_to_know_who_imported_what(base: KnowledgeBase, tmp_path: Path):
    path = lines(tmp_path / "e.jsonl", [one("a")])
    counts(base, path)
    counts(base, lines(path, [one("a", "new")]))
    (row,) = base._database.read_blocking(lambda tx: store.versions(tx, "main", "a"))
    assert (row["author"], row["reason"]) == ("editor", "import of e.jsonl")
