"""Suspended incidents on real rows: the window, who gets through it, and who is first when two want the same."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.embedded.waiting import wait_until
from ivr.errors import IllegalChange
from ivr.jobs import sweep_once
from ivr.model import EndReason, IncidentStatus, Offer, OfferEnd
from ivr.records.resumes import MOST_CODES
from ivr.store import Store
from tests.integration.cast import connecting, kinds, offered, rungs, talking
from tests.integration.conftest import Sql

NUMBER = "+12025550101"
_redials = count(1)


def dropped(store: Store, window: int = 900) -> Offer:
    """The caller's line went in a talk."""
    offer = talking(store)
    for leg in store.caller_legs(offer.incident_id):
        store.end_leg(leg, 16)
    assert store.suspend(offer.incident_id, window)
    return offer


def redialled(store: Store, incident_id: int, uniqueid: str | None = None) -> bool:
    return store.resume_call(
        incident_id, channel="PJSIP/carrier-2", uniqueid=uniqueid or f"redial.{next(_redials)}", caller_id=NUMBER
    )  # fmt: skip


def over(sql: Sql, incident_id: int) -> None:
    """Its window is over."""
    sql(f"UPDATE incident SET suspended_until = clock_timestamp() WHERE id = {incident_id}")


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
        assert wait_until(lambda: sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == [(1,)], 5)
        first.commit()
        assert late.result(5)
    assert store.incident(offer.incident_id).status is IncidentStatus.CONNECTING


def test_who_had_no_engineer_is_not_suspended(store: Store) -> None:
    """Nor what is over."""
    incident = connecting(store)
    for leg in store.caller_legs(incident.id):
        store.end_leg(leg, 16)
    assert not store.suspend(incident.id, 900)
    store.end_incident(incident.id, EndReason.ABANDONED)
    assert not store.suspend(incident.id, 900)


def test_coming_back_moves_the_call_to_the_old_incident(store: Store, sql: Sql) -> None:
    """Call, leg, status and timeline in one statement; the engineer who had it is known, and nobody has it now."""
    offer = dropped(store)
    assert redialled(store, offer.incident_id, "back.1")
    assert redialled(store, offer.incident_id, "back.1")  # a repeated statement
    now = store.incident(offer.incident_id)
    assert (now.status, now.suspended_until) == (IncidentStatus.CONNECTING, None)
    assert store.caller_legs(now.id) == ["back.1"]
    assert store.begin_call(channel="PJSIP/carrier-2", uniqueid="back.1", caller_id=NUMBER).id == now.id
    assert store.accepted_offer(now.id) is None
    last = store.last_accepted(now.id)
    assert last is not None
    assert last.id == offer.id
    assert kinds(store, now.id)[-3:] == ["resumed", "connecting", "call_began"]
    assert sql("SELECT count(*) FROM incident") == [(1,)]


def test_a_phone_that_still_rings_for_the_old_call_cannot_take_the_new_one(store: Store) -> None:
    """The process that rang it was killed; the caller is back and waits for others."""
    offer = dropped(store)
    assert redialled(store, offer.incident_id)
    second = store.make_offer(offer.incident_id, rungs(store)[1])
    for leg in store.caller_legs(offer.incident_id):
        store.end_leg(leg, 16)
    assert store.suspend(offer.incident_id, 900)
    assert redialled(store, offer.incident_id)
    assert store.offer(second.id).end is OfferEnd.CALLER_GONE
    assert not store.accept(second.id, "PJSIP/late")


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
    for leg in store.caller_legs(offer.incident_id):
        store.end_leg(leg, 16)
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


def test_the_code_is_made_once(store: Store) -> None:
    """At the first connecting: four digits, the same after the line dropped."""
    offer = dropped(store)
    code = store.incident(offer.incident_id).resume_code
    assert code is not None
    assert len(code) == 4
    assert redialled(store, offer.incident_id)
    store.connecting(offer.incident_id)
    assert store.incident(offer.incident_id).resume_code == code


def test_codes_cannot_be_tried_for_ever(store: Store, sql: Sql) -> None:
    """Twenty at once get as many as one after the other; then the right one is refused, too. The next window counts anew."""
    incident_id = dropped(store).incident_id
    sql(f"UPDATE incident SET resume_code = '0451' WHERE id = {incident_id}")
    assert store.code_fits(incident_id, "0451")
    with ThreadPoolExecutor(20) as threads:
        assert not any(threads.map(lambda number: store.code_fits(incident_id, f"{number:04}"), range(20)))
    assert not store.code_fits(incident_id, "0451")
    assert sql("SELECT code_tries FROM incident") == [(MOST_CODES,)]
    assert redialled(store, incident_id)
    for leg in store.caller_legs(incident_id):
        store.end_leg(leg, 16)
    assert store.suspend(incident_id, 900)
    assert store.code_fits(incident_id, "0451")


