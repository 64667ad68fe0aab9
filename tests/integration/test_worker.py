"""The worker settles what the records queued, and tries again what came too early or found somebody away."""

import asyncio
from datetime import UTC, datetime

import pytest
from procrastinate.jobs import Job

from ivr import jobs, worker
from ivr.config import Settings
from ivr.errors import NotYet, StoreUnavailable, StripeRefused, StripeUnavailable
from ivr.model.incident import EndReason
from ivr.model.money import HoldStatus
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.conftest import Sql
from tests.integration.paying import accept, prepaid, statuses, talked


def test_the_worker_settles_what_an_ending_queued(store: Store, paying: Settings, gateway: StripeGateway) -> None:
    """Nothing but the statement that ends the incident is needed."""
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, 1000.0)
    asyncio.run(worker.work(paying, wait=False))
    assert statuses(store, hold.incident_id) == [HoldStatus.CAPTURED]


def test_a_settlement_that_comes_too_early_comes_again(store: Store, paying: Settings, gateway: StripeGateway, sql: Sql) -> None:
    """While the meter counts the job waits for two seconds at a time; then it is done and gone."""
    hold = prepaid(store, gateway)
    engineer = accept(store, hold.incident_id)
    talk = store.talk_began(engineer, "c", "b", 1.0)
    store.end_incident(hold.incident_id, EndReason.RESOLVED)
    asyncio.run(worker.work(paying, wait=False))
    [(status, attempts, soon)] = sql(
        "SELECT status::text, attempts, scheduled_at - now() < '2 s' FROM procrastinate_jobs WHERE task_name = 'ivr:settle'"
    )
    assert (status, attempts, soon) == ("todo", 1, True)
    store.talk_ended(talk, 1000.0)
    sql("UPDATE procrastinate_jobs SET scheduled_at = now()")
    asyncio.run(worker.work(paying, wait=False))
    assert statuses(store, hold.incident_id) == [HoldStatus.CAPTURED]
    assert sql("SELECT 1 FROM procrastinate_jobs WHERE task_name = 'ivr:settle'") == []


@pytest.mark.parametrize(
    ("error", "attempts", "seconds"),
    [
        (NotYet(), 0, 2), (NotYet(), 30, 2), (StripeUnavailable(), 0, 2), (StoreUnavailable(), 3, 16), (StripeUnavailable(), 40, 300),
        (StripeUnavailable(), 50, None), (StripeRefused(), 0, None), (ValueError(), 0, None),
    ],
)  # fmt: skip
def test_how_long_a_job_waits(error: Exception, attempts: int, seconds: int | None) -> None:
    """Ever longer for what is away, never for what was refused or is our own mistake."""
    job = Job(id=1, status="doing", queue="default", lock=None, queueing_lock=None, task_name="ivr:settle", attempts=attempts)
    decision = jobs.Patience().get_retry_decision(exception=error, job=job)
    if seconds is None:
        assert decision is None
    else:
        assert decision is not None
        assert decision.retry_at is not None
        assert (decision.retry_at - datetime.now(UTC)).total_seconds() == pytest.approx(seconds, abs=1)


def test_the_same_job_does_not_pile_up(store: Store, sql: Sql) -> None:
    """The reconciler may queue each minute: one waiting job is enough."""
    for number in (1, 1, 2, 1):
        store.defer("settle", incident_id=number)
    assert sql("SELECT args FROM procrastinate_jobs ORDER BY id") == [({"incident_id": 1},), ({"incident_id": 2},)]
