"""Minutes of agreements: what a call takes of them in the end, and what is left of a period."""

from datetime import UTC, datetime, timedelta

import pytest

from ivr.errors import UnknownRecord
from ivr.model.customer import AgreementUse
from ivr.model.incident import Cover, EndReason
from ivr.store import Store
from tests.integration.agreements import AGREEMENT, left, talked, used_before
from tests.integration.cast import (
    COVERED,
    accepted,
    agreed,
    called,
    connecting,
    covered,
)
from tests.integration.conftest import Amend, Sql


def test_nobody_is_reached_and_the_minutes_are_free_again(store: Store) -> None:
    incident = connecting(store)
    covered(store, incident.id)
    store.end_incident(incident.id, EndReason.NO_ENGINEER)
    assert left(store) == 3600


def test_what_was_used_is_taken_and_the_rest_is_free(store: Store) -> None:
    """Every second, rounded up, once all of it is over; while they may still talk, all that was reserved."""
    incident = called(store)
    covered(store, incident.id)
    talked(store, incident.id, 100.2, None)
    assert left(store) == 0
    store.end_incident(incident.id, EndReason.RESOLVED)
    assert left(store) == 3499
    assert store.report(incident.id).agreement_seconds == 101


def test_a_last_second_that_is_written_late_counts(store: Store) -> None:
    """The meter ends the talk after the incident's end: until then nothing is free."""
    incident = called(store)
    covered(store, incident.id)
    offer = accepted(store, incident.id)
    talk = store.talk_began(offer.uniqueid, "c.1", "bridge", 1.0)
    store.talk_checkpoint(talk, 100)
    store.end_incident(incident.id, EndReason.RESOLVED)
    assert left(store) == 0
    store.talk_ended(talk, 104)
    assert left(store) == 3600 - 104


def test_a_suspended_incident_keeps_its_minutes(store: Store, sql: Sql) -> None:
    incident = called(store)
    covered(store, incident.id)
    talked(store, incident.id, 600, None)
    sql(f"UPDATE incident SET status = 'suspended', suspended_until = now() + interval '15 minutes' WHERE id = {incident.id}")
    assert left(store) == 0
    assert store.incident(incident.id).seconds_left == 3600


def test_never_more_is_used_than_was_reserved(store: Store) -> None:
    """The grace after the last minute is free."""
    incident = called(store)
    covered(store, incident.id)
    talked(store, incident.id, 3630)
    assert left(store) == 0
    assert store.report(incident.id).agreement_seconds == 3600


@pytest.mark.parametrize(("seconds", "minutes"), [(29.9, 0), (30, 15), (900, 15), (900.5, 30), (3599, 60)])
def test_use_is_rounded_up_to_the_increment(store: Store, amend: Amend, seconds: float, minutes: int) -> None:
    """Once an incident; and under half a minute uses nothing, as it costs nothing."""
    amend("increment_minutes = 15")
    incident = called(store)
    covered(store, incident.id)
    talked(store, incident.id, seconds)
    assert left(store) == (60 - minutes) * 60


@pytest.mark.parametrize("why", ["no_charge = true", "cover = 'trunks'"])
def test_what_is_free_uses_no_minutes(store: Store, sql: Sql, why: str) -> None:
    incident = called(store)
    covered(store, incident.id)
    talked(store, incident.id, 600, None)
    sql(f"UPDATE incident SET {why} WHERE id = {incident.id}")
    assert left(store) == 3600


@pytest.mark.parametrize(("seconds", "used"), [(899, 0), (900, 900)])
def test_an_engineer_lost_before_the_minimum_uses_nothing(store: Store, seconds: float, used: int) -> None:
    """As it costs nothing ("Money rules", rule 2)."""
    incident = agreed(store)
    covered(store, incident.id)
    talked(store, incident.id, seconds, None)
    store.engineer_lost(incident.id)
    store.end_incident(incident.id, EndReason.CALLER_STOPPED)
    assert left(store) == 3600 - used


def test_what_is_decided_already_reserves_nothing(store: Store, sql: Sql) -> None:
    """Free, or by another agreement: asked again, by a script that is run anew, minutes are never taken twice."""
    sql("INSERT INTO agreement (customer_id, starts_at, ends_at, minutes) SELECT 1, starts_at, ends_at, 60 FROM agreement WHERE id = 1")
    stale = store.coverage(COVERED)
    assert stale is not None
    incident, free = called(store), called(store)
    assert store.reserve(incident.id, stale) == 3600
    other = store.coverage(COVERED)
    assert other is not None
    assert other.agreement_id != stale.agreement_id
    assert store.reserve(incident.id, other) == 0
    assert store.reserve(incident.id, stale) == 3600
    store.covered(free.id, Cover.TRUNKS)
    assert store.reserve(free.id, other) == 0
    assert store.incident(free.id).cover is Cover.TRUNKS
    talked(store, incident.id, 600)
    assert store.report(incident.id).agreement_seconds == 600


