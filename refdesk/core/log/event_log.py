"""How are events appended and states changed inside one transaction?

Every change of a consultation goes through a `LogWriter`: it numbers the events, checks the state
against the table of allowed transitions and writes the row once.
"""

from dataclasses import replace

from refdesk.core.consultations import (
    Audience,
    Consultation,
    Event,
    EventKind,
    EventSender,
    State,
    allows,
)
from refdesk.core.log.consultation_rows import BY_ID, consultation_from, insert_event, save
from refdesk.core.messages import Part, Source, Text
from refdesk.storage import Transaction


class LogWriter:
    """One consultation inside a transaction."""

    def __init__(
        self, tx: Transaction, library: str, consultation: Consultation, next_seq: int, now: float
    ) -> None:
        """Go on with `consultation`, whose next event gets the number `next_seq`."""
        self._tx = tx
        self._library = library
        self._next_seq = next_seq
        self.now = now
        self._before = consultation
        self.consultation = consultation
        self.events: list[Event] = []

    @classmethod
    def open(
        cls, tx: Transaction, library: str, consultation: str, now: float
    ) -> "LogWriter | None":
        """Read the consultation; None when there is none."""
        row = tx.one(BY_ID, library=library, id=consultation)
        if row is None:
            return None
        return cls(tx, library, consultation_from(row), row["next_seq"], now)

    def append(
        self,
        kind: EventKind,
        sender: EventSender,
        parts: tuple[Part, ...],
        sources: tuple[Source, ...] = (),
        audience: Audience = "everybody",
        alias: str | None = None,
        state: State | None = None,
        action: str = "",
    ) -> Event:
        """Add an event to the log."""
        event = Event(
            self.consultation.id,
            self._next_seq,
            self.now,
            kind,
            sender,
            parts,
            sources,
            audience,
            state,
            alias,
            action,
        )
        insert_event(self._tx, self._library, event)
        self._next_seq += 1
        self.events.append(event)
        return event

    def change_state(
        self,
        state: State,
        notice: str,
        alias: str | None = None,
        audience: Audience = "everybody",
    ) -> None:
        """Pass to another state, with an event that says so.

        A promise ends with the state in which it was made. Raises `ValueError` when the table of
        transitions does not allow it: a fault of the program, since callers check first.
        """
        current = self.consultation.state
        if not allows(current, state):
            raise ValueError(f"a consultation cannot pass from {current} to {state}")
        self.consultation = replace(self.consultation, state=state, since=self.now, due_at=None)
        words = (Text(notice),)
        self.append("state", "system", words, audience=audience, alias=alias, state=state)

    def update(self, **changes: object) -> None:
        """Change the consultation's memory or owner."""
        self.consultation = replace(self.consultation, **changes)  # type: ignore[arg-type]  # fields by name

    @property
    def has_changed(self) -> bool:
        """Whether there is anything to save."""
        return bool(self.events) or self.consultation != self._before

    def save(self) -> None:
        """Write the consultation back under a new version."""
        self.consultation = replace(self.consultation, version=self.consultation.version + 1)
        save(self._tx, self._before, self.consultation, self._next_seq)
