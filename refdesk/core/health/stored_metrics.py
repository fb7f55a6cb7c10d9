"""Which figures come from the database: what waits for staff, a platform, another system?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily, Metric

from refdesk.core.consultations import State
from refdesk.core.outbox.channel_watch import Alert
from refdesk.core.outbox.statistics import SendingStatistics


@dataclass(frozen=True, slots=True, eq=False)  # a collector is told apart by identity
class StoredFigures:
    """Read a moment ago. `effects_in_trouble` is a number of external effects."""

    consultations: Mapping[State, int]
    sending: Sequence[SendingStatistics]
    alerts: Sequence[Alert]
    effects_in_trouble: int

    def collect(self) -> Iterator[Metric]:
        """Give them to Prometheus."""
        yield _by(
            "refdesk_consultations",
            "Consultations that are not wrapped up.",
            "state",
            ((state.value, float(number)) for state, number in self.consultations.items()),
        )
        yield from self._sending()
        yield _by(
            "refdesk_channel_in_trouble",
            "1 for each channel that needs somebody; the desk says why.",
            "account",
            ((alert.account, 1.0) for alert in self.alerts),
        )
        words = "External effects that staff have to look at (at most 1,000 are counted)."
        family = GaugeMetricFamily("refdesk_effects_in_trouble", words)
        family.add_metric([], self.effects_in_trouble)
        yield family

    def _sending(self) -> Iterator[Metric]:
        for name, words, attribute in (
            ("queued", "Messages waiting to be sent.", "queued"),
            ("oldest_seconds", "How long the oldest of them has been waiting.", "oldest_age"),
            ("failed", "Messages given up, for staff to see.", "failed"),
            ("unknown", "Messages that may or may not have arrived, for staff.", "unknown"),
        ):
            values = ((one.account, float(getattr(one, attribute))) for one in self.sending)
            yield _by(f"refdesk_outbox_{name}", words, "account", values)
        yield _by(
            "refdesk_outbox_sent",
            "Payloads that got through since the start.",
            "account",
            ((one.account, float(one.sent)) for one in self.sending),
        )
        yield _by(
            "refdesk_outbox_last_success_timestamp_seconds",
            "When one last got through.",
            "account",
            ((one.account, one.last_success) for one in self.sending if one.last_success),
        )


def _by(name: str, words: str, label: str, values: Iterator[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for thing, value in values:
        family.add_metric([thing], value)
    return family
