"""What is sent on platforms, and what may still be sent."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    pass
