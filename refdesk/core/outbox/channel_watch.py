"""Which channels are in trouble, since when and why? (In memory: each server finds out by itself.)

A channel whose key was refused stops: nothing is sent but one trial after each growing pause, or
as soon as the channel's own `health` says that it works. Whatever gets through ends the trouble.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from refdesk.core.channels.capabilities import Health

FIRST_TRIAL_SECONDS = 30.0
LONGEST_TRIAL_SECONDS = 600.0
# Staff are told the kind; what to do about it stands at the desk, in their language.
Trouble = Literal["stopped", "failing", "unhealthy", "silent"]


@dataclass(frozen=True, slots=True)
class Alert:
    """A channel that needs somebody: what is wrong, since when, and the platform's reason."""

    account: str
    trouble: Trouble
    since: float
    reason: str


@dataclass(slots=True)
class _Channel:
    """What is known of one account."""

    failures: int = 0
    failing_since: float = 0.0
    reason: str = ""
    stopped_since: float | None = None
    next_trial: float = 0.0
    pause: float = FIRST_TRIAL_SECONDS
    held_until: float = 0.0
    unhealthy_since: float | None = None
    health_reason: str = ""
    last_success: float | None = None
    last_heard: float | None = None
    limits: tuple[int, float] = (5, 0.0)
    sent: int = 0


@dataclass(slots=True)
class ChannelWatch:
    """The accounts of this server; `clock` gives seconds since the epoch."""

    clock: Callable[[], float] = time.time
    _channels: dict[str, _Channel] = field(default_factory=dict)

    def follow(self, account: str, failures: int, silence_seconds: float) -> None:
        """Alert from so many failures in a row on, and after so much silence (0: never)."""
        channel = self._of(account)
        channel.limits = (max(failures, 1), silence_seconds)
        channel.last_heard = channel.last_heard or self.clock()

    def heard(self, account: str, at: float) -> None:
        """Note when something came in."""
        channel = self._of(account)
        channel.last_heard = max(channel.last_heard or at, at)

    def is_silent(self, account: str) -> bool:
        """Say whether nothing has come in for longer than is usual, as far as is known."""
        channel = self._of(account)
        silence, heard = channel.limits[1], channel.last_heard
        return bool(silence) and heard is not None and self.clock() - heard > silence

    def answered(self, account: str) -> None:
        """Note that the platform has understood us: every trouble with sending is over."""
        channel = self._of(account)
        channel.failures, channel.stopped_since, channel.reason = 0, None, ""
        channel.pause, channel.held_until = FIRST_TRIAL_SECONDS, 0.0

    def sent(self, account: str) -> None:
        """Note that something got through."""
        self.answered(account)
        channel = self._of(account)
        channel.last_success = self.clock()
        channel.sent += 1

    def failed(self, account: str, reason: str) -> None:
        """Note that a try has failed, for a reason that may pass."""
        channel = self._of(account)
        if channel.failures == 0:
            channel.failing_since = self.clock()
        channel.failures += 1
        channel.reason = reason

    def stop(self, account: str, reason: str) -> None:
        """Stop an account whose key was refused; each refused trial doubles the pause."""
        channel, now = self._of(account), self.clock()
        channel.reason = reason
        if channel.stopped_since is None:
            channel.stopped_since = now
        elif now < channel.next_trial:
            return  # sent before the account stopped
        else:
            channel.pause = min(channel.pause * 2, LONGEST_TRIAL_SECONDS)
        channel.next_trial = now + channel.pause

    def hold(self, account: str, until: float) -> None:
        """Send nothing for an account before `until`: the platform asked for it."""
        self._of(account).held_until = until

    def examined(self, account: str, health: Health, finding: Literal["asked", "default"]) -> None:
        """Note what `health` said; one that really asked the platform allows a trial at once."""
        channel = self._of(account)
        if health.condition == "failing":
            if channel.unhealthy_since is None:
                channel.unhealthy_since = self.clock()
            channel.health_reason = health.reason
            return
        channel.unhealthy_since = None
        if finding == "asked":
            channel.next_trial = 0.0

    def room(self, account: str, wanted: int) -> int:
        """Return for how many readers may be claimed now: none, one as a trial, or `wanted`."""
        channel, now = self._of(account), self.clock()
        if channel.held_until > now:
            return 0
        if channel.stopped_since is None:
            return wanted
        if channel.next_trial > now:
            return 0
        return min(wanted, 1)

    def last_success(self, account: str) -> float | None:
        """Return when something got through last, since this server started."""
        return self._of(account).last_success

    def number_sent(self, account: str) -> int:
        """Return how many payloads have got through since this server started."""
        return self._of(account).sent

    def alerts(self) -> list[Alert]:
        """Return what staff have to know, one line for each channel in trouble."""
        found = [self._alert(account, channel) for account, channel in self._channels.items()]
        return sorted((one for one in found if one), key=lambda one: one.since)

    def _alert(self, account: str, channel: _Channel) -> Alert | None:
        most_failures = channel.limits[0]
        if channel.stopped_since is not None:
            return Alert(account, "stopped", channel.stopped_since, channel.reason)
        if channel.failures >= most_failures:
            return Alert(account, "failing", channel.failing_since, channel.reason)
        if channel.unhealthy_since is not None:
            return Alert(account, "unhealthy", channel.unhealthy_since, channel.health_reason)
        if self.is_silent(account):
            return Alert(account, "silent", channel.last_heard or 0.0, "")
        return None

    def _of(self, account: str) -> _Channel:
        return self._channels.setdefault(account, _Channel())
