"""Does the reference of the commands name each of them, and do its examples run as shown?"""

import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from refdesk import sample_library
from refdesk.cli import main
from refdesk.cli.main import make_app

ROOT = Path(__file__).parents[2]
REFERENCE = "docs/reference/commands.md"
TEXT = (ROOT / REFERENCE).read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^\$ refdesk (.+)\n((?:(?!\$ |```).*\n)*)", re.MULTILINE)
# Explained once, for all commands, at the beginning of the page.
EVERYWHERE = {"--data", "--config", "--help", "--json"}


def commands(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each command with the words that call it."""
    if not hasattr(group, "commands"):
        yield path, group
        return
    for name, command in group.commands.items():
        yield from commands(command, f"{path} {name}".strip())


COMMANDS = dict(commands(typer.main.get_command(make_app())))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_its_options_are_explained(name: str) -> None:
    headings = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    heading = next((one for one in headings if name in one.split(", ")), None)
    assert heading, f"no heading for {name}"
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    options = {
        option
        for parameter in COMMANDS[name].params
        for option in parameter.opts
        if option.startswith("--")
    }
    assert [one for one in options - EVERYWHERE if one not in section] == []


@pytest.mark.parametrize("page", [REFERENCE, "README.md", "README.zh-CN.md"])
def test_every_example_runs_as_shown(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    examples = EXAMPLE.findall((ROOT / page).read_text(encoding="utf-8"))
    (tmp_path / "refdesk").symlink_to(ROOT / "refdesk")
    shutil.copyfile(sample_library.entries(), tmp_path / "entries.jsonl")
    question = '{"_id": "q1", "text": "How can I renew my loan?"}\n'
    (tmp_path / "questions.jsonl").write_text(question, encoding="utf-8")
    judgement = "query-id\tcorpus-id\tscore\nq1\trenew-books\t1\n"
    (tmp_path / "answers.tsv").write_text(judgement, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert len(examples) > (15 if page == REFERENCE else 4)
    for command, expected in examples:
        monkeypatch.setattr(sys, "argv", ["refdesk", *shlex.split(command)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        code = f"[exit {ended.value.code}]\n" if ended.value.code else ""
        shown = "\n".join(line.rstrip() for line in f"{said.out}{said.err}{code}".splitlines())
        pattern = re.escape(expected.rstrip("\n")).replace("…", ".*")
        assert re.fullmatch(pattern, shown, re.DOTALL), f"refdesk {command}\n{shown}"
