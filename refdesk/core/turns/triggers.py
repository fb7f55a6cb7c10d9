"""What else than a reader's message goes through the turn of a consultation?

The result of an external effect, a reminder, the time-out of a form. It is accepted like a
message: stored once under its key, worked on in order, never seen by anybody as such.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

# Names of triggers: the ending of `effect/NAME`, the time of `reminder/NAME`.
EFFECT = "effect/"
REMINDER = "reminder/"


@dataclass(frozen=True, slots=True)
class Trigger:
    """Something due for a reader; `plugin` handles it under `name`, `data` is plain JSON.

    `key` is its inbox key on the channel account: a repeat starts nothing. It goes into the
    reader's open consultation; when there is none it opens the next one, like a message.
    """

    key: str
    account: str
    rid: str
    plugin: str
    name: str
    data: Mapping[str, Any]


def dump_data(data: Mapping[str, Any]) -> str:
    """Return the data as it is stored; raises `TypeError` when it is no plain JSON."""
    return orjson.dumps(dict(data)).decode()


def load_data(text: str) -> dict[str, Any]:
    """Return stored data."""
    data: dict[str, Any] = orjson.loads(text)
    return data
