import gc
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from refdesk.errors import DataError
from refdesk.knowledge_base import KnowledgeBase, make_entry, store
from refdesk.knowledge_base.checking import check
from refdesk.knowledge_base.index import EntryIndex
from refdesk.storage import SqliteDatabase
from refdesk.storage.schema import CORE_MIGRATIONS, bring_up_to_date

Opener = Callable[[], KnowledgeBase]


def found(base: KnowledgeBase, text: str) -> list[str]:
    return [hit.entry_id for hit in base.search(text)]


@pytest.fixture
def filled(base: KnowledgeBase) -> KnowledgeBase:
    base.put([make_entry(f"e{n}", f"Title {n}", f"word{n} common") for n in range(5)], "editor")
    return base


def current(folder: Path) -> dict[str, object]:
    return json.loads((folder / "current.json").read_text("utf-8"))


def test_following_is_nothing_when_nothing_has_changed(filled: KnowledgeBase):
    assert filled.follow() == "current"


def test_an_index_left_by_another_process_is_used_as_it_is(filled: KnowledgeBase, tmp_path: Path):
    before = current(tmp_path / "index")
    again = KnowledgeBase.open(filled._database, tmp_path / "index")
    assert found(again, "word3") == ["e3"]
    assert current(tmp_path / "index") == before


def test_a_base_follows_what_another_has_written(filled: KnowledgeBase, open_base: Opener):
    other = open_base()
    other.put([make_entry("new", "Fresh", "wordnew")], "editor")
    other.withdraw(["e1"], "editor")
    assert filled.follow() == "followed"
    assert found(filled, "wordnew") == ["new"]
    assert found(filled, "word1") == []
    assert filled.follow() == "current"