@pytest.mark.parametrize(
    ("caller_id", "found"),
    [
        (NUMBER, True),
        ("2025550101", True),
        ("0012025550101", True),
        ("+12025550102", False),
        ("", False),
        ("anonymous", False),
        (None, False),
    ],
)
def test_a_call_from_the_same_number_finds_it(store: Store, sql: Sql, caller_id: str | None, found: bool) -> None:
    """In whatever form the network sends it."""
    offer = dropped(store)
    sql("UPDATE call SET caller_id = %s", (caller_id,))
    assert [one.incident_id for one in store.suspended_calls("new.1", NUMBER)] == [offer.incident_id] * found


def test_a_call_that_has_its_incident_is_not_asked(store: Store) -> None:
    """Another process goes on with a caller who wanted a new one."""
    dropped(store)
    store.begin_call(channel="PJSIP/carrier-9", uniqueid="new.1", caller_id=NUMBER)
    assert store.suspended_calls("new.1", NUMBER) == []
    assert store.suspended_calls("new.2", NUMBER)


def test_the_wish_to_go_back_is_written_once(store: Store) -> None:
    offer = dropped(store)
    for _ in range(2):
        store.wants_back(offer.incident_id, "new.1")
    assert [one.chosen for one in store.suspended_calls("new.1", NUMBER)] == [True]
    assert [one.chosen for one in store.suspended_calls("new.2", NUMBER)] == [False]
    assert kinds(store, offer.incident_id).count("redialled") == 1


def test_who_called_in_time_may_prove_it_after_the_window(store: Store, sql: Sql) -> None:
    """Two minutes from the redial on, once for each call; the job that is due at the old end finds that it is not over."""
    offer = dropped(store)
    sql("UPDATE incident SET suspended_until = clock_timestamp() + interval '1 second'")
    for _ in range(2):
        store.wants_back(offer.incident_id, "new.1")
        [(left,)] = sql("SELECT extract(epoch FROM suspended_until - clock_timestamp())::float8 FROM incident")
        assert 110 < left <= 120
        sql("UPDATE incident SET suspended_until = suspended_until - interval '1 second'")  # asked again, it would be 120 anew
    assert left < 119.5
    assert store.end_windows(offer.incident_id) == []
    assert redialled(store, offer.incident_id)


def test_a_redial_makes_no_window_shorter_and_none_anew(store: Store, sql: Sql) -> None:
    offer = dropped(store)
    before = store.incident(offer.incident_id).suspended_until
    store.wants_back(offer.incident_id, "new.1")
    assert store.incident(offer.incident_id).suspended_until == before
    over(sql, offer.incident_id)
    store.wants_back(offer.incident_id, "new.2")
    assert store.end_windows() == [offer.incident_id]


def test_an_ending_key_counts_from_the_engineer_who_has_the_incident(store: Store) -> None:
    """Ann confirms hers only after the caller is back and Ben has them."""
    offer = dropped(store)
    assert redialled(store, offer.incident_id)
    store.set_ending(offer.incident_id, offer.id, EndReason.RESOLVED)
    assert (store.ending(offer.incident_id), store.incident(offer.incident_id).status) == (None, IncidentStatus.CONNECTING)
    second = store.make_offer(offer.incident_id, rungs(store)[1])
    assert store.accept(second.id, "PJSIP/ben-1")
    store.set_ending(offer.incident_id, offer.id, EndReason.RESOLVED)
    assert store.ending(offer.incident_id) is None
    store.set_ending(offer.incident_id, second.id, EndReason.RESOLVED)
    assert store.ending(offer.incident_id) is EndReason.RESOLVED


def test_what_an_ending_key_has_ended_does_not_wait_for_its_caller(store: Store) -> None:
    """Pressed after the hang-up had looked for one."""
    offer = talking(store)
    for leg in store.caller_legs(offer.incident_id):
        store.end_leg(leg, 16)
    store.set_ending(offer.incident_id, offer.id, EndReason.RESOLVED)
    assert not store.suspend(offer.incident_id, 900)


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
        assert wait_until(lambda: sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == [(1,)], 5)
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
        assert wait_until(lambda: sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == [(1,)], 5)
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
                for leg in store.caller_legs(incident_id):
                    store.end_leg(leg, 16)
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


def test_a_killed_process_leaves_a_caller_their_window(store: Store, sql: Sql) -> None:
    """Fault 3: the leg's end was recorded, nothing else was. The sweep gives the window, from the leg's end on, and ends it."""
    offer = talking(store)
    for leg in store.caller_legs(offer.incident_id):
        store.end_leg(leg, 16)
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
