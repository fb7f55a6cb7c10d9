"""Does the set-up script explain itself where it cannot go on, and leave foreign folders alone?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ["demo", "test", "requirements/environment", "requirements/compile"]
TOOLS = ["sh", "cat", "cksum", "dirname", "ls", "sed"]


def make_environment(venv: Path, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "requirements/environment"), "runtime"],
        env={"PATH": str(path), "REFDESK_VENV": str(venv)},
        cwd=path,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def bare_machine(tmp_path: Path) -> Path:
    """A folder of programs, without any Python."""
    programs = tmp_path / "programs with a space"
    programs.mkdir()
    for tool in TOOLS:
        place = next(
            Path(folder, tool) for folder in os.defpath.split(":") if Path(folder, tool).exists()
        )
        (programs / tool).symlink_to(place)
    return programs


def pretend_python(programs: Path, script: str) -> None:
    python = programs / "python3"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_plain_shell_and_may_be_run(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    assert (ROOT / script).read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    subprocess.run(["/bin/sh", "-n", str(ROOT / script)], check=True)


def test_without_a_python_it_says_what_to_install(bare_machine: Path, tmp_path: Path) -> None:
    outcome = make_environment(tmp_path / "venv", bare_machine)
    assert outcome.returncode == 1
    assert "needs Python 3.11 or newer" in outcome.stderr
    assert "sudo apt install" in outcome.stderr
    assert not (tmp_path / "venv").exists()


def test_a_python_that_is_too_old_does_not_count(bare_machine: Path, tmp_path: Path) -> None:
    pretend_python(bare_machine, "exit 1")
    outcome = make_environment(tmp_path / "venv", bare_machine)
    assert outcome.returncode == 1
    assert "needs Python 3.11 or newer" in outcome.stderr


def test_a_python_without_environments_names_the_package_to_add(
    bare_machine: Path, tmp_path: Path
) -> None:
    real = f'"{sys.executable}"'
    pretend_python(bare_machine, f'case "$2" in *ensurepip*) exit 1 ;; *) exec {real} "$@" ;; esac')
    outcome = make_environment(tmp_path / "venv", bare_machine)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert outcome.returncode == 1
    assert f"sudo apt install python{version}-venv" in outcome.stderr


def test_a_folder_that_is_no_environment_is_left_alone(bare_machine: Path, tmp_path: Path) -> None:
    letters = tmp_path / "letters"
    letters.mkdir()
    (letters / "to-my-aunt.txt").write_text("Dear aunt")
    outcome = make_environment(letters, bare_machine)
    assert outcome.returncode == 1
    assert "Nothing was changed" in outcome.stderr
    assert [file.name for file in letters.iterdir()] == ["to-my-aunt.txt"]
