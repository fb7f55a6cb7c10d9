"""What can a plugin want to happen? Everything is collected and written in one transaction."""

from dataclasses import dataclass
from typing import Any, Literal

from refdesk.core.messages import Reply
from refdesk.core.offers import HandoffReason
from refdesk.storage import Prepared


@dataclass(frozen=True, slots=True)
class Say:
    """Send a reply to the reader."""

    reply: Reply
    sender: Literal["bot", "system"] = "bot"


@dataclass(frozen=True, slots=True)
class HandOff:
    """Put the consultation on the waiting list, for this reason."""

    reason: HandoffReason


@dataclass(frozen=True, slots=True)
class ReturnToSelfService:
    """Take the consultation off the waiting list: the reader changed their mind."""


@dataclass(frozen=True, slots=True)
class WriteRow:
    """Run a prepared statement on one of the plugin's own tables."""

    statement: Prepared
    values: dict[str, Any]


Intent = Say | HandOff | ReturnToSelfService | WriteRow
