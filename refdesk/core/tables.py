"""Which tables hold consultations and staff? (Constraints and indexes: migration 0001.)"""

from sqlmodel import Field, SQLModel


class ReaderRow(SQLModel, table=True):
    """A reader, known by a random `rid` only."""

    __tablename__ = "reader"
    rid: str = Field(primary_key=True)
    library: str
    language: str
    created_at: float


class ConsultationRow(SQLModel, table=True):
    """One request for help as it stands now.

    `asked_seq` is the newest message or trigger, `follows_seq` the one before it, `done_seq` the
    newest that has been worked on; between them there is work, and it is `node`'s.
    """

    __tablename__ = "consultation"
    id: str = Field(primary_key=True)
    library: str
    account: str
    rid: str = Field(foreign_key="reader.rid")
    state: str
    owner: str | None = None
    language: str
    next_seq: int
    asked_seq: int
    follows_seq: int
    done_seq: int
    version: int
    misses: int
    offered: str
    handoff_reason: str | None = None
    queue: str | None = None
    opened_at: float
    since: float
    node: str | None = None
    epoch: int
    dialogue: str
    due_at: float | None = None
    reopen_until: float | None = None
    follow_ups: int
    merged_into: str | None = None
    statistics_row: int | None = None


class NodeRow(SQLModel, table=True):
    """One running server and when it was last seen, by the database's clock."""

    __tablename__ = "node"
    id: str = Field(primary_key=True)
    library: str
    seen_at: float


class EventRow(SQLModel, table=True):
    """One numbered line of a consultation's log."""

    __tablename__ = "event"
    id: int | None = Field(default=None, primary_key=True)
    consultation: str = Field(foreign_key="consultation.id")
    seq: int
    library: str
    at: float
    kind: str
    sender: str
    audience: str
    parts: str
    sources: str
    state: str | None = None
    alias: str | None = None
    action: str


class InboxRow(SQLModel, table=True):
    """One accepted delivery; its key is what makes a repeat a repeat. The text is in the event."""

    __tablename__ = "inbox"
    library: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    event_key: str = Field(primary_key=True)
    consultation: str = Field(foreign_key="consultation.id")
    seq: int
    accepted_at: float


class StatisticsRow(SQLModel, table=True):
    """One finished consultation without its reader, written once at wrap-up."""

    __tablename__ = "statistics"
    id: int | None = Field(default=None, primary_key=True)
    library: str
    account: str
    language: str
    opened_at: float
    wrapped_up_at: float
    messages: int
    answered_by: str
    handoff_reason: str | None = None
    outcome: str
    follow_ups: int
    question_type: str | None = None
    read_effort: int | None = None
    subject: str | None = None


class StaffRow(SQLModel, table=True):
    """An account of a librarian."""

    __tablename__ = "staff"
    name: str = Field(primary_key=True)
    library: str
    alias: str
    role: str
    password_hash: str
    state: str
    created_at: float


class StaffPresenceRow(SQLModel, table=True):
    """When a librarian was last seen at the desk, by which server."""

    __tablename__ = "staff_presence"
    library: str = Field(primary_key=True)
    staff: str = Field(primary_key=True)
    node: str = Field(primary_key=True)
    seen_at: float


class StaffSessionRow(SQLModel, table=True):
    """A sign-in; the token itself is kept by the browser only, here is its hash."""

    __tablename__ = "staff_session"
    token_hash: str = Field(primary_key=True)
    library: str
    staff: str = Field(foreign_key="staff.name")
    created_at: float
    expires_at: float
