"""What is sent on platforms, and what may still be sent."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

# One payload for one reader of an account at a time, whatever the number of servers.
_ONE_AT_A_TIME = "state = 'sending' AND joined IS NULL"
_OPEN = "state IN ('queued', 'sending')"
_ATTENTION = "state IN ('failed', 'unknown') AND dismissed_by IS NULL"


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("library", sa.String, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("rid", sa.String, nullable=False),
        sa.Column("consultation", sa.String, sa.ForeignKey("consultation.id"), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("sender", sa.String, nullable=False),
        sa.Column("in_reply_to", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_try", sa.Float, nullable=False),
        sa.Column("queued_at", sa.Float, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
        sa.Column("parts_sent", sa.Integer, nullable=False),
        sa.Column("form", sa.String, nullable=False),
        sa.Column("joined", sa.String),
        sa.Column("route", sa.String, nullable=False),
        sa.Column("node", sa.String),
        sa.Column("claim", sa.String),
        sa.Column("claimed_until", sa.Float, nullable=False),
        sa.Column("billed", sa.String),
        sa.Column("dismissed_by", sa.String),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'accepted', 'delivered', 'failed', 'unknown')",
            name="outbox_state",
        ),
        sa.CheckConstraint("form IN ('whole', 'short')", name="outbox_form"),
    )
    _partial("outbox_open", ["library", "account", "rid", "consultation", "seq"], _OPEN)
    _partial("outbox_due", ["library", "account", "next_try"], "state = 'queued'")
    _partial("outbox_attention", ["library", "account"], _ATTENTION)
    _partial("outbox_one_at_a_time", ["library", "account", "rid"], _ONE_AT_A_TIME, unique=True)
    op.create_index("outbox_of_consultation", "outbox", ["consultation", "seq"])
    op.create_table(
        "sending_window",
        sa.Column("library", sa.String, primary_key=True),
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("rid", sa.String, primary_key=True),
        sa.Column("occasion", sa.String, primary_key=True),
        sa.Column("opened_at", sa.Float, nullable=False),
        sa.Column("used", sa.Integer, nullable=False),
        sa.CheckConstraint("used >= 0", name="sending_window_used"),
    )


def _partial(name: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(
        name,
        "outbox",
        columns,
        unique=unique,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
