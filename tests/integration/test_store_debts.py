"""Debts, refunds and Stripe's events."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from ivr.errors import IllegalChange, UnknownRecord
from ivr.store import Store
from tests.integration.cast import CHARGE, agreed, kinds, unpaid, used


def test_an_unpaid_incident_is_owed(store: Store) -> None:
    """Once, in the rate's currency, and never without consent and accept."""
    incident_id = unpaid(store)
    store.decide(incident_id, CHARGE, {}, 3000)
    store.add_debt(incident_id, 5, "USD", "unpaid")
    (debt,) = store.debts()
    assert (debt.incident_id, debt.cents, debt.currency, debt.reason, debt.settled_at) == (incident_id, 3000, "USD", "unpaid", None)
    report = store.report(incident_id)
    assert (report.debt_cents, report.events[-1].kind) == (3000, "debt")
    nobody = agreed(store)
    with pytest.raises(IllegalChange, match="owes nothing"):
        store.add_debt(nobody.id, 5, "USD", "unpaid")
    with pytest.raises(UnknownRecord):
        store.add_debt(1, 5, "USD", "unpaid")


def test_refunds_never_exceed_the_capture(store: Store) -> None:
    """However many ask at once; a repeated request is the same refund."""
    hold = used(store)
    with pytest.raises(IllegalChange, match="nothing to give back"):
        store.open_refund(uuid4(), hold.id, 1, "goodwill")
    store.decide(hold.incident_id, CHARGE, {hold.id: 1000}, 0)
    store.hold_captured(hold.id)

    def fits(_: int) -> bool:
        try:
            store.open_refund(uuid4(), hold.id, 300, "goodwill")
        except IllegalChange:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(fits, range(8))).count(True) == 3
    last = uuid4()
    for _ in range(2):
        store.open_refund(last, hold.id, 100, "the rest")
    with pytest.raises(IllegalChange, match="only 0 cents"):
        store.open_refund(uuid4(), hold.id, 1, "one more")
    for _ in range(2):
        store.refund_done(last, "re_1")
    with pytest.raises(IllegalChange):
        store.refund_done(last, "re_2")
    assert [refund.cents for refund in store.refunds_open()] == [300, 300, 300]
    assert [done.stripe_id for done in store.refunds(hold.id)] == [None, None, None, "re_1"]
    assert kinds(store, hold.incident_id)[-5:] == ["refund_opened"] * 4 + ["refund"]


def test_an_event_of_stripe_is_heard_once(store: Store) -> None:
    """Repeated ones are known."""
    assert store.hear_webhook("evt_1", "payment_intent.succeeded", "pi_1")
    assert not store.hear_webhook("evt_1", "payment_intent.succeeded", "pi_1")
    assert store.hear_webhook("evt_2", "customer.created", None)
