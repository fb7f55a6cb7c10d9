"""What can a platform carry, what does it allow, and what may it answer? (Data only.)

Limits are data so that an adapter can give what the platform documents, or replace it at run time
by what the platform itself tells (`self.capabilities = replace(...)`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

TextUnit = Literal["characters", "bytes", "utf-16", "graphemes"]
# What a reader did that opens a window for messages; platforms with more kinds name their own.
MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: `burst` sends at once, then `per_second`."""

    burst: int
    per_second: float


@dataclass(frozen=True, slots=True)
class Budget:
    """How many messages a reader's action allows (0: any number), and for how long (0: always).

    The last `reserve` of them are kept for what a librarian writes.
    """

    messages: int = 0
    window_seconds: float = 0.0
    reserve: int = 0


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can carry and allows.

    Text: `text_limit` counts `text_unit`, 0 means no limit. `links="labelled"` shows words in
    place of an address. Files that are not `sent` become links.

    Receiving: a webhook of a platform with `passive_reply_seconds` may carry the answer back; it
    is given up `passive_margin_seconds` before that. From `expects_inbound_seconds` of silence on
    (0: never) staff are told that the channel may be dead.

    Sending: `idempotent_send="by key"` says that the platform drops a second send of the same key.
    A send that has not returned after `send_seconds` has an unknown result. `sends_at_once` is how
    many readers are written to side by side. After `failures_before_alert` failures in a row staff
    are told.

    Budgets: an inbound message allows `messages_per_inbound` messages within `push_window_seconds`
    (0: no limit), the last `librarian_reserve` of them for librarians; `windows` has the budgets
    of other actions, such as a menu tap, by name. What the program says in several replies then
    goes out as one message (`coalesce`).
    """

    text_limit: int = 0
    text_unit: TextUnit = "characters"
    buttons: Literal["none", "shown"] = "none"
    links: Literal["plain", "labelled"] = "plain"
    files: Literal["links", "sent"] = "links"
    delivery: Literal["event log", "outbox"] = "outbox"
    passive_reply_seconds: float = 0.0
    passive_margin_seconds: float = 0.7
    expects_inbound_seconds: float = 0.0
    idempotent_send: Literal["no", "by key"] = "no"
    send_seconds: float = 20.0
    sends_at_once: int = 8
    failures_before_alert: int = 5
    account_rate: Rate | None = None
    reader_rate: Rate | None = None
    messages_per_inbound: int = 0
    push_window_seconds: float = 0.0
    librarian_reserve: int = 1
    coalesce: Literal["when counted", "always", "never"] = "when counted"
    windows: Mapping[str, Budget] = field(default_factory=dict)

    def budgets(self) -> dict[str, Budget]:
        """Return what each action of a reader allows, by its name; empty when nothing is counted.

        With an action that allows any number for ever there is nothing to count.
        """
        if not (self.messages_per_inbound or self.push_window_seconds):
            return {}
        reserve = min(self.librarian_reserve, max(self.messages_per_inbound - 1, 0))
        own = Budget(self.messages_per_inbound, self.push_window_seconds, reserve)
        return {MESSAGE: own, **self.windows}


SendWord = Literal[
    "accepted",
    "delivered",
    "retry",
    "over_budget",
    "window_closed",
    "auth",
    "permanent",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class SendResult:
    """What a platform said to a message.

    - `accepted`: it has it; `delivered`: the reader's device has it.
    - `retry`: not now; `retry_seconds` from now or `retry_at` (seconds since the epoch) when it
      says; `holds="account"` when nobody of this account may be written to before.
    - `over_budget`: the reader has to write first. `window_closed`: too late to write.
    - `auth`: the account's key is refused: the whole account stops.
    - `permanent`: never, for this `reason`.
    - `unknown`: the line broke after the request had gone out.

    `reason` is for staff, without texts or addresses.
    """

    result: SendWord
    retry_seconds: float = 0.0
    reason: str = ""
    retry_at: float = 0.0
    holds: Literal["reader", "account"] = "reader"


@dataclass(frozen=True, slots=True)
class Health:
    """How a channel is: `working` or `failing`, and why."""

    condition: Literal["working", "failing", "off"]
    reason: str = ""
