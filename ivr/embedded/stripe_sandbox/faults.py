"""Faults on demand: what a network, or Stripe on a bad day, does to a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

KINDS: Final = ("delay", "delay_after", "500", "500_after", "429", "cut_before", "cut_after")


@dataclass
class Fault:
    """``kind`` for the next ``times`` requests whose method and path fit (``fnmatch``; ``*`` is every method)."""

    method: str
    path: str
    kind: str
    seconds: float
    times: int

    def fits(self, method: str, path: str) -> bool:
        """Whether this request is struck."""
        return self.times > 0 and self.method in ("*", method) and fnmatchcase(path, self.path)


class Faults:
    """Those that are still to strike, in the order given."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, given: Mapping[str, Any]) -> None:
        """Raises ``ValueError`` for what is no fault."""
        fault = Fault(
            str(given.get("method", "*")), str(given.get("path", "*")), str(given.get("kind")),
            float(given.get("seconds", 0)), int(given.get("times", 1)),
        )  # fmt: skip
        if fault.kind not in KINDS or fault.seconds < 0 or fault.times < 1:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}; seconds at least 0, times at least 1")
        self._waiting.append(fault)

    def clear(self) -> None:
        """None any more."""
        self._waiting.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this request, counted down."""
        found = next((fault for fault in self._waiting if fault.fits(method, path)), None)
        if found is not None:
            found.times -= 1
            self._waiting = [fault for fault in self._waiting if fault.times > 0]
        return found
