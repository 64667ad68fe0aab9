"""Whether an emergency is answered here, and what is wrong all the same. Degraded is not down: the callers still reach a human."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from functools import partial
from threading import Lock
from time import monotonic
from typing import Final

from ivr import health_parts
from ivr.config import Settings
from ivr.health_parts import Part, Status, StripeWatch
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway

__all__ = ["Health", "Part", "Report", "Status"]

FRESH_SECONDS: Final = 1.0
LONGEST: Final = 4.0
"""Seconds that a look may take in all."""


@dataclass(frozen=True, slots=True)
class Report:
    """The worst of the parts, and why."""

    parts: dict[str, Part]

    @property
    def status(self) -> Status:
        """What a load balancer wants to know."""
        found = {part.status for part in self.parts.values()}
        return next((status for status in (Status.DOWN, Status.DEGRADED) if status in found), Status.OK)

    @property
    def reasons(self) -> list[str]:
        """What is not as it should be."""
        return [f"{name}: {part.detail}" for name, part in self.parts.items() if part.status is not Status.OK]

    def as_data(self) -> dict[str, object]:
        """For a program."""
        return {"status": self.status, "reasons": self.reasons, "parts": {name: part._asdict() for name, part in self.parts.items()}}


class Health:
    """Thread-safe. Looks at all parts at once, so that one that hangs never hides another."""

    def __init__(self, settings: Settings, store: Store, stripe: StripeGateway) -> None:
        self._parts: dict[str, Callable[[], Part]] = {
            "asterisk": partial(health_parts.asterisk, settings),
            "serve": partial(health_parts.serves, settings),
            "records": partial(health_parts.records, settings, store),
            "worker": partial(health_parts.worker, store),
            "stripe": StripeWatch(settings, stripe).part,
        }
        self._threads = ThreadPoolExecutor(2 * len(self._parts), "health")
        self._lock = Lock()
        self._last: tuple[float, Report] | None = None

    def look(self) -> Report:
        """How it is, or was a second ago; takes :data:`LONGEST` seconds at most. Never raises."""
        with self._lock:  # however many ask, the parts are asked once
            if self._last is None or monotonic() > self._last[0] + FRESH_SECONDS:
                report = self._look()
                self._last = monotonic(), report
            return self._last[1]

    def close(self) -> None:
        """No more looks."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _look(self) -> Report:
        until = monotonic() + LONGEST
        asked = {name: self._threads.submit(part) for name, part in self._parts.items()}
        return Report({name: _in_time(future, until) for name, future in asked.items()})


def _in_time(future: Future[Part], until: float) -> Part:
    try:
        return future.result(max(0.0, until - monotonic()))
    except Late:
        return Part(Status.DEGRADED, "could not be looked at in time")
    except Exception as error:  # whatever it is: the other parts are told all the same
        return Part(Status.DEGRADED, f"the look itself failed: {type(error).__name__}")
