"""Raises what is no `Exception`, as some test tools and event loops do, and quotes the reader."""

from refdesk import Question, hookimpl


class Outcome(BaseException):
    pass


@hookimpl
async def answer_question(question: Question) -> None:
    raise Outcome(question.text)
