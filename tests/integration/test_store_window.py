"""Suspended incidents on real rows: how long they wait, who has no window, and as what they end."""

from collections.abc import Callable

import pytest

from ivr.model.incident import EndReason, IncidentStatus
from ivr.node_jobs import sweep_once
from ivr.store import Store
from tests.integration.cast import connecting, kinds, offered, rungs, talking
from tests.integration.conftest import Sql
from tests.integration.suspended import NUMBER, dropped, hung_up, over, redialled


def test_the_window_counts_from_the_end_of_the_last_leg(store: Store, sql: Sql) -> None:
    """Whenever the news of it came. The end is queued for that moment in the same transaction."""
    offer = dropped(store)
    [(wait, job, job_wait)] = sql(
        "SELECT extract(epoch FROM suspended_until - max(l.ended_at)), max(j.args::text),"
        " max(extract(epoch FROM j.scheduled_at - l.ended_at))"
        " FROM incident i JOIN leg l ON l.incident_id = i.id AND l.role = 'caller', procrastinate_jobs j"
        " WHERE j.task_name = 'ivr:end_window' GROUP BY i.id"
    )
    assert (float(wait), job, float(job_wait)) == (900, f'{{"incident_id": {offer.incident_id}}}', 900)
    assert kinds(store, offer.incident_id)[-1] == "suspended"
    assert store.suspend(offer.incident_id, 5)  # again: nothing moves
    assert sql("SELECT count(*) FROM procrastinate_jobs") == [(1,)]


def test_a_caller_with_another_leg_is_not_suspended(store: Store) -> None:
    """Nor ended; and a second call while the first is up is asked nothing."""
    offer = talking(store)
    assert store.suspend(offer.incident_id, 900)
    assert store.incident(offer.incident_id).status is IncidentStatus.TALKING
    assert store.suspended_calls("new.1", NUMBER) == []


def test_who_had_no_engineer_is_not_suspended(store: Store) -> None:
    """Nor what is over."""
    incident = connecting(store)
    hung_up(store, incident.id)
    assert not store.suspend(incident.id, 900)
    store.end_incident(incident.id, EndReason.ABANDONED)
    assert not store.suspend(incident.id, 900)


def test_after_the_window_nobody_comes_back(store: Store, sql: Sql) -> None:
    """Also before anybody has ended it."""
    offer = dropped(store)
    assert store.suspended_calls("new.1", NUMBER)
    over(sql, offer.incident_id)
    assert store.suspended_calls("new.1", NUMBER) == []
    assert not redialled(store, offer.incident_id)
    assert store.end_windows(offer.incident_id) == [offer.incident_id]
    assert store.incident(offer.incident_id).reason is EndReason.CALLER_STOPPED
    assert kinds(store, offer.incident_id)[-1] == "ended"


def test_a_window_that_is_not_over_ends_nothing(store: Store) -> None:
    """The job of an earlier suspension comes too early for the next one."""
    offer = dropped(store)
    assert store.end_windows(offer.incident_id) == []
    assert store.end_windows() == []
    assert redialled(store, offer.incident_id)
    assert store.end_windows(offer.incident_id) == []
    assert store.incident(offer.incident_id).status is IncidentStatus.CONNECTING


@pytest.mark.parametrize(("dropped_engineer", "reason"), [(True, EndReason.ENGINEER_LOST), (False, EndReason.CALLER_STOPPED)])
def test_at_whose_fault_nobody_was_there_is_not_forgotten(store: Store, sql: Sql, dropped_engineer: bool, reason: EndReason) -> None:
    """We lost the engineer and the caller gave up waiting; or the engineer had put the phone down."""
    offer = talking(store)
    store.engineer_lost(offer.incident_id, dropped=dropped_engineer)
    hung_up(store, offer.incident_id)
    assert store.suspend(offer.incident_id, 900)
    over(sql, offer.incident_id)
    assert store.end_windows() == [offer.incident_id]
    assert store.incident(offer.incident_id).reason is reason


def test_an_engineer_who_accepts_makes_good_for_the_one_we_lost(store: Store, sql: Sql) -> None:
    """The caller who leaves the second of them later has stopped: a drop hours ago makes no call free."""
    offer = talking(store)
    store.engineer_lost(offer.incident_id, dropped=True)
    second = store.make_offer(offer.incident_id, rungs(store)[1])
    assert store.accept(second.id, "PJSIP/ben-1")
    store.engineer_lost(offer.incident_id, dropped=False)
    assert not store.account(offer.incident_id).lost


def test_an_ending_key_after_the_line_dropped_ends_it_at_once(store: Store) -> None:
    """The engineer was just confirming it."""
    offer = dropped(store)
    store.set_ending(offer.incident_id, offer.id, EndReason.RESOLVED)
    assert store.incident(offer.incident_id).reason is EndReason.RESOLVED
    assert not redialled(store, offer.incident_id)


def test_what_an_ending_key_has_ended_does_not_wait_for_its_caller(store: Store) -> None:
    """Pressed after the hang-up had looked for one."""
    offer = talking(store)
    hung_up(store, offer.incident_id)
    store.set_ending(offer.incident_id, offer.id, EndReason.RESOLVED)
    assert not store.suspend(offer.incident_id, 900)


def test_a_killed_process_leaves_a_caller_their_window(store: Store, sql: Sql) -> None:
    """Fault 3: the leg's end was recorded, nothing else was. The sweep gives the window, from the leg's end on, and ends it."""
    offer = talking(store)
    hung_up(store, offer.incident_id)
    sql("UPDATE leg SET ended_at = ended_at - interval '100 seconds' WHERE role = 'caller'")
    assert sweep_once(store, None, 900) == []
    now = store.incident(offer.incident_id)
    assert now.status is IncidentStatus.SUSPENDED
    [(left,)] = sql("SELECT extract(epoch FROM suspended_until - clock_timestamp()) FROM incident")
    assert 795 < float(left) < 800
    over(sql, offer.incident_id)
    assert sweep_once(store, None, 900) == [offer.incident_id]
    assert store.incident(offer.incident_id).reason is EndReason.CALLER_STOPPED


@pytest.mark.parametrize("make", [offered, connecting])
def test_whom_nobody_served_has_no_window(store: Store, sql: Sql, make: Callable[[Store], object]) -> None:
    make(store)
    sql("UPDATE leg SET ended_at = now() - interval '100 seconds' WHERE role = 'caller'")
    assert len(sweep_once(store, None, 900)) == 1


def test_without_a_window_the_sweep_ends_it(store: Store, sql: Sql) -> None:
    offer = talking(store)
    sql("UPDATE leg SET ended_at = now() - interval '100 seconds' WHERE role = 'caller'")
    assert sweep_once(store, None, 0) == [offer.incident_id]
    assert store.incident(offer.incident_id).reason is EndReason.CALLER_STOPPED
    assert "suspended" not in kinds(store, offer.incident_id)
