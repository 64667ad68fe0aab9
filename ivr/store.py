"""The records: everything the hotline remembers, behind typed functions.

The queries are in ``sql/*.sql``, the rules that the database itself enforces in ``sql/migrations``.
"""

from typing import Self

from ivr.config import Settings
from ivr.records.administration import Administration
from ivr.records.agreements import Agreements
from ivr.records.calls import Calls
from ivr.records.database import Database
from ivr.records.follow_ups import FollowUps
from ivr.records.holds import Holds
from ivr.records.inspection import Inspection
from ivr.records.messages import Messages
from ivr.records.nodes import Nodes
from ivr.records.offers import Offers
from ivr.records.overview import Overviews
from ivr.records.people import People
from ivr.records.queue import Queue
from ivr.records.reports import Reports
from ivr.records.resumes import Resumes
from ivr.records.rota import Rotas
from ivr.records.settlements import Settlements
from ivr.records.talks import Talks
from ivr.records.tries import Tries


class Store(
    Calls,
    People,
    Agreements,
    Offers,
    Talks,
    Holds,
    Settlements,
    Queue,
    Reports,
    Resumes,
    Administration,
    Rotas,
    FollowUps,
    Messages,
    Nodes,
    Tries,
    Inspection,
    Overviews,
):
    """Thread-safe. Every method is one transaction (reads of several rows may be several) and either returns
    or raises StoreUnavailable within about ``settings.database_seconds``. Can be made while the database is away."""

    def __init__(self, settings: Settings) -> None:
        self._dial_prefixes = settings.dial_prefixes
        self._node = settings.node
        self._reserve_seconds = settings.reserve_minutes * 60
        self._db = Database(str(settings.database_url), seconds=settings.database_seconds, size=settings.pool_size, actor=settings.actor)

    def close(self) -> None:
        """Close every connection."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
