import csv
import io
import warnings
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from refdesk.errors import DataError, EntryError, ImportFileError
from refdesk.knowledge_base import Entry, make_entry
from refdesk.knowledge_base.entries import clean, one_line
from refdesk.knowledge_base.formats import entry_from, read_file, write_file
from refdesk.knowledge_base.formats import workbook as workbook_format
from refdesk.knowledge_base.formats.text_files import decode

words = st.text(max_size=40)
# Words that one or the other format could take for something else.
NASTY = """=1+1 '=x '' @a +1 -1 ＝x #N/A TRUE 1 1.0 2026-01-01 " --- [a] ["a"] a;b a|b x:y a,b
_x000D_ null""".split()  # noqa: SIM905 - quotes of both kinds are among them
nasty = st.sampled_from([*NASTY, "# x", "x: y", "\tx", "a\nb", " a "])
texts = words | nasty
lists = st.lists(texts.map(one_line), max_size=4).map(tuple)
ids = texts.map(lambda text: one_line(text)[:150]).filter(bool)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    return make_entry(
        draw(ids),
        draw(texts.map(one_line).filter(bool)) if draw(st.booleans()) else "",
        draw(texts.filter(lambda text: bool(clean(text).strip()))),
        kind=draw(st.sampled_from(["faq", "guide"])),
        language=draw(st.sampled_from(["en", "zh", "zh-Hant"])),
        short_answer=draw(texts),
        translation_of=draw(st.none() | st.just("some original")),
        level=draw(st.integers(0, 5)),
        source=draw(texts),
        valid_until=draw(st.none() | st.dates(date(1000, 1, 1))),
        tags=draw(lists),
        variants=draw(lists),
    )


def read(path: Path) -> list[Entry]:
    return [entry_from(record.values) for record in read_file(path)]


@pytest.mark.parametrize("name", ["e.jsonl", "e.csv", "e.xlsx", "pages"])
@given(given_entries=st.lists(entries(), max_size=4, unique_by=lambda entry: entry.id))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
def test_what_is_exported_comes_back_without_loss(
    tmp_path_factory: pytest.TempPathFactory, name: str, given_entries: list[Entry]
):
    path = tmp_path_factory.mktemp("exported") / name
    write_file(path, given_entries)
    by_id = {entry.id: entry for entry in given_entries}
    assert {entry.id: entry for entry in read(path)} == by_id


FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "＝1+1"]


def test_no_exported_cell_is_a_formula(tmp_path: Path):
    given_entries = [make_entry(f"e{n}", "t", f"x\n{f}", source=f) for n, f in enumerate(FORMULAS)]
    given_entries += [make_entry(f, "t", f) for f in FORMULAS if f == one_line(f)]
    write_file(tmp_path / "e.csv", given_entries)
    with (tmp_path / "e.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    write_file(tmp_path / "e.xlsx", given_entries)
    book = load_workbook(tmp_path / "e.xlsx")
    for row in book.worksheets[0].iter_rows():
        assert all(cell.data_type != "f" for cell in row)
        cells += [str(cell.value or "") for cell in row]
    assert cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "＝"))]


def table(path: Path, rows: list[list[object]]) -> Path:
    if path.suffix == ".csv":
        buffer = io.StringIO()
        csv.writer(buffer).writerows(rows)
        path.write_text(buffer.getvalue(), "utf-8")
    else:
        book = Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    return path


@pytest.mark.parametrize("name", ["list.csv", "list.xlsx"])
@pytest.mark.parametrize(
    "header", [["ID", "Question", "Answer"], ["编号", "问题", "答案"], ["_id", "title", "text"]]
)
def test_a_librarians_own_headings_are_understood(tmp_path: Path, name: str, header: list[str]):
    path = table(tmp_path / name, [[*header, "remarks"], [7, "Lockers?", "Yes", "ask Li"]])
    assert read(path) == [make_entry("7", "Lockers?", "Yes")]


