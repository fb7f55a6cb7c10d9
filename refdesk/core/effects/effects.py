"""What is an external effect: something that a plugin wants another system to do?

A handler never does it itself, since it may run twice. It asks for it (`context.perform`), the wish
is stored with the reply, and a runner carries it out with a key that stays the same however often
it has to try (core/effects/runner.py). What came of it goes back through the reader's turn.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from refdesk.core.consultations import Consultation
from refdesk.core.messages import Reply

if TYPE_CHECKING:
    from refdesk.core.plugin_context import PluginContext

# `by key`: the other system knows the key and does the same thing once; `no`: it does not.
Repeatable = Literal["by key", "no"]
# How it ended. `failed`: it was tried often enough and has not happened; `unknown`: it may have.
Ending = Literal["done", "refused", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class EffectCall:
    """One attempt for a reader. `key` is the same in each: give it to the other system."""

    key: str
    rid: str
    arguments: Mapping[str, Any]
    attempt: int


@dataclass(frozen=True, slots=True)
class EffectDone:
    """The other system has done it; `data` is plain JSON."""

    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EffectRetry:
    """It has not happened, and may work later; `after_seconds` 0 leaves it to the runner."""

    reason: str = ""
    after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class EffectRefused:
    """The other system has understood and will not do it: a room is taken, a card is blocked."""

    reason: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EffectNews:
    """What came of an effect, as its plugin hears it in the reader's turn.

    `reason` is the other system's or the runner's; nothing of it has been shown to anybody.
    """

    ending: Ending
    key: str
    arguments: Mapping[str, Any]
    data: Mapping[str, Any]
    reason: str
    consultation: Consultation


AttemptResult = EffectDone | EffectRetry | EffectRefused
PerformHandler = Callable[[EffectCall, "PluginContext"], Awaitable[AttemptResult]]
NewsHandler = Callable[[EffectNews, "PluginContext"], Awaitable[Reply | str | None]]


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that can be done elsewhere.

    `name` is unique (`plugin.what`). `perform` tries once, within `seconds`. When it raises, or is
    cut off, nobody knows whether it happened: what is repeatable `by key` is tried again, at most
    `attempts` times, anything else is shown to staff. `RemoteServiceError` is understood by what
    it says has happened. `tell` says to the reader what came of it.
    """

    name: str
    perform: PerformHandler
    tell: NewsHandler
    repeatable: Repeatable = "no"
    attempts: int = 8
    seconds: float = 10.0
