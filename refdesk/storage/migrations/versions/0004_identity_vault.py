"""Addresses of readers, encrypted, and the journal of erasures."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    pass
