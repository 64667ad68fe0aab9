"""The whole hotline in figures."""

from collections.abc import Sequence
from typing import Final

from ivr.records.database import Database, Row

Figures = dict[str, dict[str, float]]
"""By what they count, then by which of them; "" where there is but one."""

TO_ENGINEER: Final = (10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0)
"""Seconds from the 9 to the engineer by which incidents are counted."""


class Overviews:
    """All methods raise StoreUnavailable."""

    _db: Database

    def overview(self, buckets: Sequence[float] = TO_ENGINEER) -> Figures:
        """Counts over all incidents, so its cost grows with them: never on the way of a call (``ivr/figures.py``)."""
        return _figures(self._db.rows("overview", buckets=list(buckets))) | self.queue_now()

    def queue_now(self) -> Figures:
        """Of these the worker and its jobs, which cost little."""
        return _figures(self._db.rows("queue_now"))


def _figures(rows: list[Row]) -> Figures:
    found: Figures = {}
    for row in rows:
        found.setdefault(row["what"], {})[row["which"]] = row["value"]
    return found
