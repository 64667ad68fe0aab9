"""Two who write at the same moment, and news that comes twice or late: nobody pays for it, and nobody is told what is not so."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from ivr import holds, reconcile, settlement
from ivr.config import Settings
from ivr.errors import BadAmount, StripeUnavailable
from ivr.hangup_events import missed
from ivr.hungup import hungup
from ivr.model.incident import Cover, EndReason
from ivr.model.leg import LegOver
from ivr.model.money import Decline, Hold, HoldStatus
from ivr.payment import payment
from ivr.refunds import carry_out, refund
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.cast import kinds
from tests.integration.conftest import Sql
from tests.integration.paying import accept, card, consented, opened, prepaid, statuses, talked

PAIRS = 60


def card_out(store: Store, gateway: StripeGateway) -> Hold:
    """A hold whose card was sent and whose answer is awaited."""
    hold = opened(store, gateway, consented(store).id)
    store.try_card(hold.id, 1, brand="visa", last4="4242")
    return store.hold(hold.id)


@pytest.mark.parametrize(
    "answer", [lambda store, hold: store.card_held(hold), lambda store, hold: store.card_declined(hold, Decline.DECLINED)]
)
def test_the_webhook_and_the_caller_write_the_same_answer_at_once(
    store: Store, gateway: StripeGateway, settings: Settings, answer: Any
) -> None:
    """Neither is refused: a refusal would throw the payer to the failsafe phones."""
    with Store(settings) as second, ThreadPoolExecutor(2) as both:
        for _ in range(PAIRS):
            hold, gate = card_out(store, gateway), Barrier(2)

            def write(one: Store, hold: Hold = hold, gate: Barrier = gate) -> None:
                gate.wait()
                answer(one, hold.id)

            list(both.map(write, (store, second)))
            assert kinds(store, hold.incident_id).count("hold_held") <= 1


def test_who_was_told_to_be_unpaid_is_not_charged_behind_their_back(store: Store, gateway: StripeGateway) -> None:
    """The bank's answer was lost and comes by webhook after the caller was connected without paying: released, and owed instead."""
    hold = card_out(store, gateway)
    gateway.confirm(hold.intent_id or "", card(), key=f"{hold.id}-attempt-1")
    assert store.connect_unpaid(hold.incident_id)
    with pytest.raises(Exception, match="cannot be held"):
        store.card_held(hold.id)
    reconcile.look_at(store, gateway, hold.intent_id or "")
    assert store.incident(hold.incident_id).cover is Cover.UNPAID
    talked(store, hold.incident_id, 100.0)
    settlement.settle(store, gateway, hold.incident_id)
    assert statuses(store, hold.incident_id) == [HoldStatus.RELEASED]
    assert [debt.incident_id for debt in store.debts()] == [hold.incident_id]


def test_who_is_held_by_a_late_answer_is_told_so(store: Store, gateway: StripeGateway) -> None:
    """The webhook was first: the incident stays prepaid, also if the policy would connect it unpaid."""
    hold = card_out(store, gateway)
    store.card_held(hold.id)
    assert not store.connect_unpaid(hold.incident_id)
    assert store.incident(hold.incident_id).cover is Cover.PREPAID


def test_a_second_process_that_meters_the_same_talk_does_not_double_it(store: Store, gateway: StripeGateway) -> None:
    """It writes what it heard after the first has written the end."""
    incident_id = prepaid(store, gateway).incident_id
    engineer = accept(store, incident_id)
    for _ in range(2):
        store.talk_ended(store.talk_began(engineer, f"call.{incident_id}", "bridge-1", 1.0), 900.0)
    assert store.talked_seconds(incident_id) == 900.0


@pytest.mark.parametrize("change", ["price_cents = 500", "minimum_minutes = 30", "increment_minutes = 30", "tax_basis_points = 1000"])
def test_a_rate_that_was_agreed_to_stays(store: Store, gateway: StripeGateway, sql: Sql, change: str) -> None:
    sql(f"UPDATE rate SET {change}")
    prepaid(store, gateway)
    with pytest.raises(psycopg.DatabaseError, match="agreed to"):
        sql("UPDATE rate SET price_cents = 501, minimum_minutes = 31, increment_minutes = 31, tax_basis_points = 1001")


@pytest.mark.parametrize(("dropped", "reason", "cents"), [(True, EndReason.ENGINEER_LOST, 0), (False, EndReason.CALLER_STOPPED, 3750)])
def test_hanging_up_while_we_look_for_the_engineer(
    store: Store, gateway: StripeGateway, sql: Sql, dropped: bool, reason: EndReason, cents: int
) -> None:
    """After 40 s of talk: free when we lost the engineer; the minimum when he had put the phone down and was asked for again."""
    incident_id = prepaid(store, gateway).incident_id
    engineer = accept(store, incident_id)
    store.talk_ended(store.talk_began(engineer, f"call.{incident_id}", "b1", 1.0), 40.0)
    store.engineer_lost(incident_id, dropped=dropped)
    hangs_up(store, incident_id)
    over(sql, store)
    settlement.settle(store, gateway, incident_id)
    account = store.account(incident_id)
    assert (account.reason, account.charge.cents if account.charge else None) == (reason, cents)


def hangs_up(store: Store, incident_id: int, **known: Any) -> None:
    """The caller, who may come back for a quarter of an hour."""
    line = SimpleNamespace(store=store, settings=SimpleNamespace(resume_seconds=900))
    leg = LegOver(store.caller_legs(incident_id)[0], "PJSIP/trunk-1", 16, None, "")
    hungup(line, replace(leg, **known))  # type: ignore[arg-type]


