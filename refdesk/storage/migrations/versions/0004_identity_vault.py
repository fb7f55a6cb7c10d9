"""Addresses of readers, encrypted, and the journal of erasures."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "identity",
        sa.Column("library", sa.String, primary_key=True),
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("rid", sa.String, primary_key=True),
        sa.Column("key_id", sa.String, nullable=False),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    # Two first messages of one address at the same moment get one rid.
    op.create_index("identity_address", "identity", ["library", "fingerprint"], unique=True)
    op.create_index("identity_of_reader", "identity", ["library", "rid"])
    op.create_index("identity_by_key", "identity", ["library", "key_id"])
    op.create_table(
        "vault_key",
        sa.Column("library", sa.String, primary_key=True),
        sa.Column("key_id", sa.String, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
    )
    op.create_table(
        "erasure",
        sa.Column("library", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("rid", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("erasure_once", "erasure", ["library", "id"], unique=True)
