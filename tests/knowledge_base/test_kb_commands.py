import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from refdesk.cli.main import main

ENTRIES = [
    {"_id": "renew", "title": "How do I renew my books?", "text": "Press Renew in My Library."},
    {"_id": "rota", "title": "Where is the rota?", "text": "On the staff drive.", "level": 4},
    {"_id": "zh", "title": "图书怎样续借?", "text": "登录后点续借。"},
]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `refdesk kb ... --data`; returns exit code, standard output and standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        command = ["refdesk", "kb", *map(str, arguments)]
        if "--config" not in command:
            command += ["--data", str(tmp_path / "deployment")]
        monkeypatch.setattr(sys, "argv", command)
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


@pytest.fixture
def entries(tmp_path: Path) -> Path:
    path = tmp_path / "entries.jsonl"
    path.write_text("\n".join(json.dumps(entry) for entry in ENTRIES), "utf-8")
    return path


def test_import_says_what_it_did_in_one_json_document(run: Run, entries: Path, tmp_path: Path):
    code, out, _ = run("import", entries, "--json")
    assert code == 0
    assert json.loads(out) == {
        "added": 3,
        "changed": 0,
        "unchanged": 0,
        "skipped": 0,
        "withdrawn": 0,
    }
    assert stat.S_IMODE((tmp_path / "deployment").stat().st_mode) == 0o700
    assert json.loads(run("import", entries, "--json")[1])["unchanged"] == 3


def test_search_lists_ids_titles_snippets_and_scores(run: Run, entries: Path):
    run("import", entries)
    code, out, _ = run("search", "renew a book", "--json")
    assert code == 0
    (hit,) = json.loads(out)
    assert hit.keys() == {"_id", "title", "snippet", "score"}
    assert (hit["_id"], hit["snippet"]) == ("renew", "Press Renew in My Library.")
    assert hit["score"] > 0


def test_search_keeps_to_level_and_limit(run: Run, entries: Path):
    run("import", entries)
    assert json.loads(run("search", "where is the rota", "--json")[1]) == []
    assert json.loads(run("search", "rota", "--level", 4, "--json")[1])[0]["_id"] == "rota"
    both = ["search", "rota renew", "--level", 4, "--json"]
    assert len(json.loads(run(*both)[1])) == 2
    assert len(json.loads(run(*both, "--limit", 1)[1])) == 1


def test_a_broken_file_fails_with_one_sentence_and_changes_nothing(run: Run, entries: Path):
    entries.write_text(entries.read_text("utf-8") + "\n{", "utf-8")
    code, out, err = run("import", entries, "--json")
    assert (code, out) == (1, "")
    assert err.startswith("refdesk: ")
    assert f"{entries}, line 4:" in err
    assert json.loads(run("search", "renew", "--json")[1]) == []


def test_warnings_go_to_standard_error(run: Run, tmp_path: Path):
    path = tmp_path / "e.jsonl"
    path.write_text('{"_id": "a", "title": "x"}\n{"_id": "b"}\n', "utf-8")
    code, out, err = run("import", path, "--json")
    assert (code, json.loads(out)["skipped"]) == (0, 1)
    assert "line 2: neither title nor text" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["search"],
        ["search", "x", "--limit", "0"],
        ["search", "x", "--level", "6"],
        ["search", "x", "--data", "a", "--config", "b"],
        ["import"],
        ["eval", "--queries", "q.jsonl"],
        ["polish"],
    ],
)
def test_wrong_usage_exits_with_2(run: Run, arguments: list[str]):
    assert run(*arguments)[0] == 2


def test_export_and_replace_make_a_round(run: Run, entries: Path, tmp_path: Path):
    run("import", entries)
    exported = tmp_path / "out.xlsx"
    assert json.loads(run("export", exported, "--json")[1])["exported"] == 3
    counts = json.loads(run("import", exported, "--replace", "--json")[1])
    assert (counts["unchanged"], counts["withdrawn"]) == (3, 0)
    assert run("export", tmp_path / "out.pdf")[0] == 1


def test_rebuild_and_check(run: Run, entries: Path, tmp_path: Path):
    run("import", entries)
    assert json.loads(run("rebuild", "--json")[1]) == {"entries": 3}
    code, out, _ = run("check", "--json")
    assert (code, json.loads(out)) == (0, {"health": "healthy", "entries": 3, "problems": []})
    lost = tmp_path / "t.jsonl"
    lost.write_text('{"_id": "t", "title": "x", "translation_of": "gone"}', "utf-8")
    run("import", lost)
    code, out, _ = run("check", "--json")
    assert code == 1
    assert "gone" in json.loads(out)["problems"][0]


def test_eval_measures_the_current_base(run: Run, entries: Path, tmp_path: Path):
    run("import", entries)
    queries, qrels = tmp_path / "q.jsonl", tmp_path / "r.tsv"
    queries.write_text('{"_id": "1", "text": "renew books"}\n{"_id": "2", "text": "x"}', "utf-8")
    qrels.write_text("query-id\tcorpus-id\tscore\n1\trenew\t1\n2\tzh\t0\n", "utf-8")
    code, out, _ = run("eval", "--queries", queries, "--qrels", qrels, "--json")
    measures = json.loads(out)
    assert code == 0
    assert measures.keys() == {"queries", "ndcg@10", "mrr@10", "recall@100", "p50_ms", "p95_ms"}
    assert (measures["queries"], measures["ndcg@10"], measures["mrr@10"]) == (1, 1, 1)
    qrels.write_text("query-id\tcorpus-id\tscore\n", "utf-8")
    assert run("eval", "--queries", queries, "--qrels", qrels)[0] == 1


def test_people_get_plain_lines(run: Run, entries: Path):
    assert "3 added" in run("import", entries)[1]
    assert "How do I renew my books?" in run("search", "renew books")[1]
    assert "Nothing found" in run("search", "zebra")[2]
    assert "3 entries, 0 problems" in run("check")[1]


def test_neither_rich_nor_openpyxl_is_imported_for_a_search(tmp_path: Path):
    program = (
        "import sys\nsys.argv = ['refdesk', 'kb', 'search', 'x', '--json', '--data', 'd']\n"
        "from refdesk.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "sys.stderr.write(' '.join({'openpyxl', 'rich.progress'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
