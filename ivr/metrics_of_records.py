"""The records' figures and the node's health for Prometheus, asked when it reads: in the console, never beside a call."""

from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from ivr.figures import CachedFigures
from ivr.health import Health, Status
from ivr.model.incident import EndReason, IncidentStatus
from ivr.model.offer import OfferEnd
from ivr.records.overview import Figures

COUNTERS: Final = {
    "ended": ("ivr_incidents_ended", "reason", "Incidents that are over, by their ending"),
    "offers": ("ivr_offers_ended", "end", "Offers to engineers, by how they ended"),
    "captures_failed": ("ivr_captures_failed", "", "Holds that had lapsed at Stripe when they were to be captured"),
}
GAUGES: Final = {
    "open": ("ivr_incidents_open", "status", "Incidents that are not over"),
    "holds": ("ivr_holds", "age", "Holds that are neither captured nor released"),
    "held_cents": ("ivr_held_cents", "currency", "What these hold"),
    "holds_late": ("ivr_holds_late", "", "Of these, whose incident ended over ten minutes ago"),
    "debts": ("ivr_debts", "reason", "Debts that are not settled"),
    "messages_unheard": ("ivr_messages_unheard", "", "Messages of callers that nobody has heard"),
    "jobs": ("ivr_jobs", "status", "Jobs in the queue"),
    "jobs_late": ("ivr_jobs_late", "", "Jobs that have been due for over a minute"),
    "jobs_late_seconds": ("ivr_jobs_late_seconds", "", "How long the latest of them has been due"),
    "workers": ("ivr_workers", "", "Workers that were alive in the last 30 seconds"),
}
_ALWAYS: Final = {
    "ended": tuple(EndReason),
    "offers": tuple(OfferEnd),
    "open": tuple(status for status in IncidentStatus if status is not IncidentStatus.ENDED),
    "holds": ("under_1h", "under_1d", "under_4d", "over_4d"),
    "jobs": ("todo", "doing", "failed"),
}
"""Written as 0 when there are none: an alert sees only what changes."""


class RecordsCollector(Collector):
    """What stands in the records. While they are away it says only that."""

    def __init__(self, figures: CachedFigures) -> None:
        self._figures = figures

    def describe(self) -> list[Metric]:
        """Nothing yet: the records need not be there when the process starts."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every figure, not older than :data:`ivr.figures.FRESH_SECONDS`."""
        found = self._figures.now()
        yield GaugeMetricFamily("ivr_records_up", "Whether the records gave their figures", 0.0 if found is None else 1.0)
        if found is None:
            return
        for what, (name, label, text) in COUNTERS.items():
            yield _filled(CounterMetricFamily(name, text, labels=[label] if label else None), _values(found, what), label)
        for what, (name, label, text) in GAUGES.items():
            yield _filled(GaugeMetricFamily(name, text, labels=[label] if label else None), _values(found, what), label)
        yield _to_engineer(found)


class HealthCollector(Collector):
    """The same look as ``/health``."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def describe(self) -> list[Metric]:
        """Nothing yet."""
        return []

    def collect(self) -> Iterator[Metric]:
        """One look."""
        report = self._health.look()
        family = GaugeMetricFamily("ivr_part_ok", "Whether this part is as it should be", labels=["part"])
        for name, part in report.parts.items():
            family.add_metric([name], float(part.status is Status.OK))
        yield family
        yield GaugeMetricFamily("ivr_down", "Whether a call could not be answered here", float(report.status is Status.DOWN))


def register(figures: CachedFigures, health: Health, registry: CollectorRegistry = REGISTRY) -> None:
    """Told from now on wherever the metrics of this process are read."""
    registry.register(RecordsCollector(figures))
    registry.register(HealthCollector(health))


def _values(found: Figures, what: str) -> dict[str, float]:
    return {str(which): 0.0 for which in _ALWAYS.get(what, ())} | found.get(what, {})


def _filled(family: CounterMetricFamily | GaugeMetricFamily, values: Mapping[str, float], label: str) -> Metric:
    if label:
        for which, value in sorted(values.items()):
            family.add_metric([which], value)
    else:
        family.add_metric([], values.get("", 0.0))
    return family


def _to_engineer(found: Figures) -> Metric:
    counted = found["to_engineer"]
    buckets = [(bound, counted[bound]) for bound in sorted(counted, key=float)]
    seconds = found["to_engineer_seconds"][""]
    text = "From the 9 until caller and engineer hear each other, for incidents that had an engineer"
    return HistogramMetricFamily("ivr_seconds_to_engineer", text, buckets=buckets, sum_value=seconds)
