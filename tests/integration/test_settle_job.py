"""The job that settles: queued by the database in the transaction that ends the incident."""

import asyncio
from collections.abc import Callable

import psycopg
import pytest
from procrastinate import App, PsycopgConnector

from ivr.model.incident import Cover, EndReason
from ivr.store import Store
from tests.integration.cast import agreed, called, card_sent, covered, held, hold_opened
from tests.integration.conftest import Sql


def covered_as(cover: Cover) -> Callable[[Store], int]:
    """Makes an incident with this cover and no hold."""

    def make(store: Store) -> int:
        incident = agreed(store)
        store.covered(incident.id, cover)
        return incident.id

    return make


def by_agreement(store: Store) -> int:
    """An incident whose minutes are reserved."""
    incident = agreed(store)
    assert covered(store, incident.id)
    return incident.id


WITH_MONEY: dict[str, Callable[[Store], int]] = {
    "held": lambda store: held(store).incident_id,
    "only the row": lambda store: hold_opened(store).incident_id,
    "a card under way": lambda store: card_sent(store).incident_id,
    "unpaid": covered_as(Cover.UNPAID),
}
WITHOUT: dict[str, Callable[[Store], int]] = {
    "nothing decided": lambda store: called(store).id,
    "agreement": by_agreement,
    "trunks": covered_as(Cover.TRUNKS),
}


@pytest.mark.parametrize("make", WITH_MONEY.values(), ids=WITH_MONEY)
def test_the_end_queues_one_settlement(store: Store, sql: Sql, make: Callable[[Store], int]) -> None:
    """However often it is ended and touched afterwards."""
    incident_id = make(store)
    for _ in range(2):
        store.end_incident(incident_id, EndReason.ABANDONED)
    store.note(incident_id, "key")
    sql("UPDATE incident SET price_ms = 1")
    found = sql("SELECT task_name, queue_name, lock, queueing_lock, args, status::text FROM procrastinate_jobs")
    assert found == [("ivr:settle", "default", None, None, {"incident_id": incident_id}, "todo")]


@pytest.mark.parametrize("make", WITHOUT.values(), ids=WITHOUT)
def test_where_no_money_is_nothing_is_queued(store: Store, sql: Sql, make: Callable[[Store], int]) -> None:
    """Most calls cost the worker nothing."""
    store.end_incident(make(store), EndReason.ABANDONED)
    assert sql("SELECT 1 FROM procrastinate_jobs") == []


def test_an_end_that_is_taken_back_takes_the_job_with_it(store: Store, sql: Sql, database_url: str) -> None:
    """Both or neither."""
    incident_id = held(store).incident_id
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE incident SET status = 'ended', reason = 'abandoned' WHERE id = %s", (incident_id,))
        assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (1,)
        connection.rollback()
    assert sql("SELECT 1 FROM procrastinate_jobs") == []


def test_the_worker_runs_the_job(store: Store, sql: Sql, database_url: str) -> None:
    """procrastinate as installed takes the job that our trigger wrote, with its argument."""
    incident_id = held(store).incident_id
    store.end_incident(incident_id, EndReason.ABANDONED)
    app = App(connector=PsycopgConnector(conninfo=database_url, min_size=1, max_size=3))
    settled: list[int] = []

    @app.task(name="ivr:settle")
    def settle(incident_id: int) -> None:
        settled.append(incident_id)

    async def work() -> None:
        async with app.open_async():
            await app.run_worker_async(wait=False, install_signal_handlers=False)

    asyncio.run(work())
    assert settled == [incident_id]
    assert sql("SELECT status::text FROM procrastinate_jobs") == [("succeeded",)]
