"""Does the library still talk as it did? (`--update-transcripts` writes what it says now.)"""

from pathlib import Path

import pytest

from refdesk.knowledge_base import make_entry
from refdesk.testing import CheckTranscript, FakeClock, MakeLibrary

FOLDER = Path(__file__).parent
SCRIPTS = sorted(FOLDER.glob("*.txt"))
SETTINGS = """
[library]
name = { en = "Riverside Library", zh = "河畔图书馆" }
"""
# For the conversations that need a promise.
HOURS = """
[hours]
time_zone = "Asia/Shanghai"
default_place = "library"
[hours.places.library]
names = { en = ["library"], zh = ["图书馆"] }
weekly = { monday = ["09:00-17:00"], tuesday = ["09:00-17:00"] }
"""
WITH_HOURS = ("nobody-comes", "nobody-comes-zh")
ENTRIES = [
    make_entry(
        "renew",
        "How do I renew a book?",
        "Sign in to My Library and press Renew. Each book can be renewed 2 times.",
        source="Borrowing rules, section 3",
        language="en",
    ),
    make_entry(
        "renew-zh",
        "图书怎样续借？",
        "登录“我的图书馆”，点“续借”。每册书可续借 2 次。",
        source="《借阅规则》第 3 条",
        language="zh",
        translation_of="renew",
    ),
    make_entry(
        "print",
        "Where can I print?",
        "Printers stand on every floor beside the stairs.",
        source="https://library.example.edu/printing",
        language="en",
    ),
    make_entry(
        "print-zh",
        "在哪里可以打印？",
        "每层楼梯旁都有自助打印机。",
        source="https://library.example.edu/printing",
        language="zh",
        translation_of="print",
    ),
    make_entry(
        "scan",
        "Where can I scan documents?",
        "Scanners stand beside the printers on floors 1 and 3. Scanning is free.",
        language="en",
    ),
    make_entry(
        "card",
        "I lost my library card. What should I do?",
        "Report it at the service desk; a new card costs 5 yuan.",
        language="en",
    ),
    make_entry(
        "card-zh",
        "借书证丢了怎么办？",
        "请到总服务台挂失，补办工本费 5 元。",
        language="zh",
        translation_of="card",
    ),
    make_entry(
        "rooms",
        "How do I book a study room?",
        "Book a study room on the page Rooms, up to 7 days ahead.",
        language="en",
    ),
]


def test_there_are_conversations_in_both_languages() -> None:
    names = {script.stem for script in SCRIPTS}
    assert {name.removesuffix("-zh") for name in names if name.endswith("-zh")} <= names
    assert len(names) >= 12


@pytest.mark.parametrize("script", SCRIPTS, ids=[script.stem for script in SCRIPTS])
async def test_the_conversation_goes_as_written(
    script: Path, library: MakeLibrary, transcript: CheckTranscript
) -> None:
    settings = SETTINGS + (HOURS if script.stem in WITH_HOURS else "")
    made = library(entries=ENTRIES, settings=settings, clock=FakeClock())
    await transcript(made, script.name)
