"""One customer's agreement as the tests of minutes use it."""

from datetime import timedelta
from typing import Final

from ivr.model.incident import EndReason
from ivr.model.offer import Offer
from ivr.store import Store
from tests.integration.cast import COVERED, accepted, called
from tests.integration.conftest import Sql

AGREEMENT: Final = 1
"""Customer COVERED's: 60 minutes."""


def left(store: Store, customer: int = COVERED) -> int | None:
    coverage = store.coverage(customer)
    assert coverage is not None
    return coverage.seconds_left


def talked(store: Store, incident_id: int, seconds: float, reason: EndReason | None = EndReason.RESOLVED) -> Offer:
    """An engineer accepts, they talk, and it is over, unless there is no ``reason``."""
    offer = accepted(store, incident_id)
    store.talk_ended(store.talk_began(offer.uniqueid, "c.1", "bridge", 1.0), seconds)
    if reason is not None:
        store.end_incident(incident_id, reason)
    return offer


def used_before(sql: Sql, store: Store, minutes: int, ago: timedelta) -> None:
    """A call that used these minutes so long ago."""
    incident = called(store)
    sql(
        "INSERT INTO minute_reservation (incident_id, agreement_id, seconds, at) VALUES (%s, %s, %s, now() - %s)",
        incident.id, AGREEMENT, minutes * 60, ago,
    )  # fmt: skip
    talked(store, incident.id, minutes * 60)
