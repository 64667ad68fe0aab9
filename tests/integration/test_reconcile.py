"""What killed processes and lost answers leave behind is found and finished; and what nobody can finish is an alarm."""

import logging
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from ivr.audit import audit
from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.errors import StripeUnavailable
from ivr.model.incident import EndReason
from ivr.model.money import Charge, HoldStatus, IntentStatus
from ivr.reconcile import Findings, ageing, reconcile_once
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.conftest import Sql
from tests.integration.paying import LONG_AGO, captured, card, consented, opened, prepaid, reconciled, statuses, talked, unpaid
from tests.integration.sandbox_client import asked


def alarms(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged as an error by this project."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR and record.name.startswith("ivr")]


def test_nothing_to_do_does_nothing(store: Store, gateway: StripeGateway, caplog: pytest.LogCaptureFixture) -> None:
    """A call in progress, one that is settled, and payments of others in the same account are left alone."""
    open_call, done = prepaid(store, gateway), captured(store, gateway)
    opened(store, gateway, consented(store).id)
    assert reconciled(store, gateway) == Findings((), (), ())
    assert [store.hold(hold.id).status for hold in (open_call, done)] == [HoldStatus.HELD, HoldStatus.CAPTURED]
    assert alarms(caplog) == []
    assert audit(store, gateway) == []


def test_what_was_not_settled_is_queued_again_after_its_grace(store: Store, gateway: StripeGateway) -> None:
    """The incident's own job has a minute; then the reconciler queues it, held or unpaid; and once it is done, never again."""
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, 1000.0)
    debtor = unpaid(store)
    talked(store, debtor.id, 1000.0)
    assert reconciled(store, gateway, grace=60).queued == ()
    assert reconciled(store, gateway).queued == (hold.incident_id, debtor.id)
    assert statuses(store, hold.incident_id) == [HoldStatus.CAPTURED]
    assert [debt.incident_id for debt in store.debts()] == [debtor.id]
    assert reconciled(store, gateway).queued == ()


def test_settlements_are_queued_also_when_stripe_is_silent(
    store: Store, gateway: StripeGateway, hasty: StripeGateway, sandbox: SandboxControl
) -> None:
    """Queuing needs only the records."""
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, 1000.0)
    sandbox.faults("cut_before", times=1000)
    queued: list[int] = []
    with pytest.raises(StripeUnavailable):
        reconcile_once(store, hasty, queued.append, grace=0, since=datetime.now(UTC) - LONG_AGO)
    assert queued == [hold.incident_id]


def test_a_payment_without_a_hold_is_cancelled(store: Store, gateway: StripeGateway, caplog: pytest.LogCaptureFixture) -> None:
    """Records restored from an older copy: what stands at Stripe is given back, and somebody is told."""
    known = prepaid(store, gateway)
    ghost = gateway.create(replace(known, id=uuid4()))
    gateway.confirm(ghost.id, card(), key="ghost")
    assert [difference.intent_id for difference in audit(store, gateway)] == [ghost.id]
    assert reconciled(store, gateway).cancelled == (ghost.id,)
    assert gateway.retrieve(ghost.id).status is IntentStatus.CANCELED
    assert store.hold(known.id).status is HoldStatus.HELD
    assert any(ghost.id in alarm for alarm in alarms(caplog))
    assert reconciled(store, gateway).cancelled == ()
    assert audit(store, gateway) == []


def test_a_second_payment_of_one_hold_is_cancelled(store: Store, gateway: StripeGateway, sandbox: SandboxControl) -> None:
    """Stripe made two for one hold: the one that the row names stays."""
    hold = prepaid(store, gateway)
    twin = made_by_hand(sandbox, {"metadata[hold]": str(hold.id), "metadata[installation]": str(store.installation())})
    assert [difference.intent_id for difference in audit(store, gateway)] == [twin]
    assert reconciled(store, gateway).cancelled == (twin,)
    assert gateway.retrieve(hold.intent_id or "").status is IntentStatus.REQUIRES_CAPTURE
    assert audit(store, gateway) == []


def test_a_payment_that_outlived_its_hold_is_cancelled(store: Store, gateway: StripeGateway, sql: Sql) -> None:
    """The records say released, and Stripe still holds the money."""
    hold = prepaid(store, gateway)
    store.end_incident(hold.incident_id, EndReason.ABANDONED)
    store.decide(hold.incident_id, Charge(0, 0, 0, 0), {}, 0)
    store.hold_released(hold.id)
    assert [difference.what for difference in audit(store, gateway)] == ["status"]
    assert reconciled(store, gateway).cancelled == (hold.intent_id,)
    assert audit(store, gateway) == []


def test_another_installation_on_the_same_account_is_left_alone(store: Store, gateway: StripeGateway) -> None:
    """Its records have the hold, ours don't: no orphan, and no difference."""
    neighbour = gateway.create(replace(prepaid(store, gateway), id=uuid4(), installation=uuid4()))
    assert reconciled(store, gateway).cancelled == ()
    assert audit(store, gateway) == []
    assert gateway.retrieve(neighbour.id).status is IntentStatus.REQUIRES_PAYMENT_METHOD


def test_what_is_not_ours_is_not_touched(store: Store, gateway: StripeGateway, sandbox: SandboxControl) -> None:
    """Another program's payments in the same account, and such whose mark is no hold's."""
    others = [made_by_hand(sandbox, {}), made_by_hand(sandbox, {"metadata[hold]": "42"})]
    assert reconciled(store, gateway).cancelled == ()
    assert [gateway.retrieve(other).status for other in others] == [IntentStatus.REQUIRES_PAYMENT_METHOD] * 2
    assert audit(store, gateway) == []


def test_an_old_hold_is_an_alarm_before_the_bank_lets_it_lapse(
    store: Store, gateway: StripeGateway, sandbox: SandboxControl, sql: Sql, caplog: pytest.LogCaptureFixture
) -> None:
    """After four days; and one that has lapsed unheard is brought in line."""
    fresh, old, lapsed = (prepaid(store, gateway) for _ in range(3))
    sql("ALTER TABLE hold DISABLE TRIGGER USER")
    sql("UPDATE hold SET created_at = now() - interval '97 hours' WHERE id <> %s", fresh.id)
    sql("ALTER TABLE hold ENABLE TRIGGER USER")
    sandbox.expire(lapsed.intent_id or "")
    assert [hold.id for hold in ageing(store, gateway)] == [old.id, lapsed.id]
    assert [any(str(hold.id) in alarm for alarm in alarms(caplog)) for hold in (fresh, old, lapsed)] == [False, True, True]
    assert [store.hold(hold.id).status for hold in (fresh, old, lapsed)] == [HoldStatus.HELD, HoldStatus.HELD, HoldStatus.EXPIRED]


def made_by_hand(sandbox: SandboxControl, more: dict[str, str]) -> str:
    """A payment that our gateway did not make."""
    fields = {"amount": "7500", "currency": "usd", "capture_method": "manual", **more}
    made: str = asked(sandbox, "/v1/payment_intents", urlencode(fields).encode())["id"]
    return made
