"""Callers whose line dropped, for the tests of the window and of the way back."""

from itertools import count

from ivr.embedded.polling import wait_until
from ivr.model.offer import Offer
from ivr.store import Store
from tests.integration.cast import talking
from tests.integration.conftest import Sql

NUMBER = "+12025550101"
_redials = count(1)


def hung_up(store: Store, incident_id: int) -> None:
    """Every leg of the caller is over."""
    for leg in store.caller_legs(incident_id):
        store.end_leg(leg, 16)


def dropped(store: Store, window: int = 900) -> Offer:
    """The caller's line went in a talk."""
    offer = talking(store)
    hung_up(store, offer.incident_id)
    assert store.suspend(offer.incident_id, window)
    return offer


def redialled(store: Store, incident_id: int, uniqueid: str | None = None) -> bool:
    return store.resume_call(
        incident_id, channel="PJSIP/carrier-2", uniqueid=uniqueid or f"redial.{next(_redials)}", caller_id=NUMBER
    )  # fmt: skip


def over(sql: Sql, incident_id: int) -> None:
    """Its window is over."""
    sql(f"UPDATE incident SET suspended_until = clock_timestamp() WHERE id = {incident_id}")


def waits_for_a_lock(sql: Sql) -> None:
    """Waits until one statement waits for what another holds."""
    assert wait_until(lambda: sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == [(1,)], 5)
