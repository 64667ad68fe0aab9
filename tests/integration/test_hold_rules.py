"""What the database enforces about money by itself, also against its own administrator."""

import re
from enum import StrEnum
from uuid import uuid4

import psycopg
import pytest

from ivr.model.incident import Cover, EndReason
from ivr.model.money import Decline, Hold, HoldStatus
from ivr.store import Store
from ivr.tariff import CURRENCIES
from tests.integration.cast import CHARGE, accepted, agreed, card_sent, held, hold_created, hold_opened, kinds, used
from tests.integration.conftest import Sql

LEGAL = {
    ("new", "created"), ("created", "confirming"), ("confirming", "held"), ("confirming", "created"),
    ("new", "settling"), ("created", "settling"), ("confirming", "settling"), ("held", "settling"),
    ("settling", "captured"), ("settling", "released"), ("settling", "expired"), ("held", "expired"),
}  # fmt: skip
STATUSES = [status.value for status in HoldStatus]
BY_HAND = {
    "created": "WITH t AS (UPDATE card_try SET outcome = 'declined', decline = 'declined' WHERE hold_id = '{id}' AND outcome IS NULL) "
    "UPDATE hold SET status = 'created', intent_id = coalesce(intent_id, 'pi_hand') WHERE id = '{id}'",
    "confirming": "WITH t AS (INSERT INTO card_try (hold_id, number, brand, last4) SELECT '{id}', 1, 'visa', '4242' "
    "WHERE NOT EXISTS (SELECT FROM card_try WHERE hold_id = '{id}')) UPDATE hold SET status = 'confirming' WHERE id = '{id}'",
    "held": "WITH t AS (UPDATE card_try SET outcome = 'held' WHERE hold_id = '{id}' AND outcome IS NULL) "
    "UPDATE hold SET status = 'held' WHERE id = '{id}'",
    "settling": "UPDATE hold SET status = 'settling', capture_cents = coalesce(capture_cents, 0) WHERE id = '{id}'",
}
DECIDED = "charged_seconds = 0, charged_minutes = 0, charge_cents = 0, charge_tax_cents = 0"


def refused(sql: Sql, statement: str, match: str) -> None:
    """The statement is a forbidden change."""
    with pytest.raises(psycopg.DatabaseError, match=match) as error:
        sql(statement)
    assert error.value.sqlstate == "IV001"


def hold_in(store: Store, status: str, *, capture: int) -> Hold:
    """A hold in this status, ``capture`` cents of it decided if it got so far."""
    match status:
        case "new":
            return hold_opened(store)
        case "created":
            return hold_created(store)
        case "confirming":
            return card_sent(store)
        case "held":
            return held(store)
    hold = used(store)
    store.decide(hold.incident_id, CHARGE, {hold.id: capture}, 0)
    if status != "settling":
        {"captured": store.hold_captured, "released": store.hold_released, "expired": store.hold_expired}[status](hold.id)
    return store.hold(hold.id)


@pytest.mark.parametrize("old", STATUSES)
def test_only_the_drawn_changes_of_a_hold_are_possible(store: Store, sql: Sql, old: str) -> None:
    """As in docs/states.md, and nothing else, even by hand; each leaves exactly one event."""
    for new in STATUSES:
        captured = old == "captured" or (old != "released" and new == "captured")
        hold = hold_in(store, old, capture=100 if captured else 0)
        assert hold.status == old
        if new == "settling" and old in ("new", "created", "confirming", "held"):
            sql(f"UPDATE incident SET status = 'ended', reason = 'abandoned', {DECIDED} WHERE id = {hold.incident_id}")
        before = len(kinds(store, hold.incident_id))
        change = BY_HAND.get(new, f"UPDATE hold SET status = '{new}' WHERE id = '{{id}}'").format(id=hold.id)
        if old == new or (old, new) in LEGAL:
            sql(change)
            assert store.hold(hold.id).status == new
            assert len(kinds(store, hold.incident_id)) - before == (old != new), (old, new)
        else:
            refused(sql, change, "hold|card")
            assert store.hold(hold.id).status == old


