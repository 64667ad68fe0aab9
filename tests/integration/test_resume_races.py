"""Who is first when two want the same suspended incident, and whatever happens in whatever order."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.errors import IllegalChange
from ivr.model.incident import EndReason, IncidentStatus
from ivr.node_jobs import sweep_once
from ivr.store import Store
from tests.integration.cast import kinds, rungs, talking
from tests.integration.conftest import Sql
from tests.integration.suspended import dropped, hung_up, over, redialled, waits_for_a_lock


def test_late_news_of_a_hang_up_that_waits_for_the_one_who_comes_back(store: Store, sql: Sql, database_url: str) -> None:
    """The other serve on the node hears of the old leg in the very moment of the redial: it sees the new leg, and touches nothing."""
    offer = dropped(store)
    with psycopg.connect(database_url) as first, ThreadPoolExecutor(1) as threads:
        first.execute(f"UPDATE incident SET status = 'connecting', accepted_offer_id = NULL WHERE id = {offer.incident_id}".encode())
        first.execute(
            "INSERT INTO leg (uniqueid, channel, role, incident_id, call_id)"
            f" SELECT 'back.1', 'PJSIP/carrier-2', 'caller', incident_id, id FROM call WHERE incident_id = {offer.incident_id}".encode()
        )
        late = threads.submit(store.suspend, offer.incident_id, 900)
        waits_for_a_lock(sql)
        first.commit()
        assert late.result(5)
    assert store.incident(offer.incident_id).status is IncidentStatus.CONNECTING


def test_of_two_redials_at_once_one_comes_back(store: Store, sql: Sql) -> None:
    """Ten try; the others begin a new incident."""
    offer = dropped(store)
    with ThreadPoolExecutor(10) as threads:
        won = list(threads.map(lambda _: redialled(store, offer.incident_id), range(10)))
    assert sorted(won) == [False] * 9 + [True]
    assert sql("SELECT count(*) FROM leg WHERE role = 'caller' AND ended_at IS NULL") == [(1,)]


HAPPENS_FIRST = {
    "the window's end": ("status = 'ended', reason = 'caller_stopped'", EndReason.CALLER_STOPPED),
    "another redial": ("status = 'connecting', accepted_offer_id = NULL", None),
    "the clock": ("suspended_until = clock_timestamp()", EndReason.CALLER_STOPPED),
}


@pytest.mark.parametrize(("change", "reason"), HAPPENS_FIRST.values(), ids=HAPPENS_FIRST)
def test_a_redial_that_comes_second(store: Store, sql: Sql, database_url: str, change: str, reason: EndReason | None) -> None:
    """It asked in time, and waits for the row while the other is first: it loses cleanly, whoever that was."""
    offer = dropped(store)
    with psycopg.connect(database_url) as first, ThreadPoolExecutor(2) as threads:
        first.execute(f"UPDATE incident SET {change} WHERE id = {offer.incident_id}".encode())
        back = threads.submit(redialled, store, offer.incident_id)
        waits_for_a_lock(sql)
        first.commit()
        assert not back.result(5)
    store.end_windows()
    assert store.incident(offer.incident_id).reason is reason
    assert kinds(store, offer.incident_id).count("call_began") == 1


def test_the_windows_end_that_comes_second(store: Store, sql: Sql, database_url: str) -> None:
    """The window was over when it looked, but a redial of the last moment holds the row: the incident goes on."""
    offer = dropped(store)
    over(sql, offer.incident_id)
    with psycopg.connect(database_url) as first, ThreadPoolExecutor(2) as threads:
        first.execute(f"UPDATE incident SET status = 'connecting', accepted_offer_id = NULL WHERE id = {offer.incident_id}".encode())
        ended = threads.submit(store.end_windows)
        waits_for_a_lock(sql)
        first.commit()
        assert ended.result(5) == []
    assert store.incident(offer.incident_id).status is IncidentStatus.CONNECTING


MOVES = st.lists(st.sampled_from(["hang up", "redial", "wrong code", "window", "accept", "lose", "key", "sweep"]), max_size=14)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_whatever_happens_in_whatever_order(store: Store, sql: Sql, moves: list[str]) -> None:
    """At most one leg of the caller is up, suspended means none is, and each way ends."""
    incident_id = talking(store).incident_id
    for move in moves:
        _moved(store, sql, incident_id, move)
        legs, now = store.caller_legs(incident_id), store.incident(incident_id)
        assert len(legs) <= 1
        assert now.status is not IncidentStatus.SUSPENDED or not legs
        assert (now.suspended_until is not None) == (now.status is IncidentStatus.SUSPENDED)
        assert now.status is not IncidentStatus.TALKING or store.accepted_offer(incident_id) is not None
    for last in ("hang up", "window"):
        _moved(store, sql, incident_id, last)
    assert store.incident(incident_id).status is IncidentStatus.ENDED
    assert kinds(store, incident_id).count("ended") == 1


def _moved(store: Store, sql: Sql, incident_id: int, move: str) -> None:
    try:
        match move:
            case "hang up":
                hung_up(store, incident_id)
                if not store.suspend(incident_id, 900) and (pressed := store.ending(incident_id)) is not None:
                    store.end_incident(incident_id, pressed)
            case "redial":
                redialled(store, incident_id)
            case "wrong code":
                assert not store.code_fits(incident_id, "none")
            case "window":
                sql(f"UPDATE incident SET suspended_until = clock_timestamp() WHERE id = {incident_id} AND status = 'suspended'")
                store.end_windows()
            case "accept":
                store.accept(store.make_offer(incident_id, rungs(store)[0]).id, "PJSIP/ann-2")
            case "lose":
                store.engineer_lost(incident_id)
            case "key":
                if (offer := store.last_accepted(incident_id)) is not None:
                    store.set_ending(incident_id, offer.id, EndReason.RESOLVED)
            case "sweep":
                sweep_once(store, frozenset(store.caller_legs(incident_id)), 900)
    except IllegalChange:
        pass  # too late, and said so
