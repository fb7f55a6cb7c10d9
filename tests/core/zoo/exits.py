"""Tries to end the program."""

import sys

from refdesk import hookimpl


@hookimpl
async def answer_question() -> None:
    sys.exit("the catalogue is down")
