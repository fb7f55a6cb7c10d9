"""Which messages are only the beginning of one? ("hi", "我想问", then the question.)

People who chat send a thought in pieces. A piece that says nothing by itself is read together with
what follows within a short time; a whole question is never kept waiting.
"""

from dataclasses import replace
from typing import Literal

from refdesk.core.turns.store import Turn

# opening: says nothing by itself. unfinished: breaks off in the middle of a sentence.
# command: stands for itself, nothing is read together with it. whole: anything else.
Reading = Literal["opening", "unfinished", "command", "whole"]
_BREAKS_OFF = (",", "，", "、", ":", "：", ";", "；", "…", "...")


def breaks_off(text: str) -> bool:
    """Say whether a text ends as nobody ends a sentence."""
    return text.rstrip().endswith(_BREAKS_OFF)


def read_together(first: Turn, reading: Reading, following: Turn) -> Turn:
    """Return the turn of both: an opening adds nothing, an unfinished text is gone on with."""
    message = following.message
    if reading == "unfinished":
        text = f"{first.message.text.rstrip()} {message.text.lstrip()}"
        message = replace(message, text=text)
    return replace(following, message=message, follows=first.follows)
