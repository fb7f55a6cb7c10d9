"""How do messages on their way, and channels in trouble, look as JSON? (pure)"""

from collections.abc import Sequence
from typing import Any

from refdesk.core.outbox.channel_watch import Alert
from refdesk.core.outbox.desk import Mark, Unsent


def unsent(one: Unsent) -> dict[str, Any]:
    """Return a message that needs somebody; `consultation` is null for who may not read it."""
    return {
        "id": one.id,
        "consultation": one.consultation.id if one.consultation else None,
        "account": one.account,
        "seq": one.seq,
        "from": one.sender,
        "state": one.state,
        "reason": one.reason,
        "since": one.since,
        "text": one.text,
    }


def channel(one: Alert) -> dict[str, Any]:
    """Return a channel in trouble."""
    return {
        "account": one.account,
        "trouble": one.trouble,
        "since": one.since,
        "reason": one.reason,
    }


def attention(messages: Sequence[Unsent], channels: Sequence[Alert]) -> dict[str, Any]:
    """Return everything about sending that needs somebody."""
    return {
        "items": [unsent(one) for one in messages],
        "channels": [channel(one) for one in channels],
    }


def marks(found: Sequence[Mark]) -> dict[str, Any]:
    """Return how far messages have come, by their number in the log."""
    return {
        str(one.seq): {
            "state": one.state,
            "reason": one.reason,
            "discarded": one.discarded,
        }
        for one in found
    }
