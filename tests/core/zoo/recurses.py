"""Calls itself without an end."""

from refdesk import hookimpl


def again() -> None:
    again()


@hookimpl
async def answer_question() -> None:
    again()