@pytest.mark.parametrize(("reason", "used"), [(EndReason.ENGINEER_LOST, 600), (EndReason.CALLER_STOPPED, 600)])
def test_an_engineer_who_put_the_phone_down_was_not_lost(store: Store, reason: EndReason, used: int) -> None:
    """Also when nobody took it up again: what was talked is used."""
    incident = agreed(store)
    covered(store, incident.id)
    talked(store, incident.id, 600, None)
    store.engineer_lost(incident.id, dropped=False)
    store.end_incident(incident.id, reason)
    assert left(store) == 3600 - used


LAST = timedelta(days=1)
"""Ago: the last period, when this one began half a day ago."""


@pytest.mark.parametrize(("period", "length"), [("month", timedelta(days=31)), ("quarter", timedelta(days=92))])
def test_minutes_begin_anew_with_each_period(store: Store, sql: Sql, amend: Amend, period: str, length: timedelta) -> None:
    """In the agreement's own zone: what was used before this period's first midnight there does not count any more."""
    zone = "Pacific/Kiritimati"  # 14 hours ahead: its day is not UTC's
    amend("period = %s, zone = %s, starts_at = now() - interval '300 days', anchor = (now() AT TIME ZONE %s)::date", period, zone, zone)
    use = store.agreement_use(AGREEMENT)
    assert use is not None
    assert use.end - use.start <= length
    assert use.start <= datetime.now(UTC) < use.start + timedelta(days=1)
    used_before(sql, store, 20, datetime.now(UTC) - use.start + timedelta(minutes=1))
    assert left(store) == 3600
    used_before(sql, store, 10, timedelta(0))
    assert left(store) == 3000
    earlier = store.agreement_use(AGREEMENT, use.start - timedelta(minutes=1))
    assert earlier is not None
    assert (earlier.end, earlier.used, earlier.left) == (use.start, 1200, 2400)


def test_the_minutes_of_a_term_never_begin_anew(store: Store, sql: Sql, amend: Amend) -> None:
    amend("starts_at = now() - interval '300 days'")
    used_before(sql, store, 20, timedelta(days=200))
    assert left(store) == 2400
    assert store.agreement_use(AGREEMENT, datetime.now(UTC) + timedelta(days=2)) is None


@pytest.mark.parametrize(("carry_over", "expected"), [(True, 100), (False, 60)])
def test_what_the_last_period_left_is_carried_over(store: Store, sql: Sql, amend: Amend, carry_over: bool, expected: int) -> None:
    """And may be reserved."""
    amend("period = 'month', carry_over = %s, starts_at = now() - interval '5 days', anchor = (now() AT TIME ZONE 'UTC')::date", carry_over)
    used_before(sql, store, 20, LAST)
    assert left(store) == expected * 60
    assert covered(store, called(store).id) == expected * 60


def test_what_changes_between_the_look_and_the_reservation_is_looked_at_again(store: Store, sql: Sql, amend: Amend) -> None:
    """Carried minutes were worked out before the lock: a call of the last period that is still talking, an administrator at work."""
    amend("period = 'month', carry_over = true, starts_at = now() - interval '5 days', anchor = (now() AT TIME ZONE 'UTC')::date")
    standing = store._worked_out(store._one(agreement_id=AGREEMENT))  # type: ignore[arg-type]
    used_before(sql, store, 20, LAST)
    again = {"incident_id": called(store).id, "enough": 60}
    assert store._db.row("reserve", **again, **standing) is None
    fresh = store._worked_out(store._one(agreement_id=AGREEMENT))  # type: ignore[arg-type]
    amend("minutes = 5")
    assert store._db.row("reserve", **again, **fresh) is None
    assert covered(store, called(store).id) == 300


def test_a_zone_that_is_unknown_here_keeps_nobody_from_an_engineer(store: Store, amend: Amend, caplog: pytest.LogCaptureFixture) -> None:
    """Counted in UTC, and said so."""
    for zone in ("Mars/Olympus", "America"):
        amend("period = 'month', zone = %s", zone)
        assert left(store) == 3600
        assert f"time zone '{zone}'" in caplog.text


def test_the_use_of_an_agreement(store: Store) -> None:
    done, going_on = called(store), called(store)
    covered(store, done.id)
    talked(store, done.id, 600)
    covered(store, going_on.id)
    use = store.agreement_use(AGREEMENT)
    assert use is not None
    assert use == AgreementUse(use.start, use.end, 3600, 600, 3000, 0)
    with pytest.raises(UnknownRecord):
        store.agreement_use(99)
