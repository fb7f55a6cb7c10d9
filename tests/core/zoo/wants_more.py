"""Wants an argument that the hook does not have."""

from refdesk import hookimpl


@hookimpl
async def answer_question(question: object, session: object) -> None:
    del question, session