def test_a_hold_begins_new_and_stays_what_it_is_for(store: Store, sql: Sql) -> None:
    """No other status can be inserted; amount, minutes, currency, incident, intent and capture are not written over."""
    incident = agreed(store)
    columns = "INSERT INTO hold (id, incident_id, minutes, amount_cents, currency, status, intent_id)"
    refused(sql, f"{columns} VALUES (gen_random_uuid(), {incident.id}, 15, 100, 'USD', 'held', 'pi_1')", "begins new")
    hold = used(store)
    store.decide(hold.incident_id, CHARGE, {hold.id: 3000}, 0)
    for change in ("amount_cents = 9999", "minutes = 1", "currency = 'EUR'", f"incident_id = {incident.id}"):
        refused(sql, f"UPDATE hold SET {change} WHERE id = '{hold.id}'", "stays so")
    for change in ("intent_id = 'pi_2'", "intent_id = NULL", "capture_cents = 1", "capture_cents = NULL"):
        refused(sql, f"UPDATE hold SET {change} WHERE id = '{hold.id}'", "written once")


@pytest.mark.parametrize("lacks", ["consent = 'none'", "cover = 'unpaid'", "cover = 'trunks'", "cover = NULL", "accept", "held", "nothing"])
def test_nothing_is_captured_without_consent_prepayment_accept_and_hold(store: Store, sql: Sql, lacks: str) -> None:
    """Each of the four alone is enough to forbid it; a release is always possible."""
    hold = card_sent(store) if lacks == "held" else held(store)
    if lacks != "accept":
        accepted(store, hold.incident_id)
    store.end_incident(hold.incident_id, EndReason.RESOLVED)
    sql("ALTER TABLE incident DISABLE TRIGGER consent_rule")
    changes = ["cover = 'prepaid'", *([lacks] if "=" in lacks else []), DECIDED.replace("cents = 0", "cents = 3000", 1)]
    for change in changes:
        sql(f"UPDATE incident SET {change} WHERE id = {hold.incident_id}")
    capture = f"UPDATE hold SET status = 'settling', capture_cents = 3000 WHERE id = '{hold.id}'"
    if lacks == "nothing":
        sql(capture)
    else:
        refused(sql, capture, "nothing can be captured")
        sql(f"UPDATE hold SET status = 'settling', capture_cents = 0 WHERE id = '{hold.id}'")


def test_no_card_goes_out_after_the_end_even_by_hand(store: Store, sql: Sql) -> None:
    """The store's own statement asks for it too."""
    hold = hold_created(store)
    store.end_incident(hold.incident_id, EndReason.ABANDONED)
    refused(sql, BY_HAND["confirming"].format(id=hold.id), "has ended")


def test_debts_and_refunds_are_not_written_over(store: Store, sql: Sql) -> None:
    """A debt may be marked as settled, and nothing else of it changes; a refund may be done."""
    hold = hold_in(store, "captured", capture=100)
    store.add_debt(hold.incident_id, 100, "USD", "hold_expired")
    store.open_refund(uuid4(), hold.id, 50, "goodwill")
    sql("UPDATE debt SET settled_at = now()")
    for change in ("cents = 1", "currency = 'EUR'", "reason = 'unpaid'"):
        refused(sql, f"UPDATE debt SET {change}", "stays as it is")
    for change in ("cents = 1", "reason = 'x'", f"id = '{uuid4()}'"):
        refused(sql, f"UPDATE refund SET {change}", "stays as it is")


def test_never_more_than_the_hold(store: Store, sql: Sql) -> None:
    """Nor less than nothing."""
    hold = used(store)
    sql(f"UPDATE incident SET {DECIDED} WHERE id = {hold.incident_id}")
    for cents in (3751, -1):
        with pytest.raises(psycopg.errors.CheckViolation):
            sql(f"UPDATE hold SET status = 'settling', capture_cents = {cents} WHERE id = '{hold.id}'")


def test_a_hold_settles_only_when_the_charge_is_decided(store: Store, sql: Sql) -> None:
    """Not before the end, and not after it either."""
    hold = used(store)
    refused(sql, f"UPDATE hold SET status = 'settling', capture_cents = 0 WHERE id = '{hold.id}'", "not decided")


