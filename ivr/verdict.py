"""What an incident comes to, and which holds pay for it. Pure; no I/O ("Money rules", rules 1 and 2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor
from uuid import UUID

from ivr import tariff
from ivr.model.incident import Consent, Cover
from ivr.model.money import Account, Charge, Hold, HoldStatus, Rate


@dataclass(frozen=True, slots=True)
class Verdict:
    """``captures``: cents of each hold that pays; all others are released. ``debt_cents``: for an administrator to review."""

    charge: Charge
    captures: Mapping[UUID, int]
    debt_cents: int


def verdict(account: Account) -> Verdict:
    """The one decision about an ended incident. Without consent or without an engineer's accept it is nothing, always; so it is
    when the engineer made it free.

    The charge is what will be captured; a hold that Stripe let lapse counts as if it stood, and :func:`missing` is owed then.
    """
    rate = account.rate
    if rate is None or account.consent is not Consent.GIVEN or not account.accepted or account.no_charge:
        return _nothing(account)
    if account.cover is Cover.UNPAID:
        covered = account.agreement_seconds
        owed = tariff.uncapped(rate, counted_seconds(account), agreement_seconds=covered, engineer_lost=account.lost)
        return Verdict(_nothing(account).charge, {}, owed.cents)
    return _prepaid(account, rate) if account.cover is Cover.PREPAID else _nothing(account)


def counted_seconds(account: Account) -> float:
    """What was talked, without the grace: what goes on beyond the allotted time is free."""
    return account.seconds if account.allotted is None else min(account.seconds, account.allotted)


def missing(account: Account) -> int:
    """Cents of a decided charge that were not captured, once nothing more can be: Stripe let holds lapse. 0 when nothing is missing."""
    if account.charge is None or account.cover is not Cover.PREPAID:
        return 0
    return max(0, account.charge.cents - sum(hold.capture_cents or 0 for hold in _with_status(account, HoldStatus.CAPTURED)))


def _prepaid(account: Account, rate: Rate) -> Verdict:
    standing = _with_status(account, HoldStatus.HELD)
    lapsed = _with_status(account, HoldStatus.EXPIRED)
    charge = _charge(account, rate, _sum(standing) + _sum(lapsed))
    captures = tariff.shares(charge.cents, [(hold.id, hold.amount_cents) for hold in standing], rate.currency)
    if not lapsed:  # a rest under Stripe's minimum is captured from nobody, so it is not charged either
        charge = _charge(account, rate, sum(captures.values()))
    return Verdict(charge, captures, 0)


def _charge(account: Account, rate: Rate, held_cents: int) -> Charge:
    covered = account.agreement_seconds
    return tariff.charge(rate, counted_seconds(account), held_cents=held_cents, agreement_seconds=covered, engineer_lost=account.lost)


def _nothing(account: Account) -> Verdict:
    return Verdict(Charge(max(0, floor(counted_seconds(account))), 0, 0, 0), {}, 0)


def _with_status(account: Account, status: HoldStatus) -> list[Hold]:
    return [hold for hold in account.holds if hold.status is status]


def _sum(holds: list[Hold]) -> int:
    return sum(hold.amount_cents for hold in holds)
