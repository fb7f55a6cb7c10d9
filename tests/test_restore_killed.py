"""Is there always a whole library, old or restored, whenever a restore is killed?"""

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from refdesk.cli.restoring import Target, restore
from refdesk.core.backup.backup import Place, back_up
from refdesk.deployment import open_deployment
from refdesk.knowledge_base import make_entry

# Ends the process before the n-th change of a name below the folder; those of the index that is
# being made do not count. 2 keeps the old database, 5 puts the new one in its place.
KILLED_AT = """
import os, sys

number, folder = int(sys.argv[1]), sys.argv[2]
seen = 0

def watch(event, arguments):
    global seen
    changes = event in ("os.rename", "os.link", "os.remove", "shutil.rmtree")
    path = str(arguments[0]) if changes else ""
    if path.startswith(folder) and "/.restoring/index/" not in path:
        seen += 1
        if seen == number:
            os.kill(os.getpid(), 9)

sys.addaudithook(watch)
sys.argv = ["refdesk", *sys.argv[3:]]
from refdesk.cli import main
main()
"""


def silent(_stage: str, _count: int) -> None:
    """Show no progress."""


def library(folder: Path, answer: str) -> Path:
    with closing(open_deployment(folder)) as deployment:
        deployment.knowledge_base.put(
            [make_entry("lift", "Where is the lift?", answer)], author="t"
        )
    return folder


def answer(folder: Path) -> str:
    with closing(open_deployment(folder)) as deployment:
        found = deployment.knowledge_base.search("Where is the lift?")
        entry = deployment.knowledge_base.get(found[0].entry_id, 0)
    assert entry is not None
    return entry.text


@pytest.mark.parametrize("step", [2, 5, 6, 7])
def test_a_killed_restore_leaves_the_old_library_or_the_restored_one(
    step: int, tmp_path: Path
) -> None:
    old, file = library(tmp_path / "old", "Right."), tmp_path / "a.backup"
    new = library(tmp_path / "new", "Left.")
    back_up(Place(new, new / "refdesk.toml", "main"), file, "left out", silent)
    words = ("restore", file, "--data", old, "--replace")
    command = [sys.executable, "-W", "ignore", "-c", KILLED_AT, str(step), old, *words]
    killed = subprocess.run(command, check=False, timeout=120, stdout=subprocess.DEVNULL)
    assert killed.returncode == -signal.SIGKILL
    assert answer(old) == ("Right." if step <= 5 else "Left.")
    restored = restore(file, Target(old, old / "refdesk.toml", "set aside"), (), silent)
    assert (answer(old), restored.entries) == ("Left.", 1)
    assert not (old / ".restoring").exists()
    asides = [
        answer_of_copy(one, tmp_path)
        for one in old.glob("refdesk.db.replaced-*")
        if not one.name.endswith("-wal")
    ]
    assert "Right." in asides, "what was there before is still there"


def answer_of_copy(copy: Path, tmp_path: Path) -> str:
    folder = tmp_path / copy.name
    folder.mkdir(mode=0o700)
    (folder / "refdesk.db").write_bytes(copy.read_bytes())
    wal = copy.with_name(f"{copy.name}-wal")
    if wal.exists():
        (folder / "refdesk.db-wal").write_bytes(wal.read_bytes())
    return answer(folder)
