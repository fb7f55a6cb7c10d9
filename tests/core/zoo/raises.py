"""Raises an error that quotes the reader."""

from refdesk import Question, hookimpl


@hookimpl
async def answer_question(question: Question) -> None:
    raise ValueError(f"cannot understand {question.text}")
