"""Which tables hold the knowledge base?

Their constraints and indexes are in migration 0002.
"""

from sqlmodel import Field, SQLModel


class EntryRow(SQLModel, table=True):
    """An entry as it stands now; `change` is the number of the change that made it so."""

    __tablename__ = "kb_entry"
    library: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    title: str
    text: str
    short_answer: str
    language: str
    translation_of: str | None = None
    level: int
    source: str
    valid_until: str | None = None
    kind: str
    tags: str
    variants: str
    state: str
    version: int
    change: int
    updated_at: float


class VersionRow(SQLModel, table=True):
    """An earlier version of an entry: its content as JSON, and who replaced it when and why."""

    __tablename__ = "kb_entry_version"
    library: str = Field(primary_key=True)
    entry: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    state: str
    content: str
    author: str
    reason: str
    at: float


class ChangeRow(SQLModel, table=True):
    """One numbered change; indexes follow the entries by these numbers."""

    __tablename__ = "kb_change"
    library: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    entry: str
    kind: str
    author: str
    reason: str
    at: float
