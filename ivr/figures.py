"""The records' figures for whoever asks often: read once in a while, within the records' deadline, by one thread at a time."""

import logging
from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Final

from ivr.errors import HotlineError
from ivr.records.overview import Figures

log = logging.getLogger(__name__)

FRESH_SECONDS: Final = 10.0
"""So old the figures may be, and so long nobody asks again when there are none."""


class CachedFigures:
    """Thread-safe. ``read`` is :meth:`ivr.store.Store.overview`."""

    def __init__(self, read: Callable[[], Figures], fresh: float = FRESH_SECONDS) -> None:
        self._read = read
        self._fresh = fresh
        self._lock = Lock()
        self._until = 0.0
        self._found: Figures | None = None

    def now(self) -> Figures | None:
        """The figures of the last seconds; None when the records do not give them."""
        with self._lock:
            if monotonic() >= self._until:
                self._found = self._look()
                self._until = monotonic() + self._fresh
            return self._found

    def _look(self) -> Figures | None:
        try:
            return self._read()
        except HotlineError as away:
            log.warning("there are no figures: %s", away)
            return None
