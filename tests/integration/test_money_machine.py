"""Any order of holding, talking, dropping, settling, webhooks, refunds and lapses, with Stripe failing in between.

After every step and at the end the invariants of "Money rules" are read from both sides. ``IVR_MONEY_EXAMPLES`` makes it longer.
"""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from ivr.audit import audit
from ivr.config import Settings
from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.errors import BadAmount, HotlineError, IllegalChange, NotYet, StripeRefused, StripeUnavailable
from ivr.holds import authorise, open_hold, resume
from ivr.model.incident import Cover, EndReason
from ivr.model.money import Hold, HoldStatus, IntentStatus
from ivr.reconcile import ageing, look_at, reconcile_once
from ivr.refunds import refund
from ivr.settlement import decide, settle
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.cast import called
from tests.integration.paying import DECLINED, GOOD, NO_FUNDS, accept, card, consented, held, opened

USUAL = 4
"""So many examples of each stage are the same ones each time; `make trials` runs 100."""
EXAMPLES = int(os.environ.get("IVR_MONEY_EXAMPLES", USUAL))
STEPS = 12
HASTE = 0.6
"""Seconds that the hasty gateway waits for Stripe in all."""

KINDS = ("500", "500_after", "429", "cut_before", "cut_after", "delay", "delay_after")
TROUBLE = st.sampled_from([None] * 9 + [(kind, times) for kind in KINDS for times in (1, 30)])
"""None: Stripe is well. Else what strikes the next requests: one, or all until the step is over."""

ENDS = (EndReason.RESOLVED, EndReason.CALLER_STOPPED, EndReason.ENGINEER_LOST, EndReason.ABANDONED, EndReason.TIME_EXPIRED)
ASKED, DECLINED_ONCE, HELD, TWO_HELD, ACCEPTED, TALKED, ENDED, SETTLED = range(8)
"""How far the caller has come, while all was well, before anything may happen."""

SEEN: Counter[str] = Counter()
"""What the examples came to: a machine that never captures proves nothing."""

_ALLOWED: tuple[type[HotlineError], ...] = (StripeUnavailable, IllegalChange, NotYet)


@contextmanager
def allowed(*more: type[HotlineError]) -> Iterator[None]:
    """What may be raised at any time; everything else is a defect."""
    try:
        yield
    except (*_ALLOWED, *more) as error:
        SEEN[type(error).__name__] += 1


