"""Holds and cards: each step once, each repeated without harm, the timeline beside it."""

from uuid import uuid4

import pytest

from ivr.errors import IllegalChange, UnknownRecord
from ivr.model.incident import Cover, EndReason
from ivr.model.money import Decline, Hold, HoldStatus
from ivr.store import Store
from tests.integration.cast import (
    LAPSED,
    agreed,
    called,
    card_sent,
    connecting,
    held,
    hold_created,
    hold_opened,
    kinds,
    used,
)
from tests.integration.conftest import Sql


def test_a_hold_goes_from_row_to_held_with_every_step_on_the_timeline(store: Store) -> None:
    """Opened, known to Stripe, a card declined, another held; the incident is prepaid."""
    incident = agreed(store)
    before = len(kinds(store, incident.id))
    hold = card_sent(store, incident.id)
    store.card_declined(hold.id, Decline.INSUFFICIENT_FUNDS)
    store.try_card(hold.id, 2, brand="mastercard", last4="4444")
    store.card_held(hold.id)
    now = store.hold(hold.id)
    assert now == Hold(
        hold.id, incident.id, 15, 3750, "USD", HoldStatus.HELD, hold.intent_id, None, 2, "mastercard ****4444", hold.created_at,
        store.installation(),
    )  # fmt: skip
    prepaid = store.incident(incident.id)
    assert (prepaid.cover, prepaid.seconds_left) == (Cover.PREPAID, 900)
    assert kinds(store, incident.id)[before:] == [
        "hold_opened", "hold_created", "card_tried", "card_declined", "card_tried", "hold_held", "covered",
    ]  # fmt: skip


def test_the_timeline_says_which_card_and_why_not(store: Store) -> None:
    """Brand, last four and reason; no more of the card is known anywhere."""
    hold = card_sent(store)
    store.card_declined(hold.id, Decline.EXPIRED_CARD)
    words = {event.kind: event.detail for event in store.report(hold.incident_id).events}
    card = {"hold": str(hold.id), "number": 1, "brand": "visa", "last4": "4242"}
    assert words["hold_opened"] == {"hold": str(hold.id), "amount_cents": 3750, "currency": "USD", "minutes": 15}
    assert words["card_tried"] == card
    assert words["card_declined"] == card | {"decline": "expired_card"}


def test_every_step_can_be_repeated(store: Store) -> None:
    """As after a lost answer of the database: no second row, no second event, no second quarter of an hour."""
    incident = agreed(store)
    hold_id = uuid4()
    before = len(kinds(store, incident.id))
    for _ in range(2):
        store.open_hold(hold_id, incident.id, minutes=15, amount_cents=3750, currency="usd")
    for _ in range(2):
        store.hold_created(hold_id, "pi_1")
    for _ in range(2):
        store.try_card(hold_id, 1, brand="visa", last4="0002")
    for _ in range(2):
        store.card_declined(hold_id, Decline.DECLINED)
    for _ in range(2):
        store.try_card(hold_id, 2, brand="visa", last4="4242")
    for _ in range(2):
        store.card_held(hold_id)
    assert len(kinds(store, incident.id)) - before == 7
    assert store.incident(incident.id).seconds_left == 900


def test_minutes_add_up(store: Store) -> None:
    """A second hold adds its block."""
    incident = agreed(store)
    first, second = held(store, incident.id), held(store, incident.id)
    assert store.incident(incident.id).seconds_left == 1800
    assert [hold.id for hold in store.holds(incident.id)] == [first.id, second.id]


def test_a_hold_is_opened_only_in_the_questions(store: Store) -> None:
    """Not while engineers are rung, not after the end, not without an incident."""
    place = connecting(store)
    with pytest.raises(IllegalChange, match="connecting"):
        hold_opened(store, place.id)
    store.end_incident(place.id, EndReason.ABANDONED)
    with pytest.raises(IllegalChange, match="ended"):
        hold_opened(store, place.id)
    with pytest.raises(UnknownRecord):
        hold_opened(store, 1)
    assert store.all_holds() == []