@pytest.mark.usefixtures("filled")
def test_a_missing_index_is_rebuilt(open_base: Opener, tmp_path: Path):
    for file in sorted((tmp_path / "index").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    assert found(open_base(), "word2") == ["e2"]


@pytest.mark.usefixtures("filled")
# Whoosh forgets to close a table of contents that it cannot read.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("damage", ["emptied", "cut", "garbled", "removed"])
@pytest.mark.parametrize("pattern", ["*.toc", "*.seg"])
def test_a_torn_index_is_rebuilt(open_base: Opener, tmp_path: Path, pattern: str, damage: str):
    for file in (tmp_path / "index").rglob(pattern):
        content = file.read_bytes()
        if damage == "removed":
            file.unlink()
        else:
            torn = {"emptied": b"", "cut": content[: len(content) // 2], "garbled": b"x" * 200}
            file.write_bytes(torn[damage])
    again = open_base()
    assert found(again, "word2") == ["e2"]
    assert check(again).is_healthy
    gc.collect()  # while the warning is expected


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    "marker",
    ["", "{}", '{"form": 1}', '{"form":1,"folder":"../..","change":1,"stamp":"","documents":1}'],
)
def test_a_broken_marker_means_a_rebuild(open_base: Opener, tmp_path: Path, marker: str):
    (tmp_path / "index" / "current.json").write_text(marker, "utf-8")
    assert found(open_base(), "word2") == ["e2"]


@pytest.mark.usefixtures("filled")
def test_an_index_of_another_form_is_rebuilt(open_base: Opener, tmp_path: Path):
    marker = tmp_path / "index" / "current.json"
    before = current(tmp_path / "index")
    marker.write_text(json.dumps({**before, "form": -1}), "utf-8")
    assert found(open_base(), "word2") == ["e2"]
    assert current(tmp_path / "index")["folder"] != before["folder"]


def test_the_index_of_another_database_is_not_believed(
    filled: KnowledgeBase, tmp_path: Path, migrated_file: Path
):
    other_file = tmp_path / "other.db"
    other_file.write_bytes(migrated_file.read_bytes())
    with closing(SqliteDatabase(other_file)) as other:
        base = KnowledgeBase.open(other, tmp_path / "index")
        assert found(base, "common") == []
        base.put([make_entry(f"x{n}", "Strange", f"word{n}") for n in range(5)], "editor")
        assert found(base, "word2") == ["x2"]
    again = KnowledgeBase.open(filled._database, tmp_path / "index")
    assert found(again, "word2") == ["e2"]


def test_rebuilding_leaves_one_folder_and_the_same_answers(filled: KnowledgeBase, tmp_path: Path):
    assert filled.rebuild() == 5
    assert found(filled, "word4") == ["e4"]
    assert len(list((tmp_path / "index").glob("entries-*"))) == 1


def test_a_searcher_opened_before_a_rebuild_goes_on(filled: KnowledgeBase, open_base: Opener):
    other = open_base()
    other.rebuild()
    assert found(filled, "word4") == ["e4"]


@pytest.mark.usefixtures("filled")
def test_only_the_owner_may_enter_the_folder(tmp_path: Path):
    for folder in [tmp_path / "index", *(tmp_path / "index").glob("entries-*")]:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_database_keeps_earlier_versions_with_their_author(filled: KnowledgeBase):
    filled.put([make_entry("e1", "Another title", "x")], "maria", "shorter")
    filled.withdraw(["e1"], "li", "outdated")
    kept = filled._database.read_blocking(lambda tx: store.versions(tx, "main", "e1"))
    assert [(row["version"], row["author"], row["reason"]) for row in kept] == [
        (1, "maria", "shorter"),
        (2, "li", "outdated"),
    ]
    assert json.loads(kept[0]["content"])["title"] == "Title 1"


def test_what_is_equal_is_not_written_again(filled: KnowledgeBase):
    same = make_entry("e1", "Title 1", "word1 common")
    tally = filled.put([same, make_entry("e2", "Title two", "x")], "editor")
    assert (tally.added, tally.changed, tally.unchanged) == (0, 1, 1)


def test_a_withdrawn_entry_that_comes_back_is_found(filled: KnowledgeBase):
    filled.withdraw(["e1"], "editor")
    assert filled.put([make_entry("e1", "Title 1", "word1 common")], "editor").added == 1
    assert found(filled, "word1") == ["e1"]


_IMPORTER = """
import sys
from pathlib import Path
from refdesk.knowledge_base import KnowledgeBase, make_entry, store
from refdesk.storage import SqliteDatabase
folder = Path(sys.argv[1])
base = KnowledgeBase.open(SqliteDatabase(folder / "refdesk.db"), folder / "index")
print("ready", flush=True)
for n in range(10_000):
    base.put([make_entry(f"k{n % 7}", f"Title {n}", f"killed{n}")], "importer")
    print(n, flush=True)
"""


def importer(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _IMPORTER, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def test_a_server_follows_while_a_command_imports_and_is_killed(
    filled: KnowledgeBase, open_base: Opener, tmp_path: Path
):
    for delay in (0.0, 0.013, 0.031):
        with importer(tmp_path) as process:
            assert process.stdout
            lines = iter(process.stdout.readline, "")
            assert next(lines) == "ready\n"
            for _ in range(15):
                last = int(next(lines))
                filled.follow()
                assert found(filled, "word2") == ["e2"]
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            last = max([last, *(int(line) for line in lines if line.endswith("\n"))])
        filled.follow()
        # Only the newest text of each entry is left, whatever was interrupted.
        assert found(filled, f"killed{last - 7}") == []
        assert check(filled).is_healthy
        assert check(open_base()).is_healthy


WORDS = ["apple", "birch", "cedar", "daisy", "elder", "ferns"]


class FollowedBase(RuleBasedStateMachine):
    """Two openings of one base against a dictionary."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name)
        bring_up_to_date(path / "refdesk.db", CORE_MIGRATIONS)
        self.database = SqliteDatabase(path / "refdesk.db")
        self.bases = [KnowledgeBase.open(self.database, path / "index") for _ in range(2)]
        self.model: dict[str, str] = {}

    @rule(
        at=st.integers(0, 1),
        given=st.dictionaries(st.sampled_from("abcd"), st.sampled_from(WORDS), max_size=4),
        replace=st.booleans(),
    )
    def put(self, at: int, given: dict[str, str], replace: bool) -> None:
        entries = [make_entry(name, f"On {word}s", word) for name, word in given.items()]
        self.bases[at].put(entries, "editor", replace=replace)
        self.model = given if replace else {**self.model, **given}

    @rule(at=st.integers(0, 1), names=st.sets(st.sampled_from("abcd")))
    def withdraw(self, at: int, names: set[str]) -> None:
        count = self.bases[at].withdraw(names, "editor")
        assert count == len(names & self.model.keys())
        self.model = {name: word for name, word in self.model.items() if name not in names}

    @rule(at=st.integers(0, 1))
    def rebuild(self, at: int) -> None:
        assert self.bases[at].rebuild() == len(self.model)

    @rule(at=st.integers(0, 1))
    def follow(self, at: int) -> None:
        self.bases[at].follow()
        assert check(self.bases[at]).is_healthy

    @precondition(lambda self: hasattr(self, "model"))
    @invariant()
    def nothing_old_is_found(self) -> None:
        for base in self.bases:
            assert base.entry_count == len(self.model)
            for word in WORDS:
                assert set(found(base, word)) <= {n for n, w in self.model.items() if w == word}
        for word in WORDS:
            self.bases[0].follow()
            assert set(found(self.bases[0], word)) == {
                name for name, kept in self.model.items() if kept == word
            }

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            self.folder.cleanup()


TestFollowedBase = FollowedBase.TestCase
TestFollowedBase.settings = settings(max_examples=10, stateful_step_count=12, deadline=None)


def test_an_index_folder_that_is_a_file_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("not a folder")
    with pytest.raises(DataError, match="cannot be used for the index"):
        EntryIndex(tmp_path / "index")
