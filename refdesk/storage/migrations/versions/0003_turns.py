"""Leases on consultations, and what else than messages goes through a turn."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    pass
