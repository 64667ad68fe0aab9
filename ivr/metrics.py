"""What a process counts while it works, and the port where Prometheus reads it (``docs/observe.md``). A count costs about a microsecond."""

import logging
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urlsplit

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from ivr.config import Settings

log = logging.getLogger(__name__)

ENDS: Final = ("done", "hung_up", "failed", "draining", "unknown", "refused")
SCRIPTS: Final = Counter("ivr_agi_scripts", f"Scripts that are over; end: {', '.join(ENDS)}", ["script", "end"])
SETUP_SECONDS: Final = Histogram(
    "ivr_call_setup_seconds",
    "From Asterisk's connection until the caller's first sound",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
PROMPTS_MISSING: Final = Counter("ivr_prompts_missing", "Prompts that Asterisk could not play; the log names them")
STRIPE_SECONDS: Final = Histogram(
    "ivr_stripe_request_seconds", "One request to Stripe, answered or not", ["operation"], buckets=(0.1, 0.25, 0.5, 1, 2, 4, 8)
)
STRIPE_ERRORS: Final = Counter(
    "ivr_stripe_errors", "Requests without a useful answer; kind: no_answer, 429, 4xx, 5xx", ["operation", "kind"]
)
JOBS: Final = Counter("ivr_jobs_run", "Jobs that this worker ran; end: done, failed (tried again, perhaps)", ["task", "end"])


def listen(given: Settings, port: int, setting: str) -> None:
    """Serve the metrics of this process; 0 is no port. One that is taken costs the metrics, never the calls."""
    if not port:
        return
    try:
        start_http_server(port, addr=given.metrics_host)
    except OSError as error:
        log.error("no metrics: %s:%d can't be listened on (%s); set %s to a free port", given.metrics_host, port, error.strerror, setting)


def watch(
    *, connected: Callable[[], bool], talks: Callable[[], int], running: Callable[[], int], registry: CollectorRegistry = REGISTRY
) -> None:
    """What is asked of ``serve`` when its metrics are read. No other process has these: a 0 there would be an alarm."""
    manager = Gauge("ivr_manager_connected", "Whether serve is logged in to Asterisk's manager", registry=registry)
    manager.set_function(lambda: float(connected()))
    Gauge("ivr_talks", "Talks that this serve meters now", registry=registry).set_function(lambda: float(talks()))
    Gauge("ivr_agi_scripts_running", "Scripts that run now", registry=registry).set_function(lambda: float(running()))


def expect(scripts: Iterable[str]) -> None:
    """Their ends are told as 0 from the beginning: an alert sees only what changes."""
    for script in (*scripts, "?"):
        for end in ENDS:
            SCRIPTS.labels(script, end)


def stripe_request(method: str, url: str, seconds: float, status: int | None) -> None:
    """A request is over; ``status`` None: no answer. A card that is declined (402) is an answer like any."""
    operation = operation_of(method, url)
    STRIPE_SECONDS.labels(operation).observe(seconds)
    if kind := _kind(status):
        STRIPE_ERRORS.labels(operation, kind).inc()


def operation_of(method: str, url: str) -> str:
    """``POST payment_intents/confirm``: the kind of request, without the ids in its address."""
    _, _, *parts = urlsplit(url).path.split("/")
    return f"{method} {'/'.join(parts[:1] + parts[2:3])}"


def _kind(status: int | None) -> str:
    if status is None:
        return "no_answer"
    if status == 429:
        return "429"
    return "5xx" if status >= 500 else "4xx" if status >= 400 and status != 402 else ""
