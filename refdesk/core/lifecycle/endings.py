"""How does a consultation end, how does it go on, and what is the reader told?

Inside a transaction; whoever calls has looked at the state.
"""

from refdesk.core.consultations import Consultation, State
from refdesk.core.lifecycle.rules import ConsultationSettings, reopens_until
from refdesk.core.lifecycle.wrapping_up import wrap_up
from refdesk.core.log.event_log import LogWriter
from refdesk.core.translations import translate
from refdesk.storage import Transaction


def end(writer: LogWriter, settings: ConsultationSettings, alias: str) -> None:
    """Close it for its librarian; the reader is told what happens when they write again."""
    language = writer.consultation.language
    until = reopens_until(settings, writer.now)
    if until is None:
        notice = translate(
            "This conversation is closed. Write again at any time to begin a new one.", language
        )
    else:
        notice = translate(
            "This conversation is closed. If you write again within {hours} hours, it goes on; "
            "after that, a new one begins.",
            language,
            hours=f"{settings.reopen_hours:g}",
        )
    writer.update(reopen_until=until)
    writer.change_state(State.CLOSED, notice, alias)


def end_for_reader(tx: Transaction, library: str, writer: LogWriter) -> None:
    """Close it because the reader says so; what comes later is another matter.

    One that a librarian has is left to them to wrap up.
    """
    one = writer.consultation
    notice = translate(
        "You have ended this conversation. Write again at any time to begin a new one.",
        one.language,
    )
    had_librarian = one.state is State.WITH_LIBRARIAN
    writer.update(reopen_until=None)
    writer.change_state(State.CLOSED, notice)
    if not had_librarian and not awaits_wrap_up_by_owner(one):
        wrap_up(tx, library, writer, None)


def end_quietly(
    tx: Transaction, library: str, writer: LogWriter, settings: ConsultationSettings
) -> None:
    """Close what the reader has left, without a word to them; count it."""
    one = writer.consultation
    notice = translate("Nobody has written for a long time.", one.language)
    writer.update(reopen_until=reopens_until(settings, writer.now))
    writer.change_state(State.CLOSED, notice, audience="staff")
    if not awaits_wrap_up_by_owner(one):
        wrap_up(tx, library, writer, None)


def go_on(writer: LogWriter) -> None:
    """Reopen it for a reader who has written again in time: the follow-up of the same question.

    Somebody who had a librarian is told who answers now; for others nothing had seemed to end.
    """
    one = writer.consultation
    writer.update(follow_ups=one.follow_ups + 1, reopen_until=None)
    writer.update(misses=0, offered=(), dialogue="")
    if one.owner is None:
        notice = translate("The reader has written again.", one.language)
        writer.change_state(State.SELF_SERVICE, notice, audience="staff")
        return
    notice = translate(
        "Your conversation goes on. The automatic assistant answers first; "
        "type “librarian” to reach a person.",
        one.language,
    )
    writer.change_state(State.SELF_SERVICE, notice)


def awaits_wrap_up(consultation: Consultation) -> bool:
    """Say whether a librarian may note now how it ended.

    Also while a follow-up of it goes on: a reader's “thanks” keeps nobody from it.
    """
    return consultation.state is State.CLOSED or (
        consultation.state is State.SELF_SERVICE and awaits_wrap_up_by_owner(consultation)
    )


def awaits_wrap_up_by_owner(consultation: Consultation) -> bool:
    """Say whether a librarian had it who has not yet noted how it ended."""
    return consultation.owner is not None and consultation.statistics_row is None
