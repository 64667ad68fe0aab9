"""The records: everything the hotline remembers, behind typed functions.

The queries are in ``sql/*.sql``, the rules that the database itself enforces in ``sql/migrations``.
"""

from typing import Self

from ivr.config import Settings
from ivr.records.calls import Calls
from ivr.records.database import Database
from ivr.records.holds import Holds
from ivr.records.offers import Offers
from ivr.records.people import People
from ivr.records.queue import Queue
from ivr.records.reports import Reports
from ivr.records.settlements import Settlements
from ivr.records.talks import Talks


class Store(Calls, People, Offers, Talks, Holds, Settlements, Queue, Reports):
    """Thread-safe. Every method is one transaction (reads of several rows may be several) and either returns
    or raises StoreUnavailable within about ``settings.database_seconds``. Can be made while the database is away."""

    def __init__(self, settings: Settings) -> None:
        self._db = Database(str(settings.database_url), seconds=settings.database_seconds, size=settings.pool_size)

    def close(self) -> None:
        """Close every connection."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
