"""Which tables hold what is to be sent, and what may still be sent? (Migration 0005.)"""

from sqlmodel import Field, SQLModel


class OutboxRow(SQLModel, table=True):
    """One event to be sent on a platform that has no event log of its own.

    The row's `id` begins the idempotency key of each of its payloads, of which `parts_sent` have
    arrived. A row that is sent together with an earlier one names it in `joined`. `route` is
    "open" until it is chosen, then "push", or "passive:SEQ" when it goes back on the request of
    the reader's message SEQ.
    `in_reply_to` is the newest message that had been worked on when it was written. While it is
    being sent it is `node`'s until `claimed_until`, and `billed` names the window it counts for.
    `form` is "short" once a shorter form was chosen. A failed or unknown row needs somebody's
    attention until `dismissed_by` names a colleague.
    """

    __tablename__ = "outbox"
    id: str = Field(primary_key=True)
    library: str
    account: str
    rid: str
    consultation: str = Field(foreign_key="consultation.id")
    seq: int
    sender: str
    in_reply_to: int
    state: str
    reason: str | None = None
    attempts: int
    next_try: float
    queued_at: float
    changed_at: float
    parts_sent: int
    form: str
    joined: str | None = None
    route: str
    node: str | None = None
    claim: str | None = None
    claimed_until: float
    billed: str | None = None
    dismissed_by: str | None = None


class SendingWindowRow(SQLModel, table=True):
    """What one action of a reader, such as their newest message, still allows to send to them."""

    __tablename__ = "sending_window"
    library: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    rid: str = Field(primary_key=True)
    occasion: str = Field(primary_key=True)
    opened_at: float
    used: int
