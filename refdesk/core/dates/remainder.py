"""What is left of a question once everything understood is taken out?"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")

_TAKEN = "\0"
_MEANINGFUL = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Found(Generic[Value]):
    """Something understood, and where in the text it stood."""

    value: Value
    start: int
    end: int


class Remainder:
    """A text of which parts are taken out; what is left stays where it was."""

    def __init__(self, text: str) -> None:
        """Begin with the whole of `text`."""
        self.text = text

    def read(
        self, pattern: re.Pattern[str], meaning: Callable[[re.Match[str]], Value | None]
    ) -> list[Found[Value]]:
        """Take out the matches that have a meaning; leave the others where they are."""
        found = [
            Found(value, match.start(), match.end())
            for match in pattern.finditer(self.text)
            if (value := meaning(match)) is not None
        ]
        for one in found:
            gap = _TAKEN * (one.end - one.start)
            self.text = self.text[: one.start] + gap + self.text[one.end :]
        return found

    def read_as(self, pattern: re.Pattern[str], value: Value) -> list[Found[Value]]:
        """Take out all matches, which all mean `value`."""
        return self.read(pattern, lambda _: value)

    def take(self, pattern: re.Pattern[str]) -> bool:
        """Take out all matches; say whether there were any."""
        return bool(self.read(pattern, lambda match: match[0]))

    @property
    def means_something(self) -> bool:
        """Whether words are left that nobody has understood."""
        return _MEANINGFUL.search(self.text) is not None
