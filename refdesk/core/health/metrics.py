"""Which figures does a running server give to a monitoring system? (`/metrics`, Prometheus.)

Everything is counted where it happens, in plain numbers; this reads them when somebody asks. Labels
are names of channels, plugins and states; nothing of readers is in any of them.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from refdesk.core.health.stored_metrics import StoredFigures
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.turns.inbox import Inbox
from refdesk.core.turns.turns import Turns


class Measured(Protocol):
    """What is looked at: the parts of an app."""

    inbox: Inbox
    turns: Turns
    host: PluginHost


class _Collector:
    """Reads the figures of one app."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured

    def collect(self) -> Iterator[Metric]:
        yield from _inbound(self._measured.inbox)
        yield from _turns(self._measured.turns)
        yield from _plugins(self._measured.host)


def registry_of(measured: Measured) -> CollectorRegistry:
    """Return a registry of this app alone: two apps in one process do not mix."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(measured))
    for kind in (ProcessCollector, PlatformCollector, GCCollector):
        kind(registry=registry)
    return registry


def exposition(registry: CollectorRegistry, stored: StoredFigures) -> bytes:
    """Return the figures in Prometheus' text format, those from the database last."""
    from_database = CollectorRegistry(auto_describe=False)
    from_database.register(stored)
    return generate_latest(registry) + generate_latest(from_database)


def gauge(name: str, words: str, value: float) -> Metric:
    """Return one figure."""
    return GaugeMetricFamily(name, words, value=value)


def gauges(name: str, words: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    """Return a figure for each of several things."""
    family = GaugeMetricFamily(name, words, labels=[label])
    for thing, value in values:
        family.add_metric([thing], value)
    return family


def counters(
    name: str, words: str, labels: list[str], values: Iterable[tuple[tuple[str, ...], float]]
) -> Metric:
    """Return figures that only rise, by labels."""
    family = CounterMetricFamily(name, words, labels=labels)
    for key, value in values:
        family.add_metric(list(key), value)
    return family


def _inbound(inbox: Inbox) -> Iterator[Metric]:
    traffic = inbox.traffic
    yield counters(
        "refdesk_messages_accepted",
        "Deliveries stored, and repeats of such.",
        ["account", "arrival"],
        traffic.accepted.items(),
    )
    yield counters(
        "refdesk_messages_refused",
        "Deliveries refused because too much was waiting.",
        ["account"],
        (((account,), count) for account, count in traffic.refused.items()),
    )
    moments = ((name, time.time() - inbox.seconds_since(name)) for name in traffic.last_at)
    yield gauges(
        "refdesk_channel_last_message_timestamp_seconds",
        "When the last message of a reader came in.",
        "account",
        moments,
    )


def _turns(turns: Turns) -> Iterator[Metric]:
    yield gauge("refdesk_consultations_in_hand", "Consultations being worked on.", turns.in_hand)
    yield gauge("refdesk_messages_waiting", "Accepted and not yet finished.", turns.waiting)
    yield gauge(
        "refdesk_oldest_message_seconds",
        "How long the oldest of them has been waiting.",
        turns.oldest_seconds(),
    )
    yield HistogramMetricFamily(
        "refdesk_answer_seconds",
        "From a message's acceptance until what came of it was stored.",
        buckets=turns.times.cumulative(),
        sum_value=turns.times.total_seconds,
    )


def _plugins(host: PluginHost) -> Iterator[Metric]:
    conditions = (((name, host.condition(name)), 1.0) for name in host.names())
    family = GaugeMetricFamily(
        "refdesk_plugin_condition", "What a plugin's state is.", labels=["plugin", "condition"]
    )
    for labels, value in conditions:
        family.add_metric(list(labels), value)
    yield family
    counted = host.statistics()
    for name, words, attribute in (
        ("refdesk_plugin_calls", "Calls of a plugin.", "calls"),
        ("refdesk_plugin_failures", "Calls that failed.", "failures"),
        ("refdesk_plugin_seconds", "Time in a plugin's calls.", "seconds"),
        ("refdesk_plugin_blocked_seconds", "Time it held up everybody.", "blocked_seconds"),
    ):
        values: list[tuple[tuple[str, ...], Any]] = [
            ((one.plugin, one.hook), getattr(one, attribute)) for one in counted
        ]
        yield counters(name, words, ["plugin", "hook"], values)
