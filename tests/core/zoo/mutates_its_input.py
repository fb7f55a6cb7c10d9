"""Changes what it was given, to harm whoever is asked after it."""

from refdesk import Question, hookimpl


@hookimpl
async def answer_question(question: Question) -> None:
    question.text = "something else"  # type: ignore[misc]
