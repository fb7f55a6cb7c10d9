"""Implements a hook of the start with an `async def`."""

from refdesk import Command, hookimpl


@hookimpl
async def register_commands() -> list[Command]:
    return []
