"""Coming back to a suspended incident on real rows: by which number and code, and what the call becomes."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ivr.model.incident import EndReason, IncidentStatus
from ivr.model.offer import OfferEnd
from ivr.records.resumes import MOST_CODES
from ivr.store import Store
from tests.integration.cast import kinds, rungs
from tests.integration.conftest import Sql
from tests.integration.suspended import NUMBER, dropped, hung_up, over, redialled


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
    hung_up(store, offer.incident_id)
    assert store.suspend(offer.incident_id, 900)
    assert redialled(store, offer.incident_id)
    assert store.offer(second.id).end is OfferEnd.CALLER_GONE
    assert not store.accept(second.id, "PJSIP/late")


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
    hung_up(store, incident_id)
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
