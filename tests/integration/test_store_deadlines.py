"""Whatever happens to PostgreSQL, a caller's step waits no longer than the deadline, and the store recovers alone."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import psycopg
import pytest

from ivr.config import Settings
from ivr.errors import StoreUnavailable
from ivr.model.incident import EndReason
from ivr.store import Store
from tests.integration.cast import called, connecting, kinds
from tests.integration.conftest import Sql
from tests.integration.postgres_server import PostgresServer

DEADLINE = 0.5
MOST = 2.0
"""Seconds: the deadline, and time for a busy machine."""


@pytest.fixture
def hasty(settings: Settings) -> Iterator[Store]:
    """A store with a short deadline and a small pool, already connected."""
    with Store(settings.model_copy(update={"database_seconds": DEADLINE, "pool_size": 3})) as store:
        store.ping()
        yield store


@pytest.fixture
def frozen(server: PostgresServer) -> Iterator[Callable[[], None]]:
    """Freezes the server when called; it goes on after the test."""
    yield server.freeze
    server.thaw()


def refused_in_time(act: Callable[[], object]) -> float:
    """Seconds until ``act`` raised StoreUnavailable."""
    began = monotonic()
    with pytest.raises(StoreUnavailable):
        act()
    waited = monotonic() - began
    assert waited < MOST
    return waited


def works_again(store: Store, within: float = 10.0) -> None:
    """The store answers again by itself."""
    until = monotonic() + within
    while True:
        try:
            return store.ping()
        except StoreUnavailable:
            if monotonic() > until:
                raise


def test_a_stopped_server_costs_only_the_deadline(hasty: Store, server: PostgresServer, frozen: Callable[[], None]) -> None:
    """SIGSTOP: connections stay up and nothing answers. Every call ends in time, also many at once; then it recovers."""
    frozen()
    refused_in_time(hasty.ping)
    refused_in_time(lambda: called(hasty))
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(lambda _: refused_in_time(hasty.current_rate), range(12)))
    server.thaw()
    works_again(hasty)


def test_a_killed_server_costs_only_the_deadline(hasty: Store, server: PostgresServer) -> None:
    """Down: refused in time, without an endless wait for the pool. Up again: the very next seconds work."""
    server.stop()
    try:
        for _ in range(3):
            refused_in_time(hasty.ping)
    finally:
        server.start()
    works_again(hasty)


def test_a_restart_between_two_calls_is_not_noticed(settings: Settings, server: PostgresServer) -> None:
    """Every pooled connection is dead; the next call finds that out without failing."""
    with Store(settings) as store:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda _: store.ping(), range(40)))
        server.stop()
        server.start()
        assert store.levels()


def test_a_connection_lost_in_mid_statement_is_tried_once_more(store: Store, sql: Sql, database_url: str) -> None:
    """A fail-over while a statement runs: done exactly once, nothing doubled."""
    incident = connecting(store)
    with psycopg.connect(database_url) as blocker, ThreadPoolExecutor(1) as threads:
        blocker.execute("SELECT FROM incident FOR UPDATE")
        ending = threads.submit(store.end_incident, incident.id, EndReason.ABANDONED)
        waiting = (
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'ivr' AND wait_event_type = 'Lock' AND datname = current_database()"
        )
        while not (pids := sql(waiting)):
            sleep(0.005)
        sql("SELECT pg_terminate_backend(%s)", pids[0][0])
        blocker.rollback()
        assert ending.result(5) is True
    assert kinds(store, incident.id).count("ended") == 1


def test_a_repeated_note_or_offer_is_written_once(store: Store, sql: Sql, database_url: str) -> None:
    """The client's own key makes even inserts safe to repeat after a lost answer."""
    incident = connecting(store)
    key = "00000000-0000-0000-0000-000000000001"
    for _ in range(2):
        store._db.rows("note", incident_id=incident.id, kind="key", detail={}, request=key)
        store._db.rows("make_offer", incident_id=incident.id, engineer_id=1, failsafe=None, phone="+1", request=key)
    assert kinds(store, incident.id).count("key") == 1
    assert sql("SELECT count(*) FROM offer") == [(1,)]


def test_a_slow_statement_ends_at_the_deadline(hasty: Store, sql: Sql, database_url: str) -> None:
    """A row locked by somebody else: refused in time, and nothing is left running."""
    incident = called(hasty)
    with psycopg.connect(database_url) as blocker:
        blocker.execute("SELECT FROM incident FOR UPDATE")
        assert refused_in_time(lambda: hasty.connecting(incident.id)) > DEADLINE * 0.8
    hasty.connecting(incident.id)
    assert sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ivr' AND state LIKE 'idle in%'") == [(0,)]


def test_an_exhausted_pool_fails_fast(hasty: Store, sql: Sql, database_url: str) -> None:
    """More callers than connections, all of which hang: the others are refused at their deadline, not in 30 s."""
    incident = called(hasty)
    with psycopg.connect(database_url) as blocker, ThreadPoolExecutor(9) as threads:
        blocker.execute("SELECT FROM incident FOR UPDATE")
        list(threads.map(lambda _: refused_in_time(lambda: hasty.connecting(incident.id)), range(9)))
    works_again(hasty)


def test_the_store_opens_while_the_database_is_away(settings: Settings, server: PostgresServer) -> None:
    """``ivr serve`` starts on a day when the database does not; it finds the database when it comes."""
    server.stop()
    try:
        store = Store(settings)
        refused_in_time(store.ping)
    finally:
        server.start()
    with store:
        works_again(store)
