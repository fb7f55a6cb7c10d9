"""Where does a reader wait for a person?"""

from dataclasses import dataclass
from typing import Literal

DEFAULT_QUEUE = "reference"


@dataclass(frozen=True, slots=True)
class QueueChoice:
    """A queue, how the reader waits in it, and what they are told about it, truthfully.

    `waiting` means that somebody is on duty and looks at the list; `asynchronous` means that the
    answer comes later and the reader may leave; `due_at` is until when it has been promised.
    """

    queue: str
    wait: Literal["waiting", "asynchronous"]
    promise: str
    due_at: float | None = None
