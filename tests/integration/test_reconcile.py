"""What killed processes and lost answers leave behind is found and finished; and what nobody can finish is an alarm."""

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from procrastinate.jobs import Job

from ivr import jobs, worker
from ivr.audit import audit
from ivr.config import Settings
from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.errors import BadAmount, IllegalChange, NotYet, StoreUnavailable, StripeRefused, StripeUnavailable
from ivr.model import Charge, EndReason, Hold, HoldStatus, IntentStatus
from ivr.reconcile import Findings, ageing, reconcile_once
from ivr.refunds import KEY_LIFE, carry_out, refund
from ivr.settlement import settle
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.cast import kinds
from tests.integration.conftest import Sql
from tests.integration.paying import accept, card, consented, held, opened, prepaid, statuses, talked, unpaid

LONG_AGO = timedelta(days=8)


def reconciled(store: Store, gateway: StripeGateway, grace: float = 0) -> Findings:
    """One run that settles at once what it would queue."""
    since = datetime.now(UTC) - LONG_AGO
    return reconcile_once(store, gateway, lambda number: settle(store, gateway, number), grace=grace, since=since)


def captured(store: Store, gateway: StripeGateway, seconds: float = 1000.0) -> Hold:
    """A settled incident: 42.50 USD for 17 minutes."""
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, seconds)
    settle(store, gateway, hold.incident_id)
    return store.hold(hold.id)


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


# Refunds


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


# The worker


def test_the_worker_settles_what_an_ending_queued(store: Store, paying: Settings, gateway: StripeGateway) -> None:
    """Nothing but the statement that ends the incident is needed."""
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, 1000.0)
    asyncio.run(worker.work(paying, wait=False))
    assert statuses(store, hold.incident_id) == [HoldStatus.CAPTURED]


def test_a_settlement_that_comes_too_early_comes_again(store: Store, paying: Settings, gateway: StripeGateway, sql: Sql) -> None:
    """While the meter counts the job waits for two seconds at a time; then it is done and gone."""
    hold = prepaid(store, gateway)
    engineer = accept(store, hold.incident_id)
    talk = store.talk_began(engineer, "c", "b", 1.0)
    store.end_incident(hold.incident_id, EndReason.RESOLVED)
    asyncio.run(worker.work(paying, wait=False))
    [(status, attempts, soon)] = sql(
        "SELECT status::text, attempts, scheduled_at - now() < '2 s' FROM procrastinate_jobs WHERE task_name = 'ivr:settle'"
    )
    assert (status, attempts, soon) == ("todo", 1, True)
    store.talk_ended(talk, 1000.0)
    sql("UPDATE procrastinate_jobs SET scheduled_at = now()")
    asyncio.run(worker.work(paying, wait=False))
    assert statuses(store, hold.incident_id) == [HoldStatus.CAPTURED]
    assert sql("SELECT 1 FROM procrastinate_jobs WHERE task_name = 'ivr:settle'") == []


@pytest.mark.parametrize(
    ("error", "attempts", "seconds"),
    [
        (NotYet(), 0, 2), (NotYet(), 30, 2), (StripeUnavailable(), 0, 2), (StoreUnavailable(), 3, 16), (StripeUnavailable(), 40, 300),
        (StripeUnavailable(), 50, None), (StripeRefused(), 0, None), (ValueError(), 0, None),
    ],
)  # fmt: skip
def test_how_long_a_job_waits(error: Exception, attempts: int, seconds: int | None) -> None:
    """Ever longer for what is away, never for what was refused or is our own mistake."""
    job = Job(id=1, status="doing", queue="default", lock=None, queueing_lock=None, task_name="ivr:settle", attempts=attempts)
    decision = jobs.Patience().get_retry_decision(exception=error, job=job)
    if seconds is None:
        assert decision is None
    else:
        assert decision is not None
        assert decision.retry_at is not None
        assert (decision.retry_at - datetime.now(UTC)).total_seconds() == pytest.approx(seconds, abs=1)


def test_the_same_job_does_not_pile_up(store: Store, sql: Sql) -> None:
    """The reconciler may queue each minute: one waiting job is enough."""
    for number in (1, 1, 2, 1):
        store.defer("settle", incident_id=number)
    assert sql("SELECT args FROM procrastinate_jobs ORDER BY id") == [({"incident_id": 1},), ({"incident_id": 2},)]


# Helpers


def made_by_hand(sandbox: SandboxControl, more: dict[str, str]) -> str:
    """A payment that our gateway did not make."""
    fields = {"amount": "7500", "currency": "usd", "capture_method": "manual", **more}
    made: str = asked(sandbox, "/v1/payment_intents", urlencode(fields).encode())["id"]
    return made


def refunds_at(sandbox: SandboxControl) -> list[dict[str, Any]]:
    """All refunds at Stripe but its own: what a capture in part leaves over is listed as one."""
    found: list[dict[str, Any]] = asked(sandbox, "/v1/refunds?limit=100")["data"]
    return [made for made in found if made["metadata"]]


def asked(sandbox: SandboxControl, path: str, body: bytes | None = None) -> dict[str, Any]:
    """Stripe's own interface, without our gateway."""
    with urlopen(Request(sandbox.url + path, body, {"Authorization": f"Bearer {sandbox.key}"}), timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
        return found
