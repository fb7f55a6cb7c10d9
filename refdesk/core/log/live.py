"""How do pages learn at once of what has just been committed?

Only a hint within this process (`core/log/shared_live.py` is for several servers): what counts is
the numbered log, and whoever missed a hint reads the log from the last number it saw. Hints are
delivered in the order of commits.
"""

from collections.abc import Callable

from refdesk.core.consultations import Consultation, Event
from refdesk.loops import running_loop

EventListener = Callable[[Consultation | None, tuple[Event, ...]], None]
Topic = str
# Every consultation of the library: for the desk's list.
ALL: Topic = "*"


class Live:
    """Listeners by consultation."""

    def __init__(self) -> None:
        """Begin without listeners."""
        self._listeners: dict[Topic, set[EventListener]] = {}

    def listen(self, topic: Topic, listener: EventListener) -> Callable[[], None]:
        """Call `listener` on news of a consultation (or of `ALL`) until the result is called."""
        self._listeners.setdefault(topic, set()).add(listener)

        def stop() -> None:
            listeners = self._listeners.get(topic)
            if listeners is not None:
                listeners.discard(listener)
                if not listeners:
                    del self._listeners[topic]

        return stop

    def listens(self, topic: Topic) -> bool:
        """Say whether anybody here wants to know of a consultation."""
        return topic in self._listeners or ALL in self._listeners

    def topics(self) -> list[Topic]:
        """Return the consultations that somebody follows here."""
        return [topic for topic in self._listeners if topic != ALL]

    def publish(
        self, topic: Topic, events: tuple[Event, ...], consultation: Consultation | None = None
    ) -> None:
        """Announce committed events; called right after the commit, without waiting between.

        `consultation` is given when it has changed in more than its log.
        """
        if self._listeners:
            running_loop().call_soon(self._deliver, topic, events, consultation)

    def look_again(self, topic: Topic) -> None:
        """Show what may have been committed without being announced, where that can happen.

        With SQLite it cannot: what fails is not stored.
        """

    def _deliver(
        self, topic: Topic, events: tuple[Event, ...], consultation: Consultation | None
    ) -> None:
        for listened in (topic, ALL):
            for listener in tuple(self._listeners.get(listened, ())):
                listener(consultation, events)
