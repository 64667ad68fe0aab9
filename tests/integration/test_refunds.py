"""Captured money is given back once, never more than was taken, whatever becomes of the answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from ivr.audit import audit
from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.errors import BadAmount, IllegalChange, StripeUnavailable
from ivr.refunds import KEY_LIFE, carry_out, refund
from ivr.settlement import settle
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.cast import kinds
from tests.integration.conftest import Sql
from tests.integration.paying import captured, consented, held, reconciled, talked
from tests.integration.sandbox_client import asked


def test_a_refund_is_made_once_and_never_more_than_was_captured(store: Store, gateway: StripeGateway) -> None:
    """In parts until nothing is left; each leaves its line; what is too much is refused before Stripe is asked."""
    hold = captured(store, gateway)
    [first] = refund(store, gateway, hold.incident_id, 4000, "goodwill")
    [second] = refund(store, gateway, hold.incident_id, 250, "the rest")
    assert (first.cents, second.cents) == (4000, 250)
    for wrong in (1, 0, -1, 2**63, True):
        with pytest.raises(BadAmount):
            refund(store, gateway, hold.incident_id, wrong, "more")
    assert [one.cents for one in store.refunds(hold.id) if one.stripe_id] == [4000, 250]
    assert kinds(store, hold.incident_id).count("refund") == 2
    assert audit(store, gateway) == []


def test_a_refund_over_several_holds_takes_the_oldest_first(store: Store, gateway: StripeGateway) -> None:
    """One answer for the caller, however many holds paid."""
    incident = consented(store)
    first, second = held(store, gateway, incident.id, 15), held(store, gateway, incident.id, 15)
    talked(store, incident.id, 1800.0)
    settle(store, gateway, incident.id)
    assert [(one.hold_id, one.cents) for one in refund(store, gateway, incident.id, 5000, "goodwill")] == [
        (first.id, 3750),
        (second.id, 1250),
    ]
    assert audit(store, gateway) == []


@pytest.mark.parametrize("fault", ["cut_before", "cut_after"])
def test_a_refund_whose_answer_was_lost_is_repeated_and_done_once(
    store: Store, gateway: StripeGateway, hasty: StripeGateway, sandbox: SandboxControl, fault: str
) -> None:
    """The row stands; the reconciler asks again under the same key."""
    hold = captured(store, gateway)
    sandbox.faults(fault, "/v1/refunds", times=1000)
    with pytest.raises(StripeUnavailable):
        refund(store, hasty, hold.incident_id, 1000, "goodwill")
    sandbox.clear_faults()
    [waiting] = store.refunds_open()
    assert reconciled(store, gateway).refunded == (waiting.id,)
    assert store.refunds_open() == []
    assert [made["amount"] for made in refunds_at(sandbox)] == [1000]
    assert audit(store, gateway) == []


def test_a_refund_is_not_doubled_when_stripe_has_forgotten_the_key(
    store: Store, gateway: StripeGateway, sandbox: SandboxControl, sql: Sql
) -> None:
    """A day later keys are forgotten: it is looked for at Stripe before it is asked for again."""
    hold = captured(store, gateway)
    done, undone = uuid4(), uuid4()
    store.open_refund(done, hold.id, 1000, "goodwill")
    store.open_refund(undone, hold.id, 500, "goodwill")
    gateway.refund(hold.intent_id or "", 1000, key=str(done))
    sql("ALTER TABLE refund DISABLE TRIGGER USER")
    sql("UPDATE refund SET at = at - interval '25 hours'")
    sql("ALTER TABLE refund ENABLE TRIGGER USER")
    before = len(refunds_at(sandbox))
    for waiting in store.refunds_open():
        assert waiting.at < datetime.now(UTC) - KEY_LIFE
        carry_out(store, gateway, waiting)
    assert (before, sorted(made["amount"] for made in refunds_at(sandbox))) == (1, [500, 1000])
    keys = [seen["key"] for seen in sandbox.requests() if (seen["method"], seen["path"]) == ("POST", "/v1/refunds")]
    assert keys == [str(done), str(undone)]  # the first was only looked up


def test_two_refunds_at_once_never_give_back_more_than_was_captured(store: Store, gateway: StripeGateway) -> None:
    """Each waits for the hold's row; the one that comes too late is refused."""
    hold = captured(store, gateway)
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(refund, store, gateway, hold.incident_id, 3000, "twice") for _ in range(4)]
        refused = [isinstance(one.exception(), (BadAmount, IllegalChange)) for one in asked]
    assert refused.count(False) == 1
    assert sum(one.cents for one in store.refunds(hold.id)) == 3000
    assert audit(store, gateway) == []


def refunds_at(sandbox: SandboxControl) -> list[dict[str, Any]]:
    """All refunds at Stripe but its own: what a capture in part leaves over is listed as one."""
    found: list[dict[str, Any]] = asked(sandbox, "/v1/refunds?limit=100")["data"]
    return [made for made in found if made["metadata"]]
