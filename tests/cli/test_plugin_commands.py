"""Does an author get a working plugin, and the truth about it?"""

import json
import subprocess
import sys
import uuid
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import typer

from refdesk.cli.plugin_new import new
from refdesk.core.hosting.plugin_checking import GROUP, Checked, check_plugin, entry_points_of
from refdesk.errors import DataError
from refdesk.plugins import faq as refdesk_faq

GOOD = """
from refdesk import Offer, hookimpl

@hookimpl
async def answer_question():
    return Offer("From outside.", 0.9)
"""

TAKES_A_WORD = """
from refdesk import Command, hookimpl

@hookimpl
def register_commands():
    return [Command("outside.hi", print, {"en": ("human",)})]
"""


def refdesk(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "refdesk", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def checked(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Checked:
    """Check a module of a name that no other test has."""
    module = f"refdesk_outside_{uuid.uuid4().hex}"
    (folder / f"{module}.py").write_text(code)
    monkeypatch.syspath_prepend(str(folder))
    return check_plugin(EntryPoint("outside", module, GROUP))


def test_a_new_plugin_passes_the_check_and_its_own_tests(tmp_path: Path) -> None:
    made = refdesk("plugins", "new", "lost_things", folder=tmp_path)
    assert made.returncode == 0, made.stderr
    project = tmp_path / "refdesk-lost-things"
    done = refdesk("plugins", "check", str(project), "--json", folder=tmp_path)
    (found,) = json.loads(done.stdout)
    assert (done.returncode, found["name"], found["problems"], found["advice"]) == (
        0,
        "lost_things",
        [],
        [],
    )
    assert found["hooks"] == ["answer_question", "register_settings"]
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert tests.returncode == 0, tests.stdout
    again = refdesk("plugins", "new", "lost_things", folder=tmp_path)
    assert again.returncode == 1
    assert "exists already" in again.stderr


@pytest.mark.parametrize("name", ["", "Seats", "../seats", "9lives", "a-b"])
def test_a_name_that_is_none_is_wrong_usage(name: str, tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter):
        new(name, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("def broken(:", "SyntaxError"),
        (GOOD.replace("answer_question", "anwser_question"), "Did you mean 'answer_question'?"),
        ("words = 5", "implements no hook"),
        (
            TAKES_A_WORD,
            "both claim the command",
        ),
        (
            "from refdesk import hookimpl\n@hookimpl\ndef register_routes():\n    return 5\n",
            "returned int from register_routes",
        ),
    ],
)
def test_what_would_not_work_is_said(
    code: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert problem in str(checked(code, tmp_path, monkeypatch).problems)


def test_what_could_be_better_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = checked(GOOD.replace("async def", "def"), tmp_path, monkeypatch)
    assert found.problems == ()
    assert "Prefer async def" in str(found.advice)


def test_a_plugin_that_ends_its_process_or_prints_harms_nobody(tmp_path: Path) -> None:
    (tmp_path / "refdesk_outside.py").write_text("import os; print('hello'); os._exit(7)")
    done = refdesk("plugins", "check", "refdesk_outside.py", folder=tmp_path)
    assert done.returncode == 1
    assert "ended the process with 7" in done.stderr


def test_a_folder_without_a_plugin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no pyproject\.toml"):
        entry_points_of(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    with pytest.raises(DataError, match="names no plugin"):
        entry_points_of(tmp_path)


def test_a_new_plugin_with_the_name_of_another_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="refdesk has a plugin 'faq' already"):
        new("faq", tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_project_or_module_with_the_name_of_a_built_in_plugin_is_not_fit(tmp_path: Path) -> None:
    project = tmp_path / "refdesk-lost"
    new("lost", project)
    text = (project / "pyproject.toml").read_text("utf-8")
    (project / "pyproject.toml").write_text(text.replace('lost = "', 'faq = "'), "utf-8")
    (tmp_path / "refdesk_faq.py").write_text(GOOD)
    for path in (project, tmp_path / "refdesk_faq.py"):
        done = refdesk("plugins", "check", str(path), "--json", folder=tmp_path)
        (found,) = json.loads(done.stdout)
        assert done.returncode == 1
        assert found["problems"] == [
            "The name 'faq' is taken: refdesk has a plugin of this name. Rename it."
        ]


def test_a_built_in_plugin_is_not_taken_for_another_of_its_name(tmp_path: Path) -> None:
    faq = Path(refdesk_faq.__file__).parent
    done = refdesk("plugins", "check", str(faq), "--json", folder=tmp_path)
    assert not [one for one in json.loads(done.stdout) if "taken" in str(one["problems"])]
