"""Who waits for whom, so that money is neither missed nor given twice."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep
from uuid import uuid4

import psycopg
import pytest

from ivr.errors import IllegalChange
from ivr.model.incident import EndReason
from ivr.store import Store
from tests.integration.cast import CHARGE, agreed, used
from tests.integration.conftest import Sql


def wait_for_blocked(sql: Sql) -> None:
    """Until some session waits for another's lock."""
    until = monotonic() + 10
    while not sql("SELECT 1 FROM pg_locks WHERE NOT granted"):
        assert monotonic() < until
        sleep(0.01)


def test_an_incident_cannot_end_past_a_hold_that_is_being_opened(store: Store, sql: Sql, database_url: str) -> None:
    """The end waits for the hold's row, so that the settlement that it queues finds it."""
    incident = agreed(store)
    with psycopg.connect(database_url) as opening, ThreadPoolExecutor(1) as threads:
        opening.execute(
            "INSERT INTO hold (id, incident_id, minutes, amount_cents, currency) VALUES (%s, %s, 15, 3750, 'USD')", (uuid4(), incident.id)
        )
        end = threads.submit(store.end_incident, incident.id, EndReason.ABANDONED)
        wait_for_blocked(sql)
        assert not end.done()
        opening.commit()
        assert end.result(5)
    assert sql("SELECT args FROM procrastinate_jobs") == [({"incident_id": incident.id},)]


def test_a_refund_waits_for_another_of_the_same_hold(store: Store, sql: Sql, database_url: str) -> None:
    """Each of two would fit alone; the second sees what the first took."""
    hold = used(store)
    store.decide(hold.incident_id, CHARGE, {hold.id: 1000}, 0)
    store.hold_captured(hold.id)
    with psycopg.connect(database_url) as first, ThreadPoolExecutor(1) as threads:
        first.execute("INSERT INTO refund (id, hold_id, cents, reason) VALUES (%s, %s, 800, 'goodwill')", (uuid4(), hold.id))
        second = threads.submit(store.open_refund, uuid4(), hold.id, 300, "goodwill")
        wait_for_blocked(sql)
        first.commit()
        with pytest.raises(IllegalChange, match="only 200 cents"):
            second.result(5)
