"""Consultations, their events, inbox, staff accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _one_of(column: str, *words: str) -> sa.CheckConstraint:
    """Allow only these words, the commonest first.

    Written as a chain of comparisons: for an IN list SQLite builds a table at each insert, which
    made a stored event a third dearer.
    """
    chain = " OR ".join(f"{column} = '{word}'" for word in words)
    return sa.CheckConstraint(chain, name=f"event_{column}")


def upgrade() -> None:
    op.create_table(
        "reader",
        sa.Column("rid", sa.String, primary_key=True),
        sa.Column("library", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_table(
        "consultation",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("library", sa.String, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("rid", sa.String, sa.ForeignKey("reader.rid"), nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("owner", sa.String),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("next_seq", sa.Integer, nullable=False),
        sa.Column("asked_seq", sa.Integer, nullable=False),
        sa.Column("follows_seq", sa.Integer, nullable=False),
        sa.Column("done_seq", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("misses", sa.Integer, nullable=False),
        sa.Column("offered", sa.String, nullable=False),
        sa.Column("handoff_reason", sa.String),
        sa.Column("queue", sa.String),
        sa.Column("opened_at", sa.Float, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
        sa.CheckConstraint(
            "state IN ('self_service', 'waiting', 'with_librarian', 'asynchronous', "
            "'closed', 'wrapped_up')",
            name="consultation_state",
        ),
        sa.CheckConstraint("next_seq >= 1", name="consultation_next_seq"),
    )
    op.create_index(
        "one_open_consultation",
        "consultation",
        ["library", "account", "rid"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('closed', 'wrapped_up')"),
        postgresql_where=sa.text("state NOT IN ('closed', 'wrapped_up')"),
    )
    # Small at all times: what a restarted server has to take up.
    op.create_index(
        "consultation_with_work",
        "consultation",
        ["library"],
        sqlite_where=sa.text("done_seq < asked_seq"),
        postgresql_where=sa.text("done_seq < asked_seq"),
    )
    op.create_index("consultation_by_state", "consultation", ["library", "state", "since"])
    op.create_table(
        "event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("consultation", sa.String, sa.ForeignKey("consultation.id"), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("library", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("sender", sa.String, nullable=False),
        sa.Column("audience", sa.String, nullable=False),
        sa.Column("parts", sa.String, nullable=False),
        sa.Column("sources", sa.String, nullable=False),
        sa.Column("state", sa.String),
        sa.Column("alias", sa.String),
        sa.Column("action", sa.String, nullable=False),
        _one_of("kind", "message", "reply", "state", "notice", "file", "note", "trigger"),
        _one_of("sender", "reader", "bot", "librarian", "system"),
        _one_of("audience", "everybody", "staff", "program"),
    )
    op.create_index("event_number", "event", ["consultation", "seq"], unique=True)
    op.create_table(
        "inbox",
        sa.Column("library", sa.String, primary_key=True),
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("event_key", sa.String, primary_key=True),
        sa.Column("consultation", sa.String, sa.ForeignKey("consultation.id"), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("accepted_at", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "statistics",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("library", sa.String, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("opened_at", sa.Float, nullable=False),
        sa.Column("wrapped_up_at", sa.Float, nullable=False),
        sa.Column("messages", sa.Integer, nullable=False),
        sa.Column("answered_by", sa.String, nullable=False),
        sa.Column("handoff_reason", sa.String),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("question_type", sa.String),
        sa.Column("read_effort", sa.Integer),
        sa.Column("subject", sa.String),
        sa.CheckConstraint("read_effort BETWEEN 1 AND 6", name="statistics_read_effort"),
    )
    op.create_table(
        "staff",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("library", sa.String, nullable=False),
        sa.Column("alias", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.CheckConstraint(
            "role IN ('librarian', 'editor', 'supervisor', 'administrator')", name="staff_role"
        ),
        sa.CheckConstraint("state IN ('active', 'disabled')", name="staff_state"),
    )
    op.create_table(
        "staff_session",
        sa.Column("token_hash", sa.String, primary_key=True),
        sa.Column("library", sa.String, nullable=False),
        sa.Column("staff", sa.String, sa.ForeignKey("staff.name"), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
    )
