"""Returns something else than commands."""

from refdesk import hookimpl


@hookimpl
def register_commands() -> int:
    return 5
