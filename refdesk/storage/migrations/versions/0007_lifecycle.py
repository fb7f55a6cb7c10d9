"""When consultations end by themselves, how they go on, and which were merged."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("consultation", sa.Column("due_at", sa.Float))
    op.add_column("consultation", sa.Column("reopen_until", sa.Float))
    op.add_column(
        "consultation", sa.Column("follow_ups", sa.Integer, nullable=False, server_default="0")
    )
    op.add_column("consultation", sa.Column("merged_into", sa.String))
    op.add_column("consultation", sa.Column("statistics_row", sa.Integer))
    op.add_column(
        "statistics", sa.Column("follow_ups", sa.Integer, nullable=False, server_default="0")
    )
    # Which of a reader's consultations may go on, what else this reader has asked, and when last.
    op.create_index("consultation_by_reader", "consultation", ["library", "rid", "opened_at"])
    is_merged = sa.text("merged_into IS NOT NULL")
    op.create_index(
        "consultation_merged",
        "consultation",
        ["merged_into"],
        sqlite_where=is_merged,
        postgresql_where=is_merged,
    )
    # Small at all times: what a reader continues before it has been wrapped up.
    is_reopened = sa.text("state = 'self_service' AND owner IS NOT NULL")
    op.create_index(
        "consultation_reopened",
        "consultation",
        ["library", "owner"],
        sqlite_where=is_reopened,
        postgresql_where=is_reopened,
    )
    op.create_table(
        "staff_presence",
        sa.Column("library", sa.String, primary_key=True),
        sa.Column("staff", sa.String, primary_key=True),
        sa.Column("node", sa.String, primary_key=True),
        sa.Column("seen_at", sa.Float, nullable=False),
    )