def test_what_is_to_be_captured_is_not_released_and_the_other_way_round(store: Store, sql: Sql) -> None:
    """The last status says what was done with the money."""
    some, none = hold_in(store, "settling", capture=100), hold_in(store, "settling", capture=0)
    refused(sql, f"UPDATE hold SET status = 'released' WHERE id = '{some.id}'", "100 cents")
    refused(sql, f"UPDATE hold SET status = 'captured' WHERE id = '{none.id}'", "0 cents")


def test_a_charge_is_decided_once_and_after_the_end(store: Store, sql: Sql) -> None:
    """No part of it changes, and it is there as a whole or not at all."""
    hold = held(store)
    with pytest.raises(psycopg.errors.CheckViolation):
        sql(f"UPDATE incident SET {DECIDED} WHERE id = {hold.incident_id}")
    store.end_incident(hold.incident_id, EndReason.ABANDONED)
    with pytest.raises(psycopg.errors.CheckViolation):
        sql(f"UPDATE incident SET charge_cents = 5 WHERE id = {hold.incident_id}")
    sql(f"UPDATE incident SET {DECIDED} WHERE id = {hold.incident_id}")
    sql(f"UPDATE incident SET {DECIDED} WHERE id = {hold.incident_id}")
    for column in ("charged_seconds", "charged_minutes", "charge_cents", "charge_tax_cents"):
        for value in ("1", "NULL"):
            refused(sql, f"UPDATE incident SET {column} = {value} WHERE id = {hold.incident_id}", "stays so")


def test_cards_leave_four_digits_and_no_more(store: Store, sql: Sql) -> None:
    """The column takes nothing else; a card's row is not written over, and no answer is written without its hold."""
    hold = hold_created(store)
    for last4 in ("4242424242424242", "424", "42 2", "", "٤٢٤٢"):
        with pytest.raises(psycopg.errors.CheckViolation):
            sql("INSERT INTO card_try (hold_id, number, brand, last4) VALUES (%s, 1, 'visa', %s)", hold.id, last4)
    sent = card_sent(store)
    refused(sql, f"UPDATE card_try SET last4 = '9999' WHERE hold_id = '{sent.id}'", "stays so")
    refused(sql, f"UPDATE hold SET status = 'held' WHERE id = '{sent.id}'", "last card says none")
    refused(sql, f"UPDATE hold SET status = 'confirming' WHERE id = '{hold.id}'", "its last card")
    store.card_held(sent.id)
    refused(sql, f"UPDATE card_try SET outcome = 'declined', decline = 'declined' WHERE hold_id = '{sent.id}'", "stays so")


def test_no_column_could_hold_a_card_number(sql: Sql) -> None:
    """A column named like a card's number or code would be found here."""
    names = [row[0] for row in sql("SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'")]
    assert "last4" in names
    assert [name for name in names if re.search(r"card_?number|\bpan\b|cvc|cvv|expiry", name)] == []


LISTS: list[tuple[str, type[StrEnum]]] = [
    ("incident_reason_check", EndReason),
    ("incident_cover_check", Cover),
    ("hold_status_check", HoldStatus),
    ("card_try_decline_check", Decline),
]


@pytest.mark.parametrize(("constraint", "words"), LISTS, ids=[name for name, _ in LISTS])
def test_the_words_of_the_code_are_those_of_the_records(sql: Sql, constraint: str, words: type[StrEnum]) -> None:
    """Neither knows one that the other does not."""
    assert listed(sql, constraint) == {word.value for word in words}


def test_the_currencies_of_the_code_are_those_of_the_records(sql: Sql) -> None:
    """In capital letters there, in small ones at Stripe."""
    assert listed(sql, "currency_code_check") == {code.upper() for code in CURRENCIES}


def listed(sql: Sql, constraint: str) -> set[str]:
    """The words that a constraint allows."""
    ((text,),) = sql("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", constraint)
    return set(re.findall(r"'(\w+)'", text))


RATES = [
    "blocks = '{0,15}'",
    "blocks = '{15,NULL}'",
    "tax_basis_points = -1",
    "tax_basis_points = 10001",
    "currency = 'XXX'",
    "currency = 'usd'",
]


@pytest.mark.parametrize("change", RATES)
def test_a_rate_that_makes_no_sense_is_refused(sql: Sql, change: str) -> None:
    """When the administrator writes it, not when a caller hears it."""
    with pytest.raises(psycopg.errors.CheckViolation):
        sql(f"UPDATE rate SET {change}")