def test_a_hold_stays_what_it_was_opened_for(store: Store) -> None:
    """The same id for another amount is a mistake, not a repetition."""
    hold = hold_opened(store)
    with pytest.raises(IllegalChange, match="something else"):
        store.open_hold(hold.id, hold.incident_id, minutes=15, amount_cents=3751, currency="USD")


def test_an_intent_belongs_to_one_hold_and_a_hold_has_one(store: Store) -> None:
    """Neither is ever written over."""
    first, second = hold_created(store), hold_opened(store)
    with pytest.raises(IllegalChange):
        store.hold_created(first.id, "pi_other")
    with pytest.raises(IllegalChange):
        store.hold_created(second.id, first.intent_id or "")
    assert store.hold(second.id).status is HoldStatus.NEW
    assert store.hold_of_intent(first.intent_id or "") == first
    assert store.hold_of_intent("pi_other") is None


def test_cards_go_out_one_by_one(store: Store) -> None:
    """No card before Stripe knows the hold, none beside another, none out of turn, none twice under one number."""
    opened = hold_opened(store)
    with pytest.raises(IllegalChange):
        store.try_card(opened.id, 1, brand="visa", last4="4242")
    hold = card_sent(store)
    for number, last4 in ((1, "0002"), (2, "4242")):
        with pytest.raises(IllegalChange):
            store.try_card(hold.id, number, brand="visa", last4=last4)
    store.card_declined(hold.id, Decline.DECLINED)
    for number in (1, 3):
        with pytest.raises(IllegalChange):
            store.try_card(hold.id, number, brand="visa", last4="4242")
    assert store.hold(hold.id).tries == 1


def test_no_card_goes_out_for_an_incident_that_has_ended(store: Store) -> None:
    """The caller hung up while the hold was prepared."""
    hold = hold_created(store)
    store.end_incident(hold.incident_id, EndReason.ABANDONED)
    with pytest.raises(IllegalChange):
        store.try_card(hold.id, 1, brand="visa", last4="4242")
    assert store.cards_tried(hold.incident_id) == 0


def test_an_answer_needs_a_card(store: Store) -> None:
    """Neither yes nor no without a card that waits for it."""
    hold = hold_created(store)
    with pytest.raises(IllegalChange):
        store.card_held(hold.id)
    with pytest.raises(IllegalChange):
        store.card_declined(hold.id, Decline.DECLINED)
    stands = held(store)
    with pytest.raises(IllegalChange):
        store.card_declined(stands.id, Decline.DECLINED)


def test_a_card_held_after_the_end_changes_the_hold_alone(store: Store) -> None:
    """The caller hung up while the bank thought: the row tells what is to be released, the incident stays as it ended."""
    hold = card_sent(store)
    store.end_incident(hold.incident_id, EndReason.ABANDONED)
    store.card_held(hold.id)
    assert store.hold(hold.id).status is HoldStatus.HELD
    incident = store.incident(hold.incident_id)
    assert (incident.cover, incident.seconds_left) == (None, None)


def test_unknown_holds_are_said_so(store: Store) -> None:
    """By every function."""
    nothing = uuid4()
    for change in (
        lambda: store.hold(nothing),
        lambda: store.hold_created(nothing, "pi_1"),
        lambda: store.try_card(nothing, 1, brand="visa", last4="4242"),
        lambda: store.card_held(nothing),
        lambda: store.card_declined(nothing, Decline.DECLINED),
        lambda: store.hold_captured(nothing),
        lambda: store.open_refund(uuid4(), nothing, 1, "x"),
        lambda: store.refund_done(nothing, "re_1"),
    ):
        with pytest.raises(UnknownRecord):
            change()


