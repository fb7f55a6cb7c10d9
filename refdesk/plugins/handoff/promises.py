"""What is a reader truthfully told about waiting for a person? (pure)"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from refdesk import QueueChoice
from refdesk.core.calendar.calendar import Calendar, OpenStatus, status_at
from refdesk.core.messages import Language
from refdesk.core.queues import DEFAULT_QUEUE

Translate = Callable[..., str]
# With less of the day left, a question is promised for the next one.
LEAST_TIME = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Situation:
    """How it stands: the desk's hours, librarians present, and readers who wait before this one.

    `answer_by` is until when an answer may be promised, None: nobody can say.
    """

    desk: OpenStatus | None
    librarians: int
    before: int
    answer_by: datetime | None = None


def promise(situation: Situation, translate: Translate, language: Language) -> QueueChoice:
    """Return how the reader waits, and the words for it.

    Somebody who is there counts more than the hours on paper; outside hours with nobody there,
    the answer is promised for later and the reader may leave.
    """
    if situation.librarians:
        return _waiting(_soon(situation, translate), translate, language)
    if situation.desk is not None and situation.desk.state == "closed":
        return _asynchronous(
            _closed(situation, translate, language), situation, translate, language
        )
    words = translate(
        "Your question is on the librarians' list. Nobody is at the desk at this moment; "
        "you may leave, the answer will appear here."
    )
    return _waiting(words, translate, language)


def promise_later(situation: Situation, translate: Translate, language: Language) -> QueueChoice:
    """Return what a reader is told who has waited in vain: nobody came in time."""
    words = translate(
        "No librarian has been able to take your question yet. It is kept for them; you may leave, "
        "the answer will appear here. Meanwhile the automatic assistant answers you again."
    )
    return _asynchronous(words, situation, translate, language)


def answer_by(calendar: Calendar, moment: datetime) -> datetime | None:
    """Return the closing time by which a question that is asked now is answered.

    That of today while enough of the day is left, else that of the next opening. None when no
    closing is near: hours around the clock promise nothing.
    """
    status = status_at(calendar, moment)
    if status.state == "open":
        if status.until is None or status.until - moment >= LEAST_TIME:
            return status.until
        status = status_at(calendar, status.until)
    return status_at(calendar, status.until).until if status.until is not None else None


def _asynchronous(
    words: str, situation: Situation, translate: Translate, language: Language
) -> QueueChoice:
    """Say also by when, where that is known."""
    by = situation.answer_by
    if by is None:
        return QueueChoice(DEFAULT_QUEUE, "asynchronous", words)
    due = translate("You will have an answer by {time}.", time=_when(by, language))
    space = "" if language == "zh" else " "
    return QueueChoice(DEFAULT_QUEUE, "asynchronous", f"{words}{space}{due}", by.timestamp())


def _waiting(words: str, translate: Translate, language: Language) -> QueueChoice:
    """Say also that the program is silent from now on, and how to bring it back."""
    silence = translate(
        "Until then the automatic assistant is silent; type “back” to return to it."
    )
    space = "" if language == "zh" else " "
    return QueueChoice(DEFAULT_QUEUE, "waiting", f"{words}{space}{silence}")


def _soon(situation: Situation, translate: Translate) -> str:
    if situation.before == 0:
        return translate(
            "You are next on the librarians' list. A librarian will write to you here."
        )
    return translate(
        "You are on the librarians' list; readers before you: {before}. "
        "A librarian will write to you here.",
        before=situation.before,
    )


def _closed(situation: Situation, translate: Translate, language: Language) -> str:
    opening = situation.desk.until if situation.desk else None
    if opening is None:
        return translate(
            "The reference desk is closed. Your question is kept for the librarians; "
            "you may leave, the answer will appear here."
        )
    return translate(
        "The reference desk is closed until {opening}. Your question is kept for the "
        "librarians; you may leave, the answer will appear here.",
        opening=_when(opening, language),
    )


def _when(moment: datetime, language: Language) -> str:
    from babel.dates import format_datetime  # noqa: PLC0415 - slow to import, seldom needed

    if language == "zh":
        return format_datetime(moment, "M月d日 EEEE HH:mm", locale="zh_Hans_CN")
    return format_datetime(moment, "EEEE, d MMMM, HH:mm", locale="en_GB")
