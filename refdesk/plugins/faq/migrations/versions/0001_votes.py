"""Votes on whether an entry helped."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "faq_vote",
        sa.Column("consultation", sa.String, primary_key=True),
        sa.Column("entry", sa.String, primary_key=True),
        sa.Column("library", sa.String, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.CheckConstraint("verdict IN ('helpful', 'not_helpful')", name="faq_vote_verdict"),
    )
    op.create_index("faq_vote_by_entry", "faq_vote", ["library", "entry"])