def test_cards_are_counted_by_incident_caller_and_customer(store: Store, sql: Sql) -> None:
    """Per day: by the number that called, however it is written, or by the account, whichever is more; yesterday's do not count."""
    first, second = card_sent(store), card_sent(store)
    sql("UPDATE call SET caller_id = regexp_replace(caller_id, '^[+]', '00') WHERE incident_id = %s", second.incident_id)
    other = card_sent(store)
    sql("UPDATE call SET caller_id = '+12025550999' WHERE incident_id = %s", other.incident_id)
    assert [store.cards_tried(hold.incident_id) for hold in (first, second, other)] == [1, 1, 1]
    assert [store.cards_today(hold.incident_id) for hold in (first, second, other)] == [2, 2, 1]
    for hold in (first, second, other):
        store.identified(hold.incident_id, LAPSED, "pin")
    assert store.cards_today(other.incident_id) == 3
    sql("ALTER TABLE card_try DISABLE TRIGGER card_try_rule")
    sql("UPDATE card_try SET began_at = now() - interval '25 hours' WHERE hold_id = %s", first.id)
    assert [store.cards_today(hold.incident_id) for hold in (first, other)] == [2, 2]
    assert store.cards_today(called(store).id) == 1  # a stranger of the first number, who tried none


def test_callers_without_a_number_count_together_and_five_as_one(store: Store, sql: Sql) -> None:
    """Hiding the number is no way to try as many cards as one likes, and a few who do it don't lock out the others."""
    sent = [card_sent(store) for _ in range(10)]
    sql("UPDATE call SET caller_id = CASE WHEN incident_id % 2 = 0 THEN 'anonymous' END")
    assert store.cards_today(sent[0].incident_id) == 2
    sql("UPDATE call SET caller_id = '+12025550101' WHERE incident_id = %s", sent[1].incident_id)
    assert [store.cards_today(hold.incident_id) for hold in sent[:2]] == [1, 1]


def test_cards_that_were_accepted_do_not_count(store: Store) -> None:
    """Who pays often is no card tester."""
    assert store.cards_today(held(store).incident_id) == 0


def test_the_rate_stays_as_agreed(store: Store, sql: Sql) -> None:
    """A rate that begins in mid-call changes nothing; who agreed to none has none. Blocks and tax are the administrator's."""
    sql("UPDATE rate SET blocks = '{30,15}', tax_basis_points = 825")
    agreed_to = store.current_rate()
    assert (agreed_to.blocks, agreed_to.tax_basis_points, agreed_to.currency) == ((30, 15), 825, "USD")
    incident = agreed(store)
    sql("INSERT INTO rate (valid_from, price_cents, minimum_minutes, increment_minutes, currency) VALUES (now(), 999, 15, 1, 'EUR')")
    assert store.current_rate().price_cents == 999
    assert store.rate_of(incident.id) == agreed_to == store.account(incident.id).rate
    with pytest.raises(UnknownRecord):
        store.rate_of(called(store).id)


def test_a_customer_is_found_by_number(store: Store) -> None:
    """And nobody by a wrong one."""
    assert store.customer(LAPSED).account == "1003"
    with pytest.raises(UnknownRecord):
        store.customer(99)


def test_the_report_shows_the_money(store: Store) -> None:
    """Holds, charge, debt and currency; nothing of it before it is there."""
    bare = store.report(called(store).id)
    assert (bare.holds, bare.charge, bare.debt_cents, bare.currency) == ((), None, None, None)
    hold = used(store)
    report = store.report(hold.incident_id)
    assert (report.holds, report.charge, report.debt_cents, report.currency) == ((hold,), None, None, "USD")
    assert report.cover is Cover.PREPAID


def test_no_card_goes_out_for_who_is_connected_unpaid(store: Store) -> None:
    """Its answer could not be written: what somebody was told to be unpaid is not paid behind their back."""
    hold = hold_created(store)
    assert store.connect_unpaid(hold.incident_id)
    with pytest.raises(IllegalChange):
        store.try_card(hold.id, 1, brand="visa", last4="4242")
    assert store.hold(hold.id).tries == 0
