"""What an incident comes to and which holds pay for it: the decision alone, without records and without Stripe."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from ivr.model.incident import Consent, Cover, EndReason, IncidentStatus
from ivr.model.money import Account, Charge, Hold, HoldStatus, Rate
from ivr.verdict import missing, verdict

RATE = Rate(id=1, price_cents=250, minimum_minutes=15, increment_minutes=1, currency="USD", blocks=(15, 30))


def hold(number: int, status: HoldStatus = HoldStatus.HELD, capture_cents: int | None = None) -> Hold:
    """A block of 15 minutes for 37.50 USD."""
    moment = datetime(2026, 11, 23, tzinfo=UTC)
    return Hold(UUID(int=number), 1001, 15, 3750, "USD", status, f"pi_{number}", capture_cents, 1, "visa ****4242", moment)


def account(*holds: Hold, seconds: float = 1200.0, cover: Cover | None = Cover.PREPAID) -> Account:
    """An ended incident in which an engineer talked for twenty minutes: 50.00 USD."""
    return Account(
        1001, IncidentStatus.ENDED, EndReason.RESOLVED, Consent.GIVEN, cover, True, False, seconds, RATE, holds or (hold(1), hold(2)), None
    )


@pytest.mark.parametrize("consent", [None, Consent.NONE, Consent.REFUSED])
@pytest.mark.parametrize("cover", [*Cover, None])
def test_without_consent_nothing_is_charged_or_owed(consent: Consent | None, cover: Cover | None) -> None:
    """Whatever was talked and held ("Money rules", rule 1)."""
    found = verdict(replace(account(cover=cover), consent=consent))
    assert (found.charge, dict(found.captures), found.debt_cents) == (Charge(1200, 0, 0, 0), {}, 0)


@pytest.mark.parametrize("cover", [*Cover, None])
def test_without_an_accept_nothing_is_charged_or_owed(cover: Cover | None) -> None:
    """Also if the meter had counted something."""
    found = verdict(replace(account(cover=cover), accepted=False))
    assert (found.charge.cents, dict(found.captures), found.debt_cents) == (0, {}, 0)


@pytest.mark.parametrize("cover", [Cover.AGREEMENT, Cover.TRUNKS, None])
def test_only_what_is_prepaid_is_captured(cover: Cover | None) -> None:
    """An agreement pays, or our own trunks were down, or nobody decided: the holds are released."""
    found = verdict(account(cover=cover))
    assert (found.charge.cents, dict(found.captures), found.debt_cents) == (0, {}, 0)


def test_unpaid_is_a_debt_without_the_limit_of_a_hold() -> None:
    """Nothing is captured, though a hold may stand: the caller was told so."""
    found = verdict(account(cover=Cover.UNPAID, seconds=3600.0))
    assert (found.charge.cents, dict(found.captures), found.debt_cents) == (0, {}, 15000)


@pytest.mark.parametrize(("covered", "cents"), [(0, 15000), (600, 12500), (3599, 3750), (3600, 0), (5400, 0)])
def test_what_an_agreement_covers_is_not_owed(covered: int, cents: int) -> None:
    """Its seconds go first; the rest is at least the minimum."""
    assert verdict(replace(account(cover=Cover.UNPAID, seconds=3600.0), agreement_seconds=covered)).debt_cents == cents


def test_what_an_agreement_covers_is_not_captured() -> None:
    """Of twenty minutes the agreement pays two: 18 are left; when it pays all, both holds are released."""
    assert verdict(replace(account(), agreement_seconds=120)).charge == Charge(1200, 18, 4500, 0)
    assert dict(verdict(replace(account(), agreement_seconds=1200)).captures) == {UUID(int=1): 0, UUID(int=2): 0}


def test_the_oldest_hold_pays_first() -> None:
    """Both pay 50.00 USD together."""
    found = verdict(account())
    assert (found.charge.cents, list(found.captures.values())) == (5000, [3750, 1250])


@pytest.mark.parametrize("status", [HoldStatus.NEW, HoldStatus.CREATED, HoldStatus.CONFIRMING, HoldStatus.RELEASED])
def test_what_is_not_held_pays_nothing(status: HoldStatus) -> None:
    """And it raises no limit either."""
    found = verdict(account(hold(1, status), hold(2)))
    assert (found.charge.cents, dict(found.captures)) == (3750, {UUID(int=2): 3750})


def test_a_lapsed_hold_still_counts_and_leaves_something_missing() -> None:
    """The caller used what was held; what can't be captured any more is owed."""
    given = account(hold(1, HoldStatus.EXPIRED), hold(2))
    found = verdict(given)
    assert (found.charge.cents, dict(found.captures)) == (5000, {UUID(int=2): 3750})
    done = replace(given, charge=found.charge, holds=(hold(1, HoldStatus.EXPIRED), hold(2, HoldStatus.CAPTURED, 3750)))
    assert missing(done) == 1250


@pytest.mark.parametrize("cover", [Cover.AGREEMENT, Cover.TRUNKS, Cover.UNPAID, None])
def test_nothing_is_missing_where_nothing_was_to_be_captured(cover: Cover | None) -> None:
    """Nor before the decision."""
    assert missing(replace(account(cover=cover), charge=Charge(1200, 20, 5000, 0))) == 0
    assert missing(account()) == 0


@pytest.mark.parametrize("reason", [EndReason.ENGINEER_LOST, EndReason.ABANDONED, EndReason.NO_ENGINEER])
@pytest.mark.parametrize("cover", [Cover.PREPAID, Cover.UNPAID])
def test_an_engineer_whom_we_lost_before_the_minimum_costs_nothing(reason: EndReason, cover: Cover) -> None:
    """Whoever gives up while we look for another has not ended the talk: we have (rule 2)."""
    found = verdict(replace(account(cover=cover, seconds=400.0), reason=reason, lost=True))
    assert (found.charge.cents, found.debt_cents) == (0, 0)


def test_a_call_that_nobody_took_up_again_costs_what_was_served() -> None:
    """The engineer had put the phone down, or the caller's line had dropped: it ends as engineer_lost, but nobody was lost."""
    assert verdict(replace(account(seconds=400.0), reason=EndReason.ENGINEER_LOST)).charge.cents == 3750


def test_what_was_served_beyond_the_minimum_is_charged_also_when_we_lost_the_engineer() -> None:
    assert verdict(replace(account(), reason=EndReason.ABANDONED, lost=True)).charge.cents == 5000


@pytest.mark.parametrize("cover", [*Cover, None])
def test_what_an_engineer_made_free_costs_and_owes_nothing(cover: Cover | None) -> None:
    """``*5``, whoever was to pay."""
    found = verdict(replace(account(cover=cover), no_charge=True))
    assert (found.charge, dict(found.captures), found.debt_cents) == (Charge(1200, 0, 0, 0), {}, 0)


@pytest.mark.parametrize(("seconds", "cents"), [(899.0, 3750), (900.0, 3750), (930.0, 3750)])
def test_the_grace_beyond_the_allotted_time_is_free(seconds: float, cents: int) -> None:
    """Also where more is held than the allotted quarter of an hour costs."""
    found = verdict(replace(account(seconds=seconds), allotted=900))
    assert (found.charge.cents, found.charge.seconds) == (cents, min(900, int(seconds)))


def test_the_grace_is_no_debt_either() -> None:
    given = replace(account(cover=Cover.UNPAID, seconds=1830.0), allotted=1800)
    assert verdict(given).debt_cents == 7500
