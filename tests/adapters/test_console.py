"""Is the terminal a platform like any other?"""

import io
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from refdesk import Choice, Option, Source, Text
from refdesk.adapters.console import Console
from refdesk.core.consultations import Event
from refdesk.knowledge_base import make_entry
from refdesk.testing import Library, MakeLibrary

PRINTING = make_entry("print", "Where can I print?", "Beside the stairs.", source="Map")


@pytest.fixture
def asked(library: MakeLibrary) -> Library:
    return library(entries=[PRINTING])


@pytest.fixture
def console(asked: Library) -> Console:
    adapter = asked.app.adapter("console")
    assert isinstance(adapter, Console)
    return adapter


async def test_a_conversation_in_the_terminal(
    asked: Library,
    console: Console,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("hello\n\nWhere can I print?\nlibrarian\n"))
    await console.run()
    await asked.app.settle()
    printed = capsys.readouterr().out
    assert printed.index("Hello!") < printed.index("Beside the stairs.") < printed.index("list")
    assert "[Where can I print? (Map)]" in printed
    assert "refdesk: Beside the stairs." in printed
    assert "hello" not in printed, "what was typed stands there already"


async def test_every_line_is_a_message_of_its_own(console: Console) -> None:
    first, second = console.decode("same\n"), console.decode("same\n")
    assert first is not None
    assert second is not None
    assert first.rid == second.rid
    assert first.event_key != second.event_key


def test_what_others_wrote_cannot_steer_the_terminal(console: Console) -> None:
    evil = "\x1b[2J\x1b]0;title\x07\x9b31mred\x08\x7f\rback"
    event = Event("c", 1, 0.0, "reply", "librarian", (Text(evil),), alias="\x1b[1mMs Li")
    (printed,) = console.encode(event)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in printed if c not in "\t\n")


def test_buttons_are_numbered_and_sources_named(console: Console) -> None:
    options = (Option("Yes", "a:1"), Option("No", "b:1"))
    event = Event("c", 2, 0.0, "reply", "bot", (Text("Here."), Choice("Helpful?", options)),
                  (Source("Rules", "https://x.example"),))  # fmt: skip
    assert console.encode(event) == [
        "refdesk: Here.\nHelpful?\n1. Yes\n2. No\n   [Rules https://x.example]"
    ]


def test_the_command_ends_at_once_when_it_is_interrupted(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    chat = subprocess.Popen(
        [sys.executable, "-m", "refdesk", "chat", "--data", str(tmp_path / "d")],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        os.write(ours, b"hello\n")
        printed = b""
        while b"Hello!" not in printed:
            printed += os.read(ours, 1000)
        # Nothing is typed any more: the program must not wait for a line before it ends.
        chat.send_signal(signal.SIGINT)
        chat.wait(timeout=20)
    finally:
        chat.kill()
        chat.wait()
        os.close(ours)
        os.close(theirs)


def test_the_command_chats_over_a_pipe(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "refdesk", "chat", "--data", str(tmp_path / "d")],
        input="你好\n转人工\n".encode(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    printed = done.stdout.decode()
    assert "您好" in printed
    assert printed.count("馆员") >= 1
    assert "Traceback" not in done.stderr.decode()
