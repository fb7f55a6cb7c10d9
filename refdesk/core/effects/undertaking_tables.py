"""Which tables hold what is still to be done: effects, reminders, jobs? (Migration 0006.)"""

from sqlmodel import Field, SQLModel


class EffectRow(SQLModel, table=True):
    """One external effect; its id is the key that the other system gets.

    `place` orders the effects of a consultation. `round` rises when staff settle it or have it run
    again, so that each ending is told once; `told` says whether this one has been.
    """

    __tablename__ = "effect"
    id: str = Field(primary_key=True)
    library: str
    consultation: str = Field(foreign_key="consultation.id")
    account: str
    rid: str
    plugin: str
    name: str
    place: int
    arguments: str
    state: str
    attempts: int
    unclear: str
    next_try: float
    node: str | None = None
    data: str
    reason: str
    round: int
    told: str
    settled_by: str | None = None
    created_at: float
    changed_at: float


class ReminderRow(SQLModel, table=True):
    """Something that a plugin (or, without a name, the core) wants to say to a reader later."""

    __tablename__ = "reminder"
    library: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    rid: str = Field(primary_key=True)
    plugin: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    reference: str = Field(primary_key=True)
    consultation: str
    at: float
    data: str


class JobRow(SQLModel, table=True):
    """One scheduled job: `taken` is the due time that a node took up last, `done` finished last."""

    __tablename__ = "job"
    library: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    taken: float
    done: float
    node: str | None = None
