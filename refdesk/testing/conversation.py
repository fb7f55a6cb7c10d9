"""What has a reader said and seen so far, and how is it shown to whoever reads a failed test?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from refdesk.core.messages import Option, Source


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said. The speaker is `reader`, `bot`, `system` or `librarian`."""

    speaker: str
    text: str
    buttons: tuple[Option, ...] = ()
    sources: tuple[Source, ...] = ()
    by: Literal["the reader", "the library"] = "the library"

    @property
    def shown(self) -> str:
        """Everything in it that a reader can see, line by line."""
        sources = [f"[{one.title} {one.url}".strip() + "]" for one in self.sources]
        labels = [f"({one.label})" for one in self.buttons if one.label not in self.text]
        return "\n".join([self.text, *sources, *labels])


def written_out(lines: Sequence[Line], new_from: int) -> str:
    """Return a conversation as text; what is new bears a mark at its beginning."""
    if not lines:
        return "    (nothing has been said)"
    width = max(len(line.speaker) for line in lines) + 1
    told: list[str] = []
    for number, line in enumerate(lines):
        mark = ">" if number >= new_from else " "
        first, *others = line.shown.splitlines() or [""]
        told.append(f"  {mark} {line.speaker + ':':<{width}} {first}")
        told += [f"    {'':<{width}} {other}" for other in others]
    return "\n".join(told)