def over(sql: Sql, store: Store) -> None:
    """The caller has not come back, and the window is over."""
    sql("UPDATE incident SET suspended_until = clock_timestamp() WHERE status = 'suspended'")
    store.end_windows()


def talked_a_little(store: Store, gateway: StripeGateway) -> tuple[int, str]:
    """A guest who prepaid has talked for 40 s; the incident and the engineer's leg."""
    incident_id = prepaid(store, gateway).incident_id
    engineer = accept(store, incident_id)
    store.talk_ended(store.talk_began(engineer, f"call.{incident_id}", "b1", 1.0), 40.0)
    return incident_id, engineer


def outcome(store: Store, gateway: StripeGateway, incident_id: int) -> tuple[EndReason | None, int | None]:
    """Why it ended, and what it comes to in cents."""
    settlement.settle(store, gateway, incident_id)
    account = store.account(incident_id)
    return account.reason, account.charge.cents if account.charge else None


@pytest.mark.parametrize(("cause", "expected"), [(38, (EndReason.ENGINEER_LOST, 0)), (16, (EndReason.CALLER_STOPPED, 3750))])
def test_hanging_up_before_anything_was_written_of_the_engineers_end(
    store: Store, gateway: StripeGateway, sql: Sql, cause: int, expected: tuple[EndReason, int]
) -> None:
    """The engineer's line was cut, or put down, and the caller gives up within the second."""
    incident_id, engineer = talked_a_little(store, gateway)
    store.end_leg(engineer, cause)
    hangs_up(store, incident_id)
    over(sql, store)
    assert outcome(store, gateway, incident_id) == expected


@pytest.mark.parametrize(("started", "expected"), [(1, (EndReason.ENGINEER_LOST, 0)), (-1, (EndReason.CALLER_STOPPED, 3750))])
def test_asterisk_was_started_anew_in_the_talk(
    store: Store, gateway: StripeGateway, sql: Sql, settings: Settings, started: int, expected: tuple[EndReason, int]
) -> None:
    """Its crash is our fault; a caller who hung up while only serve was away has stopped."""
    incident_id, _ = talked_a_little(store, gateway)
    [leg] = store.open_legs()
    asterisk = SimpleNamespace(channels=dict, started=lambda: leg.began_at + timedelta(seconds=started))
    missed(asterisk, store.open_legs, partial(hungup, SimpleNamespace(store=store, settings=settings)))  # type: ignore[arg-type]
    over(sql, store)
    assert outcome(store, gateway, incident_id) == expected


@pytest.mark.parametrize("back", [False, True])
def test_nobody_answers_the_second_time(store: Store, gateway: StripeGateway, back: bool) -> None:
    """After the engineer put the phone down, or the caller's own line dropped: nobody was lost, the minimum stands."""
    incident_id, _ = talked_a_little(store, gateway)
    if back:
        hangs_up(store, incident_id)
        assert store.resume_call(incident_id, channel="PJSIP/trunk-2", uniqueid="back.1", caller_id="+12025550101")
    else:
        store.engineer_lost(incident_id, dropped=False)
    store.end_incident(incident_id, EndReason.ENGINEER_LOST)
    assert outcome(store, gateway, incident_id) == (EndReason.ENGINEER_LOST, 3750)


def test_a_refund_is_not_repeated_while_its_answer_is_open(
    store: Store, gateway: StripeGateway, hasty: StripeGateway, sandbox: Any
) -> None:
    """An administrator tries again after a time-out: told that it is under way, and the worker gives it once."""
    incident_id = prepaid(store, gateway).incident_id
    talked(store, incident_id, 900.0)
    settlement.settle(store, gateway, incident_id)
    sandbox.faults("cut_before", "/v1/refunds", method="POST", times=1000)
    with pytest.raises(StripeUnavailable):
        refund(store, hasty, incident_id, 1000, "goodwill")
    sandbox.clear_faults()
    with pytest.raises(BadAmount, match="under way"):
        refund(store, gateway, incident_id, 1000, "goodwill")
    for one in store.refunds_open():
        carry_out(store, gateway, one)
    assert [one.cents for hold in store.holds(incident_id) for one in store.refunds(hold.id)] == [1000]


def test_a_takeover_has_music_while_stripe_is_asked_and_holds_once(store: Store, gateway: StripeGateway, settings: Settings) -> None:
    """A second serve finds a card whose answer is open: the caller is not in silence, and the unanswered payment is cancelled."""
    hold = card_out(store, gateway)
    assert holds.resume(store, gateway, hold.incident_id) is None
    assert gateway.retrieve(hold.intent_id or "").status == "canceled"
    assert store.hold(hold.id).status is HoldStatus.CREATED
    again = card_out_of(store, gateway, hold.incident_id)
    gateway.confirm(again.intent_id or "", card(), key=f"{again.id}-attempt-1")
    heard: list[str] = []
    phone = SimpleNamespace(music=lambda on: heard.append("music" if on else "no music"), key=lambda seconds: "")
    desk = SimpleNamespace(store=store, stripe=gateway, settings=settings.model_copy(update={"keypad_cards": True, "stripe_key": "sk"}))
    assert payment(desk, phone, store.incident(hold.incident_id)) is Cover.PREPAID  # type: ignore[arg-type]
    assert heard == ["music", "no music"]


def card_out_of(store: Store, gateway: StripeGateway, incident_id: int) -> Hold:
    hold = opened(store, gateway, incident_id)
    store.try_card(hold.id, 1, brand="visa", last4="4242")
    return store.hold(hold.id)
