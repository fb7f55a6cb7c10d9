"""At which moments, seen from outside, can the server be killed?

The platforms know what the server is doing with them: they are told its process and the next
moment, and send SIGKILL when it comes.
"""

import os
import signal
from contextlib import suppress

QUESTION_WRITTEN = "a question was written to the server, which has not answered"
QUESTION_TAKEN = "the server has just said that it has a question"
PAGE_GIVEN = "a page of questions was given to the server"
ANSWER_IN = "an answer came in and was not looked at"
ANSWER_SHOWN = "an answer was shown and the server not told"
ANSWER_TOLD = "an answer was shown and the server told"
# In the order of a message's life.
MOMENTS = (QUESTION_WRITTEN, QUESTION_TAKEN, PAGE_GIVEN, ANSWER_IN, ANSWER_SHOWN, ANSWER_TOLD)


class Moments:
    """The next moment to kill at, if any, and how often it was done."""

    def __init__(self) -> None:
        self.pid = 0
        self.next = ""
        self.done: dict[str, int] = {}

    def reached(self, moment: str) -> bool:
        """Kill the server if this is the moment; say whether it was."""
        if moment != self.next or not self.pid:
            return False
        self.next = ""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.done[moment] = self.done.get(moment, 0) + 1
        self.pid = 0
        return True
