"""What is known about one plugin at work: its failures, its threads, its tasks, its times?"""

from dataclasses import dataclass

from refdesk.core.hosting.circuit_breaker import CircuitBreaker
from refdesk.core.hosting.plugin_requests import PluginRequests
from refdesk.core.hosting.plugin_tasks import PluginTasks
from refdesk.core.hosting.plugin_threads import PluginThreads


@dataclass(frozen=True, slots=True)
class HookStatistics:
    """How often a plugin was called through one hook or command since the start, and how it went.

    `seconds` is the time from the call to its end, waiting included; `blocked_seconds` the time in
    which it held everybody else up.
    """

    plugin: str
    hook: str
    calls: int
    failures: int
    seconds: float
    blocked_seconds: float


class HookCount:
    """The same while it is being counted."""

    __slots__ = ("blocked_seconds", "calls", "failures", "seconds")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.calls = 0
        self.failures = 0
        self.seconds = 0.0
        self.blocked_seconds = 0.0


class PluginWork:
    """One registered plugin at work. `blockages` counts how often it has blocked the loop."""

    __slots__ = ("_counts", "blockages", "breaker", "name", "requests", "tasks", "threads")

    def __init__(self, name: str) -> None:
        """Begin as working."""
        self.name = name
        self.breaker = CircuitBreaker()
        self.threads = PluginThreads(name)
        self.tasks = PluginTasks(name)
        self.requests = PluginRequests()
        self.blockages = 0
        self._counts: dict[str, HookCount] = {}

    def count(self, hook: str) -> HookCount:
        """Return the count of one hook, to be added to."""
        found = self._counts.get(hook)
        if found is None:
            found = self._counts[hook] = HookCount()
        return found

    def forgive(self) -> None:
        """Forget failures: somebody has switched it on again."""
        self.breaker = CircuitBreaker()

    def condition(self, now: float) -> str:
        """Return `working`, `set aside` after repeated failures, or `blocked`.

        Blocked means that as many of its plain functions hang in threads as are allowed.
        """
        if self.breaker.is_open(now):
            return "set aside"
        return "blocked" if self.threads.are_used_up() else "working"

    def statistics(self) -> list[HookStatistics]:
        """Return what was counted, by hook."""
        return [
            HookStatistics(
                self.name, hook, one.calls, one.failures, one.seconds, one.blocked_seconds
            )
            for hook, one in self._counts.items()
        ]