def test_days_numbers_and_lists_of_a_workbook_are_understood(tmp_path: Path):
    header = ["id", "question", "level", "expires", "tags", "variants"]
    row = ["a", "Lockers?", 4, date(2026, 12, 31), "space; building", "cupboards\nstore a bag"]
    found = read(table(tmp_path / "l.xlsx", [header, row]))[0]
    assert (found.level, found.valid_until) == (4, date(2026, 12, 31))
    assert found.tags == ("space", "building")
    assert found.variants == ("cupboards", "store a bag")


@pytest.mark.parametrize("name", ["list.csv", "list.xlsx"])
@pytest.mark.parametrize(
    ("rows", "line", "word"),
    [
        ([["foo", "bar"], ["a", "b"]], 1, "no column"),
        ([["id", "title", "question"], ["a", "b", "c"]], 1, "two columns"),
        ([], 1, "name the columns"),
    ],
)
def test_wrong_headings_are_refused(
    tmp_path: Path, name: str, rows: list[list[object]], line: int, word: str
):
    with pytest.raises(ImportFileError, match=word) as caught:
        read(table(tmp_path / name, rows))
    assert caught.value.line == line


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_seen_from_the_first_line(tmp_path: Path, delimiter: str):
    path = tmp_path / "l.csv"
    path.write_text(f"_id{delimiter}title{delimiter}text\na{delimiter}b{delimiter}c\n", "utf-8")
    assert read(path) == [make_entry("a", "b", "c")]


def test_a_row_is_named_by_the_line_where_it_begins(tmp_path: Path):
    path = tmp_path / "l.csv"
    path.write_text('_id,text\na,"two\nlines"\nb,x\nc,"open\n', "utf-8")
    records = read_file(path)
    assert [next(records).line, next(records).line] == [2, 4]
    with pytest.raises(ImportFileError, match="line 5"):
        next(records)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("text", ["图书馆在哪里,几点开门?", "plain ascii"])
def test_encodings_of_chinese_libraries_are_read(encoding: str, text: str):
    assert decode(text.encode(encoding), "f") == text


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("first\nd\xe9j\xe0 vu, caf\xe9".encode("cp1252"), 2),
        ("it\u2019s open\nthe reader\u2019s card".encode("cp1252"), 1),
        (b"\xff\xff\xff", 1),
        (b"\xef\xbb\xbfa\nb\xff", 2),
        ("续借图书馆\n".encode() * 3 + b"\xe7\xbb", 4),
    ],
)
def test_other_encodings_are_refused_naming_the_line(content: bytes, line: int):
    with pytest.raises(ImportFileError, match="UTF-8") as caught:
        decode(content, "f.jsonl")
    assert (caught.value.file, caught.value.line) == ("f.jsonl", line)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes):
    refused = None
    try:
        text = decode(content, "f")
    except ImportFileError as error:
        refused = error.line
    assert refused or isinstance(text, str)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ('{"_id": "b", "ti', "not a JSON object"),
        ("[1, 2]", "in braces"),
        ("[" * 100_000, "not a JSON object"),
        ('{"_id": ' + "9" * 5000 + "}", "not a JSON object"),
        ('{"_id": "b", "text": "' + "x" * 1_100_000 + '"}', "1 MiB"),
    ],
)
def test_broken_json_lines_are_named(tmp_path: Path, line: str, word: str):
    path = tmp_path / "e.jsonl"
    path.write_text('{"_id": "a", "text": "x\u2028y"}\n\n' + line, "utf-8")
    with pytest.raises(ImportFileError, match=word) as caught:
        list(read_file(path))
    assert caught.value.line == 3


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"title": "t"}, "_id is missing"),
        ({"_id": None, "title": "t"}, "_id is missing"),
        ({"_id": "a", "title": ["t"]}, "title"),
        ({"_id": "a", "title": "t", "level": "high"}, "level"),
        ({"_id": "a", "title": "t", "level": 2.5}, "level"),
        ({"_id": "a", "title": "t", "tags": {"x": 1}}, "tags"),
        ({"_id": "a", "title": "t", "variants": [1]}, "variants"),
        ({"_id": "a", "title": "t", "valid_until": "soon"}, "valid_until"),
    ],
)
def test_wrong_values_are_named(values: dict[str, object], word: str):
    with pytest.raises(EntryError, match=word):
        entry_from(values)


