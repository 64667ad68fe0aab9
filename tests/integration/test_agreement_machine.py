"""Any order of reserving, extending, talking, suspending, making free, ending and of late seconds: an agreement is never overspent.

A model of a few lines is held against the records after every step. ``IVR_AGREEMENT_EXAMPLES`` makes it longer.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from math import ceil
from typing import ClassVar

from hypothesis import HealthCheck
from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ivr.config import Settings
from ivr.model.customer import Coverage
from ivr.model.incident import EndReason
from ivr.store import Store
from tests.integration.cast import accepted, called
from tests.integration.conftest import Sql

USUAL = 20
"""So many examples are the same ones each time."""
EXAMPLES = int(os.environ.get("IVR_AGREEMENT_EXAMPLES", USUAL))
STEPS = 30
AGREEMENT = 1
AT_ONCE = 30 * 60
"""Seconds that one call reserves at once."""
SEEN: Counter[str] = Counter()
"""What the examples came to: a machine in which nobody is ever refused proves nothing."""

_numbers = count(1)


@dataclass
class Call:
    """One incident as the model sees it. ``talk``: the open one."""

    id: int
    granted: list[int] = field(default_factory=list)
    talked: float = 0.0
    talk: int | None = None
    saved: float = 0.0
    over: bool = False
    free: bool = False

    def spent(self, increment: int) -> int:
        """Seconds that it takes of the agreement."""
        if self.free:
            return 0
        if not self.over or self.talk is not None:
            return sum(self.granted)
        used = 0 if self.talked < 30 else ceil(self.talked / increment) * increment
        return min(sum(self.granted), used)


class Machine(RuleBasedStateMachine):
    """``store`` and ``sql`` are set by the test; each example begins with an agreement that nobody has used."""

    store: ClassVar[Store]
    sql: ClassVar[Sql]
    calls = Bundle("calls")

    @initialize(target=calls, minutes=st.sampled_from([70, 45, 120, 1]), increment=st.sampled_from([None, 1, 15]))
    def begin(self, minutes: int, increment: int | None) -> Call:
        self.all: list[Call] = []
        self.minutes, self.increment = minutes, (increment or 0) * 60 or 1
        self.sql(
            "UPDATE agreement SET starts_at = clock_timestamp(), minutes = %s, increment_minutes = %s WHERE id = %s",
            minutes, increment, AGREEMENT,
        )  # fmt: skip
        return self.call_in()

    @rule(target=calls)
    def call(self) -> Call:
        return self.call_in()

    def call_in(self) -> Call:
        made = Call(called(self.store).id)
        self.all.append(made)
        granted = self.store.reserve(made.id, Coverage(AGREEMENT, 0))
        left = self.left(made)
        expected = min(AT_ONCE, left) if left >= 60 else 0
        assert granted == expected
        if granted:
            made.granted.append(granted)
            accepted(self.store, made.id)
        SEEN["covered" if granted else "refused"] += 1
        return made

    @rule(call=calls)
    def extend(self, call: Call) -> None:
        more = self.store.extend_reservation(call.id, sum(call.granted))
        covered = call.granted and not call.over
        assert more == (min(AT_ONCE, self.left()) if covered else 0)
        if more:
            call.granted.append(more)
            SEEN["extended"] += 1

    @rule(call=calls, seconds=st.floats(0, 2000), ends=st.booleans())
    def talk(self, call: Call, seconds: float, ends: bool) -> None:
        """The meter writes; whether it also says that it is over."""
        if not call.granted or call.over:
            return
        if call.talk is None:
            offer = self.store.accepted_offer(call.id)
            assert offer is not None
            call.talk, call.saved = self.store.talk_began(offer.uniqueid, "c.1", f"bridge {next(_numbers)}", 1.0), 0.0
        self.store.talk_checkpoint(call.talk, seconds)
        call.talked += max(0.0, seconds - call.saved)
        call.saved = max(call.saved, seconds)
        if ends:
            self.talk_ends(call, seconds)

    @rule(call=calls, seconds=st.floats(0, 2000))
    def late_second(self, call: Call, seconds: float) -> None:
        self.talk_ends(call, seconds)

    def talk_ends(self, call: Call, seconds: float) -> None:
        """Before the incident's end or after it."""
        if call.talk is None:
            return
        self.store.talk_ended(call.talk, seconds)
        call.talked += max(0.0, seconds - call.saved)
        call.talk = None
        SEEN["late" if call.over else "in time"] += 1

    @rule(call=calls)
    def suspend(self, call: Call) -> None:
        if call.granted and not call.over:
            self.sql(f"UPDATE incident SET status = 'suspended', suspended_until = now() WHERE id = {call.id}")

    @rule(call=calls, reason=st.sampled_from([EndReason.RESOLVED, EndReason.CALLER_STOPPED, EndReason.NO_ENGINEER]))
    def end(self, call: Call, reason: EndReason) -> None:
        self.store.end_incident(call.id, reason)
        call.over = True

    @rule(call=calls, seconds=st.floats(0, 2000))
    def end_before_the_meter(self, call: Call, seconds: float) -> None:
        self.talk(call, seconds, ends=False)
        self.end(call, EndReason.CALLER_STOPPED)
        self.never_overspent()
        self.talk_ends(call, seconds + 1)

    @rule(call=calls)
    def make_free(self, call: Call) -> None:
        if call.granted and not call.over:
            self.sql(f"UPDATE incident SET no_charge = true WHERE id = {call.id}")
            call.free = True

    def left(self, *without: Call) -> int:
        return self.minutes * 60 - sum(one.spent(self.increment) for one in self.all if one not in without)

    @invariant()
    def never_overspent(self) -> None:
        if not hasattr(self, "all"):
            return
        use = self.store.agreement_use(AGREEMENT)
        assert use is not None
        assert use.left is not None
        assert 0 <= use.used + use.reserved <= self.minutes * 60
        assert use.left == self.left()


def test_an_agreement_is_never_overspent(store: Store, sql: Sql, settings: Settings) -> None:
    with Store(settings.model_copy(update={"reserve_minutes": AT_ONCE // 60})) as small:
        Machine.store, Machine.sql = small, staticmethod(sql)
        health = [HealthCheck.too_slow, HealthCheck.filter_too_much]
        run_state_machine_as_test(
            Machine,
            settings=profile(
                max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, derandomize=EXAMPLES == USUAL, suppress_health_check=health
            ),
        )
    print(dict(SEEN))
    assert EXAMPLES != USUAL or {"covered", "refused", "extended", "in time", "late"} <= set(SEEN)
