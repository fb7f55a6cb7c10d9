"""Misspells the name of a hook."""

from refdesk import hookimpl


@hookimpl
async def anwser_question() -> None:
    return None
