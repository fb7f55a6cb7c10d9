"""Who blocks the event loop, and for how long?

While the loop is blocked nobody is answered, and nothing that runs in it can say so: a thread
watches. It names the plugin and the line at once, since a blockage may never end; how long it
lasted is told when it is over. Nobody can interrupt such code, but it is known whose it is.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping

from refdesk.core.hosting.plugin_frames import Standing, standing_of
from refdesk.logs import get_logger
from refdesk.loops import running_loop

log = get_logger(__name__)
# How often the loop shows that it lives, in parts of the time after which it counts as blocked.
BEATS = 4
Found = Callable[[Standing], None]
Ended = Callable[[Standing, float], None]


class LoopWatchdog:
    """Watches one event loop from a thread of its own."""

    def __init__(
        self,
        limit_seconds: float,
        files: Mapping[str, str],
        found: Found,
        ended: Ended,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Call `found` in the thread when the loop has not answered for `limit_seconds`.

        `ended` is called in the loop when it goes on, with the seconds that it stood still.
        `files` say whose code lies where (see `plugin_frames`).
        """
        self._limit = limit_seconds
        self._files = files
        self._found = found
        self._ended = ended
        self._monotonic = monotonic
        self._beat = monotonic()
        self._blocked: Standing | None = None
        self._stopped = threading.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread = 0

    def start(self) -> None:
        """Watch the loop that runs in this thread."""
        self._loop = running_loop()
        self._loop_thread = threading.get_ident()
        self._live()
        threading.Thread(target=self._watch, name="loop-watchdog", daemon=True).start()

    def stop(self) -> None:
        """Watch no longer."""
        self._stopped.set()
        if self._timer is not None:
            self._timer.cancel()

    def _live(self) -> None:
        """Show that the loop goes on; when it had stood still, tell for how long."""
        now = self._monotonic()
        if self._blocked is not None:
            blocked, seconds = self._blocked, round(now - self._beat, 2)
            self._blocked = None
            log.warning(
                "event_loop_goes_on", plugin=blocked.plugin, hook=blocked.hook, seconds=seconds
            )
            self._ended(blocked, seconds)
        self._beat = now
        self._timer = running_loop().call_later(self._limit / BEATS, self._live)

    def _watch(self) -> None:
        told = 0.0
        while not self._stopped.wait(self._limit / BEATS):
            beat = self._beat
            if beat == told or self._monotonic() - beat < self._limit:
                continue
            told = beat  # once for each blockage
            standing = standing_of(self._loop_thread, self._files)
            if standing is None or self._loop is None or not self._loop.is_running():
                return  # the loop has ended without stopping us
            log.error(
                "event_loop_blocked",
                plugin=standing.plugin,
                hook=standing.hook,
                where=standing.where,
                steps=standing.steps,
            )
            self._blocked = standing
            self._found(standing)
