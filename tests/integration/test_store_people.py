"""Customers, cover, rates and the ladder."""

import pytest

from ivr.errors import SetupError
from ivr.model import Cover, Coverage, EndReason, Rung
from ivr.store import Store
from tests.integration.cast import BARE, COVERED, EXHAUSTED, LAPSED, NO_EMERGENCIES, UNLIMITED, connecting, talking
from tests.integration.conftest import Sql


def test_the_rate_is_the_latest_that_is_already_valid(store: Store, sql: Sql) -> None:
    """Neither last year's nor tomorrow's; with none at all the text says what to do."""
    assert store.current_rate().price_cents == 250
    sql("DELETE FROM rate")
    with pytest.raises(SetupError, match="Add a rate"):
        store.current_rate()


@pytest.mark.parametrize(
    ("customer", "expected"),
    [(COVERED, 3600), (EXHAUSTED, 0), (LAPSED, "none"), (NO_EMERGENCIES, "none"), (UNLIMITED, None), (BARE, "none"), (99, "none")],
)
def test_cover_is_a_valid_agreement_for_emergencies(store: Store, customer: int, expected: object) -> None:
    """Seconds left; 0 when exhausted, None when unlimited; no cover without, after, or before the term."""
    coverage = store.coverage(customer)
    assert (coverage.seconds_left if coverage else "none") == expected


def test_talking_uses_up_the_agreement_and_no_other(store: Store) -> None:
    """Every second under the agreement counts, rounded up, never below zero."""
    offer = talking(store)
    coverage = store.coverage(COVERED)
    assert coverage is not None
    store.covered(offer.incident_id, Cover.AGREEMENT, coverage)
    talk = store.talk_began(offer.uniqueid, "c.1", "bridge", 10.0)
    store.talk_checkpoint(talk, 100.2)
    assert store.coverage(COVERED) == Coverage(coverage.agreement_id, 3499)
    store.talk_ended(talk, 9999)
    assert store.coverage(COVERED) == Coverage(coverage.agreement_id, 0)
    assert store.coverage(UNLIMITED) is not None


def test_a_number_recognises_its_only_customer(store: Store) -> None:
    """Nobody's number and a number of two customers recognise nobody."""
    found = store.customer_by_phone("+12025550101")
    assert found is not None
    assert (found.account, found.trunks) == ("1001", True)
    assert store.customer_by_phone("+12025550102") is None
    assert store.customer_by_phone("+19995550000") is None


def test_an_account_number_finds_its_customer(store: Store) -> None:
    """And nothing else does."""
    found = store.customer_by_account("1006")
    assert found is not None
    assert found.name == "No Agreement"
    for wrong in ("", "0", "1' OR '1'='1", "\0", "9" * 5000):
        assert store.customer_by_account(wrong) is None


def test_the_ladder_is_the_active_engineers_in_order(store: Store) -> None:
    """By position of the engineer, then of the phone."""
    assert store.ladder() == [
        Rung(2, "Ann", "+12025550191"),
        Rung(2, "Ann", "+12025550192"),
        Rung(1, "Ben", "+12025550181"),
    ]


def test_malformed_numbers_are_skipped_and_reported(store: Store, sql: Sql, caplog: pytest.LogCaptureFixture) -> None:
    """One bad row never empties the ladder, and an operator can find it in the log."""
    for position, phone in enumerate(["", "555-0100", "0012025550100", "+1 202 555 0100", "+1202", "+1900&PJSIP/x", "+999999999999999"]):
        sql("INSERT INTO engineer_phone VALUES (1, %s, %s)", 10 + position, phone)
    assert [rung.phone for rung in store.ladder()] == ["+12025550191", "+12025550192", "+12025550181"]
    assert caplog.text.count("is skipped") == 7


def test_ended_incidents_keep_what_they_used(store: Store) -> None:
    """The end of an incident gives no minutes back."""
    offer = talking(store)
    coverage = store.coverage(COVERED)
    store.covered(offer.incident_id, Cover.AGREEMENT, coverage)
    store.talk_ended(store.talk_began(offer.uniqueid, "c.2", "b", 1.0), 60)
    store.end_incident(offer.incident_id, EndReason.RESOLVED)
    assert connecting(store)
    after = store.coverage(COVERED)
    assert after is not None
    assert after.seconds_left == 3540