def test_keys_that_are_no_fields_are_passed_over():
    assert entry_from({"_id": "a", "title": "t", "metadata": {}}) == make_entry("a", "t")


def test_a_markdown_folder_is_a_base(tmp_path: Path):
    (tmp_path / "rooms").mkdir()
    (tmp_path / "rooms" / "lockers.md").write_text(
        "# Are there lockers?\n\nYes.\n\nMany.\n", "utf-8"
    )
    (tmp_path / "a.md").write_text(
        "---\nlevel: 2\ntags: [space, 'bags']\nsource: https://example.org/a\n---\n\n"
        "# Bags\n\nNo.\n",
        "utf-8",
    )
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.md").write_text("# x", "utf-8")
    assert read(tmp_path) == [
        make_entry(
            "a", "Bags", "No.", level=2, tags=("space", "bags"), source="https://example.org/a"
        ),
        make_entry("rooms/lockers", "Are there lockers?", "Yes.\n\nMany."),
    ]


@pytest.mark.parametrize(
    ("page", "line"), [("---\nlevel: 2\n", 1), ("---\nlevel: 2\nwhat\n---\n", 3)]
)
def test_broken_front_matter_is_named(tmp_path: Path, page: str, line: int):
    (tmp_path / "a.md").write_text(page, "utf-8")
    with pytest.raises(ImportFileError) as caught:
        read(tmp_path)
    assert caught.value.line == line


def test_ids_never_lead_out_of_the_folder(tmp_path: Path):
    odd = [make_entry(name, "t") for name in ("../up", "/root", "a/b", "A", "a", ".", "x" * 200)]
    write_file(tmp_path / "pages", odd)
    assert len(list((tmp_path / "pages").iterdir())) == len(odd)
    assert [child.name for child in tmp_path.iterdir()] == ["pages"]


def test_markdown_is_not_mixed_with_older_pages(tmp_path: Path):
    (tmp_path / "old.md").write_text("# old", "utf-8")
    with pytest.raises(DataError, match="empty folder"):
        write_file(tmp_path, [make_entry("a", "t")])


def test_a_bomb_of_a_workbook_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = table(tmp_path / "l.xlsx", [["id", "title"], ["a", "b"]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b"\0" * 2_000_000)
    monkeypatch.setattr(workbook_format, "LARGEST_UNPACKED", 1_000_000)
    with pytest.raises(ImportFileError, match="unpacks"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 torn"])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "l.xlsx"
    path.write_bytes(content)
    with pytest.raises(ImportFileError, match="not a workbook"):
        read(path)


def test_another_archive_is_no_workbook(tmp_path: Path):
    path = tmp_path / "l.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
    with warnings.catch_warnings(), pytest.raises(ImportFileError, match="not a workbook"):
        read(path)


def test_a_text_too_long_for_a_cell_is_not_cut_in_silence(tmp_path: Path):
    with pytest.raises(EntryError, match="jsonl"):
        write_file(tmp_path / "l.xlsx", [make_entry("a", "t", "x" * 40_000)])
    assert list(tmp_path.iterdir()) == []


def test_unknown_files_are_refused(tmp_path: Path):
    (tmp_path / "a.pdf").write_bytes(b"x")
    for path in (tmp_path / "a.pdf", tmp_path / "absent.csv"):
        with pytest.raises(ImportFileError):
            read(path)
    with pytest.raises(DataError, match="suffix"):
        write_file(tmp_path / "b.pdf", [])
    with pytest.raises(DataError, match="cannot be written"):
        write_file(tmp_path / "no" / "such" / "e.csv", [])