class Money(RuleBasedStateMachine):
    """One incident, from the disclosure until everything is quiet."""

    stage: ClassVar[int]
    store: ClassVar[Store]
    gateway: ClassVar[StripeGateway]
    hasty: ClassVar[StripeGateway]
    sandbox: ClassVar[SandboxControl]

    def __init__(self) -> None:
        super().__init__()
        self.engineer: str | None = None
        self.talks = 0
        self.refunded = 0

    @initialize(consent=st.sampled_from([True, True, True, False]), minutes=st.sampled_from([15, 30]))
    def begin(self, consent: bool, minutes: int) -> None:
        """The caller has come this far while all was well."""
        stage, consent = self.stage, consent or self.stage > ASKED
        incident = consented(self.store) if consent else called(self.store)
        self.incident, self.consent = incident.id, consent
        if stage == DECLINED_ONCE:
            assert authorise(self.store, self.gateway, opened(self.store, self.gateway, incident.id), card(DECLINED))
        if stage >= HELD:
            held(self.store, self.gateway, incident.id, minutes)
        if stage >= TWO_HELD:
            held(self.store, self.gateway, incident.id, 15)
        if stage >= ACCEPTED:
            self.engineer = accept(self.store, incident.id)
        if stage >= TALKED:
            self.talk(1300)
        if stage >= ENDED:
            self.end(EndReason.RESOLVED)
        if stage >= SETTLED:
            settle(self.store, self.gateway, incident.id)

    # what Stripe and the network do

    @contextmanager
    def under(self, trouble: tuple[str, int] | None, *more: type[HotlineError]) -> Iterator[None]:
        """One step while Stripe is in trouble; what it may raise then is allowed."""
        if trouble is not None:
            kind, times = trouble
            self.sandbox.faults(kind, "/v1/*", seconds=HASTE * 1.2, times=times)
            SEEN[kind] += 1
        with allowed(*more):
            yield
        if trouble is not None:
            self.sandbox.clear_faults()

    @precondition(lambda self: self.holds())
    @rule(data=st.data())
    def lapse(self, data: st.DataObject) -> None:
        """Stripe gives a hold back, and perhaps nobody hears of it."""
        hold = data.draw(st.sampled_from(self.holds()))
        if hold.status in (HoldStatus.HELD, HoldStatus.SETTLING) and hold.intent_id:
            with suppress(ValueError):  # it has lapsed already, or is captured
                self.sandbox.expire(hold.intent_id)

    @precondition(lambda self: self.holds())
    @rule(trouble=TROUBLE, data=st.data())
    def webhook(self, trouble: tuple[str, int] | None, data: st.DataObject) -> None:
        """New, old or repeated: it only says when to look."""
        hold = data.draw(st.sampled_from(self.holds()))
        with self.under(trouble):
            look_at(self.store, self.hasty, hold.intent_id or "pi_unknown")

    # what the caller and the engineer do

    @precondition(lambda self: self.consent and len(self.holds()) < 3 and not self.ended())
    @rule(trouble=TROUBLE, minutes=st.sampled_from([15, 30]))
    def buy(self, trouble: tuple[str, int] | None, minutes: int) -> None:
        with self.under(trouble):
            open_hold(self.store, self.hasty, self.incident, minutes=minutes, rate=self.store.rate_of(self.incident))

    @precondition(lambda self: self.holds())
    @rule(trouble=TROUBLE, number=st.sampled_from([GOOD, GOOD, GOOD, DECLINED, NO_FUNDS]))
    def key_card(self, trouble: tuple[str, int] | None, number: str) -> None:
        hold = self.holds()[-1]
        if trouble is None and number == GOOD and self.takes_a_card(hold):
            assert authorise(self.store, self.gateway, hold, card(number)) is None
            return
        with self.under(trouble, StripeRefused):  # the settlement may cancel while the card is on its way
            authorise(self.store, self.hasty, hold, card(number))

    @precondition(lambda self: self.holds() and not self.ended())
    @rule(trouble=TROUBLE)
    def key_card_and_hang_up(self, trouble: tuple[str, int] | None) -> None:
        """The caller is gone while the card is on its way, and the worker is quick."""
        with self.under(trouble), ThreadPoolExecutor(2) as threads:
            keyed = threads.submit(authorise, self.store, self.hasty, self.holds()[-1], card())
            self.end(EndReason.ABANDONED)
            settled = threads.submit(settle, self.store, self.hasty, self.incident)
            for one in (keyed, settled):
                with allowed(StripeRefused):
                    one.result()

    @rule(trouble=TROUBLE)
    def script_again(self, trouble: tuple[str, int] | None) -> None:
        with self.under(trouble):
            found = resume(self.store, self.hasty, self.incident)
            assert found is None or self.store.hold(found.id).status is HoldStatus.HELD

    @precondition(lambda self: not self.ended())
    @rule()
    def give_up_paying(self) -> None:
        """Stripe was silent and the policy connects all the same."""
        if self.store.incident(self.incident).cover is None:
            self.store.covered(self.incident, Cover.UNPAID)

    @rule()
    def press_one(self) -> None:
        with allowed():
            self.engineer = accept(self.store, self.incident)

    @precondition(lambda self: self.engineer and not self.ended())
    @rule(seconds=st.sampled_from([5, 29.5, 31, 600, 899.9, 1300, 4000]))
    def talk(self, seconds: float) -> None:
        """A stretch of talk, however it ends: a drop and a return are several."""
        assert self.engineer is not None
        self.talks += 1
        self.store.talk_ended(self.store.talk_began(self.engineer, "c", f"b-{self.incident}-{self.talks}", 1.0), seconds)

    @precondition(lambda self: self.engineer)
    @rule()
    def lose_the_engineer(self) -> None:
        with allowed():
            self.store.engineer_lost(self.incident)
            self.engineer = None

    @precondition(lambda self: not self.ended())
    @rule(reason=st.sampled_from(ENDS))
    def hang_up(self, reason: EndReason) -> None:
        self.end(reason)

    # what the worker and the administrator do

    @rule()
    def goodbye(self) -> None:
        with allowed():
            decide(self.store, self.incident)

    @rule(trouble=TROUBLE)
    def settle_now(self, trouble: tuple[str, int] | None) -> None:
        with self.under(trouble):
            settle(self.store, self.hasty, self.incident)

    @rule(trouble=TROUBLE)
    def two_settlers_at_once(self, trouble: tuple[str, int] | None) -> None:
        with self.under(trouble), ThreadPoolExecutor(2) as threads:
            for one in [threads.submit(settle, self.store, self.hasty, self.incident) for _ in range(2)]:
                with allowed():
                    one.result()

    @rule(trouble=TROUBLE)
    def reconcile_now(self, trouble: tuple[str, int] | None) -> None:
        with self.under(trouble):
            self.reconcile(self.hasty)

    @precondition(lambda self: any(hold.status is HoldStatus.CAPTURED for hold in self.holds()))
    @rule(trouble=TROUBLE, cents=st.sampled_from([1, 500, 3750, 7500]))
    def give_back(self, trouble: tuple[str, int] | None, cents: int) -> None:
        with self.under(trouble, BadAmount):
            refund(self.store, self.hasty, self.incident, cents, "goodwill")

    # what must hold

    @invariant()
    def never_more_than_allowed(self) -> None:
        if not hasattr(self, "incident"):
            return
        account = self.store.account(self.incident)
        for hold in account.holds:
            if hold.intent_id is None:
                continue
            intent = self.gateway.retrieve(hold.intent_id) if hold.status in (HoldStatus.SETTLING, HoldStatus.CAPTURED) else None
            captured = intent.captured_cents if intent else 0
            assert captured <= hold.amount_cents
            assert captured in (0, hold.capture_cents)
            assert not captured or (account.accepted and self.consent and account.cover is Cover.PREPAID)

    def teardown(self) -> None:
        """Stripe is well again; the call ends, and the reconciler runs until nothing is left to do."""
        if not hasattr(self, "incident"):
            return
        self.sandbox.clear_faults()
        self.end(EndReason.CALLER_STOPPED)
        for _ in range(3):
            self.reconcile(self.gateway)
        assert self.store.to_settle(0) == []
        assert audit(self.store, self.gateway) == []
        self.all_is_settled()

    def all_is_settled(self) -> None:
        account = self.store.account(self.incident)
        assert all(hold.status.is_final for hold in account.holds)
        taken = sum(hold.capture_cents or 0 for hold in account.holds if hold.status is HoldStatus.CAPTURED)
        owed = sum(debt.cents for debt in self.store.debts() if debt.incident_id == self.incident and debt.reason == "hold_expired")
        SEEN["debt after a lapse"] += bool(owed)
        SEEN["several captured"] += sum(hold.status is HoldStatus.CAPTURED for hold in account.holds) > 1
        SEEN["refunded"] += any(self.store.refunds(hold.id) for hold in account.holds)
        assert taken + owed == (account.charge.cents if account.charge else 0)
        keys = [seen["key"] for seen in self.sandbox.requests() if seen["path"].endswith("/capture") and seen["status"] == 200]
        for hold in account.holds:
            assert len({key for key in keys if key and key.startswith(str(hold.id))}) <= 2  # the second after Stripe's own 500
            SEEN[hold.status] += 1
        assert not taken or (self.consent and account.accepted)
        assert not self.store.refunds_open()

    # helpers

    def holds(self) -> list[Hold]:
        return self.store.holds(self.incident) if hasattr(self, "incident") else []

    def takes_a_card(self, hold: Hold) -> bool:
        if hold.status is not HoldStatus.CREATED or hold.intent_id is None or self.ended():
            return False
        if self.store.incident(self.incident).cover not in (None, Cover.PREPAID):
            return False  # nobody is charged behind their back
        return self.gateway.retrieve(hold.intent_id).status is IntentStatus.REQUIRES_PAYMENT_METHOD

    def ended(self) -> bool:
        return self.store.account(self.incident).status.value == "ended"

    def end(self, reason: EndReason) -> None:
        self.store.end_incident(self.incident, reason)

    def reconcile(self, gateway: StripeGateway) -> None:
        def settled(incident_id: int) -> None:
            settle(self.store, gateway, incident_id)

        reconcile_once(self.store, gateway, settled, grace=0, since=datetime.now(UTC) - timedelta(hours=1))
        ageing(self.store, gateway)


