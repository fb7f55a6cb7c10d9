"""Raises what ends loops, not functions."""

from refdesk import hookimpl


@hookimpl
async def answer_question() -> None:
    raise StopAsyncIteration
