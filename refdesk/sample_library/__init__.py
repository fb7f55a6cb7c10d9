"""Which files make up the sample library, the invented one that the demo shows?

Everything in it was written for refdesk. Willow Lake University (柳湖大学) does not exist, and all
its addresses end in example.edu.
"""

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

# What the spreadsheet answers and the entries do not.
SPREADSHEET_QUESTIONS = {
    "en": "When does the Lantern Read-in begin?",
    "zh": "灯下夜读几点开始？",
}


@dataclass(frozen=True, slots=True)
class SampleStaff:
    """One person at the sample library's desk; `alias` is the name readers see."""

    name: str
    alias: str
    role: str


def configuration() -> Path:
    """Return the refdesk.toml: the library's name and its opening hours."""
    return _file("refdesk.toml")


def entries() -> Path:
    """Return the entries of the knowledge base, JSON Lines, English and Chinese."""
    return _file("entries.jsonl")


def spreadsheet() -> Path:
    """Return a spreadsheet for "import your own": an event that no entry knows of."""
    return _file("spreadsheet.csv")


def staff() -> tuple[SampleStaff, ...]:
    """Return who works at the desk; they get passwords when the library is started."""
    people = tomllib.loads(_file("staff.toml").read_text("utf-8"))["staff"]
    return tuple(SampleStaff(**person) for person in people)


def _file(name: str) -> Path:
    return Path(str(resources.files(__name__) / name))
