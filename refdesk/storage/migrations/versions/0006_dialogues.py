"""Forms in progress, external effects, reminders, jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_OPEN = "state IN ('waiting', 'running')"
_UNTOLD = "told = 'no' AND state NOT IN ('waiting', 'running')"


def upgrade() -> None:
    op.add_column(
        "consultation", sa.Column("dialogue", sa.String, nullable=False, server_default="")
    )
    op.create_table(
        "effect",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("library", sa.String, nullable=False),
        sa.Column("consultation", sa.String, sa.ForeignKey("consultation.id"), nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("rid", sa.String, nullable=False),
        sa.Column("plugin", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("arguments", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("unclear", sa.String, nullable=False),
        sa.Column("next_try", sa.Float, nullable=False),
        sa.Column("node", sa.String),
        sa.Column("data", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("told", sa.String, nullable=False),
        sa.Column("settled_by", sa.String),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'refused', 'failed', 'unknown')",
            name="effect_state",
        ),
        sa.CheckConstraint("told IN ('no', 'yes')", name="effect_told"),
        sa.CheckConstraint("unclear IN ('no', 'yes')", name="effect_unclear"),
    )
    # Both small at all times: what has still to be done, and to be told.
    for name, rows in (("effect_open", _OPEN), ("effect_untold", _UNTOLD)):
        op.create_index(
            name,
            "effect",
            ["library", "next_try"],
            sqlite_where=sa.text(rows),
            postgresql_where=sa.text(rows),
        )
    op.create_index("effect_order", "effect", ["consultation", "place"])
    op.create_table(
        "reminder",
        sa.Column("library", sa.String, primary_key=True),
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("rid", sa.String, primary_key=True),
        sa.Column("plugin", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("reference", sa.String, primary_key=True),
        sa.Column("consultation", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("data", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("reminder_due", "reminder", ["library", "at"])
    op.create_table(
        "job",
        sa.Column("library", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("taken", sa.Float, nullable=False),
        sa.Column("done", sa.Float, nullable=False),
        sa.Column("node", sa.String),
        sqlite_with_rowid=False,
    )
