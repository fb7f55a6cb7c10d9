"""What have readers asked, what was taken in, and what have they been shown?

This is the platforms' own memory, in a process that is never killed: the judge reads it over HTTP.
Times are seconds of this process's monotonic clock.
"""

import re
import time
from dataclasses import asdict, dataclass, field
from typing import Any

ANSWERED = re.compile(r"Answer to (\d+)\.")
# A reader's questions are numbered on from a thousand times the reader's number.
NUMBERS_OF_A_READER = 1000


@dataclass(slots=True)
class Asked:
    """One question: when its first delivery began, when refdesk had first said that it has it."""

    number: int
    platform: str
    reader: str
    first_sent: float | None = None
    acknowledged: float | None = None
    deliveries: int = 0


@dataclass(slots=True)
class Shown:
    """One message that a reader has seen."""

    platform: str
    reader: str
    text: str
    key: str
    way: str
    at: float


@dataclass(slots=True)
class Record:
    """Everything the three platforms remember."""

    asked: dict[int, Asked] = field(default_factory=dict)
    shown: list[Shown] = field(default_factory=list)
    # How often the platforms misbehaved, by kind.
    faults: dict[str, int] = field(default_factory=dict)
    # Idempotency keys already accepted, of the platforms that have such.
    keys: set[tuple[str, str]] = field(default_factory=set)

    def add(self, question: Asked) -> None:
        self.asked[question.number] = question

    def sent(self, number: int) -> None:
        """Note that a delivery of a question begins."""
        question = self.asked[number]
        question.deliveries += 1
        if question.first_sent is None:
            question.first_sent = time.monotonic()

    def acknowledged(self, number: int) -> None:
        """Note that refdesk has said that it has a question."""
        question = self.asked[number]
        if question.acknowledged is None:
            question.acknowledged = time.monotonic()

    def show(self, platform: str, reader: str, text: str, key: str, way: str = "sent") -> None:
        """Show a message to a reader."""
        self.shown.append(Shown(platform, reader, text, key, way, time.monotonic()))

    def show_once(self, platform: str, reader: str, text: str, key: str) -> str:
        """Show a message unless its key has been seen; say which."""
        if (platform, key) in self.keys:
            self.fault("a key sent again")
            return "repeat"
        self.keys.add((platform, key))
        self.show(platform, reader, text, key)
        return "shown"

    def fault(self, kind: str) -> None:
        self.faults[kind] = self.faults.get(kind, 0) + 1

    def progress(self) -> dict[str, int]:
        answered = {int(n) for one in self.shown for n in ANSWERED.findall(one.text)}
        return {
            "asked": len(self.asked),
            "acknowledged": sum(one.acknowledged is not None for one in self.asked.values()),
            "answered": len(answered),
        }

    def as_json(self) -> dict[str, Any]:
        return {
            "asked": [asdict(one) for one in self.asked.values()],
            "shown": [asdict(one) for one in self.shown],
            "faults": self.faults,
        }
