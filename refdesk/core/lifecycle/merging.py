"""How do two consultations of one reader become one?

Numbers of events are never changed: both logs stay as they are under both ids, and each says where
the other is. The one that is merged away ends and is counted with the other.
"""

from typing import Literal

from refdesk.core.consultations import Consultation, State, allows
from refdesk.core.lifecycle.wrapping_up import count_no_more
from refdesk.core.log.event_log import LogWriter
from refdesk.core.messages import Text
from refdesk.core.staff.authorise import StaffActor, authorise
from refdesk.core.translations import translate
from refdesk.storage import Transaction

Fit = Literal["fits", "not_the_same_reader", "wrong_state"]
_OPEN = frozenset({State.WAITING, State.ASYNCHRONOUS, State.WITH_LIBRARIAN})


def fit(away: Consultation, into: Consultation) -> Fit:
    """Say whether `away` may be merged into `into`; what a bot alone has is left alone."""
    if away.rid != into.rid:
        return "not_the_same_reader"
    free = away.id != into.id and away.merged_into is None and into.merged_into is None
    with_bot = State.SELF_SERVICE in (away.state, into.state)
    # Who waits for an answer must not be put into something that is over.
    forgotten = away.state in _OPEN and into.state not in _OPEN
    return "fits" if free and not with_bot and not forgotten else "wrong_state"


def may_merge(staff: StaffActor, away: Consultation, into: Consultation) -> bool:
    """Say whether this librarian may merge these two now."""
    allowed = all(authorise(staff, "merge", one) == "allowed" for one in (away, into))
    return allowed and fit(away, into) == "fits"


def merge(tx: Transaction, library: str, away: LogWriter, into: LogWriter, alias: str) -> None:
    """Let `away` end and go on in `into`; whoever may read that one may read this one.

    Counting both together is for when they have been saved.
    """
    one = away.consultation
    _end(away, alias)
    count_no_more(tx, library, away)
    # Whoever works on the other needs what was said here.
    owner = into.consultation.owner or one.owner
    away.update(merged_into=into.consultation.id, reopen_until=None, owner=owner)
    _note(away, f"merged into {into.consultation.id}", alias)
    _note(into, f"merged with {one.id} ({one.account})", alias)


def _end(away: LogWriter, alias: str) -> None:
    one = away.consultation
    if one.state in _OPEN:
        notice = translate(
            "This conversation has been joined with another one of yours; it goes on there.",
            one.language,
        )
        away.change_state(State.CLOSED, notice, alias)
    if allows(away.consultation.state, State.WRAPPED_UP):
        away.change_state(State.WRAPPED_UP, "merged", alias, "staff")


def _note(writer: LogWriter, words: str, alias: str) -> None:
    writer.append("note", "system", (Text(words),), audience="staff", alias=alias)
