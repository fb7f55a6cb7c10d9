"""A plain function that never returns."""

import threading

from refdesk import hookimpl


@hookimpl
def answer_question() -> None:
    threading.Event().wait()
