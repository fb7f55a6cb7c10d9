"""Raises when it is asked for its commands."""

from refdesk import hookimpl


@hookimpl
def register_commands() -> None:
    raise KeyError("catalogue")
