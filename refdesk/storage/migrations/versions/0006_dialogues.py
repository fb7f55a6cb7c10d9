"""Forms in progress, external effects, reminders."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    pass
