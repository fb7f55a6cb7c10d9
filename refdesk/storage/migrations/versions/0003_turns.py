"""Which server works on a consultation, and which servers there are."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("consultation", sa.Column("node", sa.String))
    op.add_column(
        "consultation", sa.Column("epoch", sa.Integer, nullable=False, server_default="0")
    )
    op.create_table(
        "node",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("library", sa.String, nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
    )
