"""Plugins that were switched off while the program ran."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "plugin_switch",
        sa.Column("library", sa.String, primary_key=True),
        sa.Column("plugin", sa.String, primary_key=True),
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("switched_at", sa.Float, nullable=False),
        sa.Column("switched_by", sa.String, nullable=False),
    )
