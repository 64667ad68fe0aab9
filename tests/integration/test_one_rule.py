"""What is free is said twice: by ``reservation_now`` for an agreement's minutes, in SQL, and by the verdict for money, in Python.

Each example is one incident whose agreement paid. What SQL says was used is held against what the same talk would have cost unpaid.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ivr.model.incident import Consent, Cover, EndReason
from ivr.store import Store
from ivr.verdict import verdict
from tests.integration.agreements import AGREEMENT
from tests.integration.cast import accepted, called
from tests.integration.conftest import Amend, Sql

SECOND = 10**6
"""Microseconds: what both languages round to."""
HALF_A_MINUTE, MINUTE = 30 * SECOND, 60 * SECOND
ENDS = ("resolved", "lost", "lost for good", "put down")


@dataclass(frozen=True)
class Talk:
    """``microseconds`` in all, in pieces that end at ``cuts`` of it; ``reserved``: seconds in the order of reserving, None: no limit."""

    microseconds: int
    end: str = "resolved"
    cuts: tuple[float, ...] = ()
    reserved: tuple[int | None, ...] = (7200,)
    increment: int | None = None
    free: str = ""

    def pieces(self) -> list[float]:
        """Seconds."""
        places = sorted((0, self.microseconds, *(round(self.microseconds * cut) for cut in self.cuts)))
        return [(end - begin) / SECOND for begin, end in pairwise(places)]

    def used(self) -> int:
        """Seconds, rounded up to the increment, in whole numbers alone."""
        step = (self.increment or 0) * MINUTE or SECOND
        return -(-self.microseconds // step) * step // SECOND


LENGTHS = st.one_of(
    st.integers(0, 7200 * SECOND),
    st.builds(lambda minutes, beside: max(0, minutes * HALF_A_MINUTE + beside), st.integers(0, 120), st.integers(-1, 1)),
)
TALKS = st.builds(
    Talk,
    LENGTHS,
    end=st.sampled_from(ENDS),
    cuts=st.lists(st.floats(0, 1), max_size=2).map(tuple),
    reserved=st.one_of(st.just((None,)), st.lists(st.integers(60, 3600), min_size=1, max_size=3).map(tuple)),
    increment=st.sampled_from([None, 1, 15]),
    free=st.sampled_from(["", "", "", "no_charge = true", "cover = 'trunks'"]),
)


def incident(store: Store, sql: Sql, talk: Talk, minimum: int) -> int:
    """The incident that had this talk, ended; ``minimum``: minutes of its rate."""
    number = called(store).id
    rate = next(one.rate for one in store.rates() if one.rate.minimum_minutes == minimum)
    store.consent(number, Consent.GIVEN, rate=rate, prompt_version="1", price_ms=9000)
    for seconds in talk.reserved:
        sql(f"INSERT INTO minute_reservation (incident_id, agreement_id, seconds, at) VALUES ({number}, {AGREEMENT}, %s, now())", seconds)
    sql("UPDATE incident SET cover = 'agreement', agreement_id = %s WHERE id = %s", AGREEMENT, number)
    offer = accepted(store, number)
    for place, piece in enumerate(talk.pieces()):
        store.talk_ended(store.talk_began(offer.uniqueid, "caller", f"bridge-{place}", 1.0), piece)
    if talk.free:
        sql(f"UPDATE incident SET {talk.free} WHERE id = {number}")
    if talk.end in ("lost", "put down"):
        store.engineer_lost(number, dropped=talk.end == "lost")
    assert store.end_incident(number, EndReason.RESOLVED if talk.end == "resolved" else EndReason.ENGINEER_LOST)
    return number


@pytest.mark.parametrize("minimum", [15, 30])
def test_what_costs_nothing_uses_nothing(store: Store, sql: Sql, amend: Amend, minimum: int) -> None:
    """And what costs something uses every second of it, rounded up, oldest reservation first, never more than was reserved."""
    seen = set()

    @settings(max_examples=60, deadline=None)
    @given(talk=TALKS)
    @example(talk=Talk(HALF_A_MINUTE - 1))
    @example(talk=Talk(HALF_A_MINUTE, cuts=(1 / 3,)))
    @example(talk=Talk(15 * MINUTE - 1, "lost"))
    @example(talk=Talk(15 * MINUTE, "lost", cuts=(0.5,)))
    @example(talk=Talk(30 * MINUTE, "lost"))
    @example(talk=Talk(30 * MINUTE - 1, "lost for good"))
    @example(talk=Talk(30 * MINUTE, "lost for good", increment=15, reserved=(60, 3600)))
    @example(talk=Talk(HALF_A_MINUTE - 1, "lost for good"))
    @example(talk=Talk(HALF_A_MINUTE - 1, "put down"))
    @example(talk=Talk(HALF_A_MINUTE, "put down", increment=15))
    @example(talk=Talk(60 * MINUTE, free="no_charge = true"))
    def agree(talk: Talk) -> None:
        amend("increment_minutes = %s", talk.increment)
        number = incident(store, sql, talk, minimum)
        account = store.account(number)
        unpaid = account if account.cover is Cover.TRUNKS else replace(account, cover=Cover.UNPAID)
        free = verdict(replace(unpaid, agreement_seconds=0)).debt_cents == 0
        seen.add((talk.end, free))
        left, expected = 0 if free else talk.used(), []
        for seconds in talk.reserved:
            expected.append(left if seconds is None else min(seconds, left))
            left -= expected[-1]
        assert sql("SELECT spent FROM reservation_now WHERE incident_id = %s ORDER BY id", number) == [(spent,) for spent in expected]
        assert account.agreement_seconds == sum(expected)
        assert left or verdict(unpaid).debt_cents == 0

    agree()
    assert seen == {(end, free) for end in ENDS for free in (True, False)}