@pytest.mark.timeout(120 if EXAMPLES <= USUAL else 30 * EXAMPLES)
@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (ASKED, ""),
        (DECLINED_ONCE, "released"),
        (HELD, "released"),
        (TWO_HELD, "released"),
        (TALKED, "captured"),
        (ENDED, "captured"),
        (SETTLED, "captured"),
    ],
    ids=["asked", "declined once", "held", "held twice", "talked", "ended", "settled"],
)
def test_money_is_right_in_any_order(store: Store, paying: Settings, sandbox: SandboxControl, stage: int, expected: str) -> None:
    """The same examples each time; all in one database and one account, so that what one leaves behind would strike the next."""
    SEEN.clear()
    Money.stage, Money.store, Money.sandbox = stage, store, sandbox
    Money.gateway, Money.hasty = StripeGateway(paying), StripeGateway(paying.model_copy(update={"stripe_seconds": HASTE}))
    phases = (Phase.generate, Phase.shrink) if EXAMPLES > USUAL else (Phase.generate,)
    try:
        run_state_machine_as_test(
            Money,
            settings=profile(
                max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, derandomize=EXAMPLES <= USUAL, database=None,
                print_blob=False, phases=phases, suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
    finally:
        Money.gateway.close()
        Money.hasty.close()
        print(sorted(SEEN.items()))
    assert not expected or SEEN[expected]
