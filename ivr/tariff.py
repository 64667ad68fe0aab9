"""What a talk costs. Pure; no I/O. One calculation for prompt, receipt, timeline and capture ("Money rules", rule 2).

Amounts are whole cents (minor units), times seconds. Every amount is integer arithmetic.
"""

from collections.abc import Mapping, Sequence
from math import floor
from types import MappingProxyType
from typing import Final, TypeVar

from ivr.errors import BadAmount
from ivr.model.money import Charge, Rate

Id = TypeVar("Id")

GRACE_SECONDS: Final = 30
"""A talk shorter than this is free ("Money rules", rule 2)."""

MOST_CENTS: Final = 99_999_999
"""The largest amount of one charge that Stripe takes (docs.stripe.com/currencies, eight digits)."""

CURRENCIES: Final[Mapping[str, int]] = MappingProxyType({
    "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 15_00, "dkk": 2_50, "eur": 50, "gbp": 30, "hkd": 4_00, "huf": 175_00,
    "inr": 50, "mxn": 10_00, "myr": 2_00, "nok": 3_00, "nzd": 50, "pln": 2_00, "ron": 2_00, "sek": 3_00, "sgd": 50, "thb": 10_00, "usd": 50,
})  # fmt: skip
"""Currencies with two decimals, and the least cents that Stripe charges in each (docs.stripe.com/currencies, "Minimum and maximum")."""

_MOST_SUM: Final = 2**63 - 1  # PostgreSQL's bigint
_WHOLE: Final = 10_000  # basis points


def block_cents(rate: Rate, minutes: int) -> int:
    """What ``minutes`` cost, tax included, a half cent rounded up.

    Raises BadAmount when Stripe could not hold it, or when the rate or ``minutes`` make no amount.
    """
    _check(rate)
    cents = _with_tax(rate, _whole(minutes, "minutes", least=1) * rate.price_cents)
    return _whole(cents, "a block in cents", least=_least(rate.currency), most=MOST_CENTS)


def blocks(rate: Rate) -> tuple[int, ...]:
    """Minutes that can be prepaid, ascending: the rate's own that reach the minimum and lie on the increment.

    When none does, the shortest that would. Raises BadAmount on a rate that makes no amount.
    """
    _check(rate)
    fit = {minutes for minutes in rate.blocks if minutes >= max(1, rate.minimum_minutes) and minutes % rate.increment_minutes == 0}
    return tuple(sorted(fit)) or (_up(max(1, rate.minimum_minutes), rate.increment_minutes),)


def charge(rate: Rate, seconds: float, *, held_cents: int, agreement_seconds: int = 0, engineer_lost: bool = False) -> Charge:
    """What ``seconds`` of talk come to, all legs, resumes and top-ups added; never more than ``held_cents``.

    Nothing under 30 s, when we lost the engineer before the minimum was served, and under the least that Stripe charges.
    ``agreement_seconds`` go first; the rest is max(minimum, rounded up once to the increment). Raises BadAmount.
    """
    _whole(held_cents, "the held cents", most=_MOST_SUM)
    used = uncapped(rate, seconds, agreement_seconds=agreement_seconds, engineer_lost=engineer_lost)
    cents = min(used.cents, held_cents)
    if cents == used.cents >= _least(rate.currency):
        return used
    if cents < _least(rate.currency):
        return Charge(used.seconds, 0, 0, 0)
    return Charge(used.seconds, used.minutes, cents, _tax_within(rate, cents))


def uncapped(rate: Rate, seconds: float, *, agreement_seconds: int = 0, engineer_lost: bool = False) -> Charge:
    """The same without a limit by holds or by Stripe's minimum: what a caller who was connected unpaid owes. Raises BadAmount."""
    _check(rate)
    _whole(agreement_seconds, "the agreement's seconds", most=_MOST_SUM)
    talked = _whole_seconds(seconds)
    minutes = 0 if _free(rate, talked, engineer_lost) else _minutes(rate, talked - agreement_seconds)
    cents = _with_tax(rate, minutes * rate.price_cents)
    return Charge(talked, minutes, cents, _tax_within(rate, cents))


def shares(cents: int, holds: Sequence[tuple[Id, int]], currency: str) -> dict[Id, int]:
    """``cents`` spread over ``holds`` (id and cents, oldest first): each at most its amount, 0 where Stripe's minimum isn't reached.

    What is to be captured is therefore the sum of the shares, which may fall short of ``cents``. Raises BadAmount.
    """
    left = _whole(cents, "the charge in cents", most=_MOST_SUM)
    least = _least(currency)
    taken: dict[Id, int] = {}
    for name, amount in holds:
        share = min(left, _whole(amount, "a hold in cents", least=1, most=MOST_CENTS))
        left -= share
        taken[name] = share if share >= least else 0
    return taken


def _free(rate: Rate, talked: int, engineer_lost: bool) -> bool:
    return talked < GRACE_SECONDS or (engineer_lost and talked < rate.minimum_minutes * 60)


def _minutes(rate: Rate, seconds: int) -> int:
    """Minutes charged for ``seconds`` beyond the agreement."""
    if seconds <= 0:
        return 0
    return max(rate.minimum_minutes, _up(-(-seconds // 60), rate.increment_minutes))


def _whole_seconds(seconds: float) -> int:
    """Whole seconds; rounded to the microsecond first, because a sum of floats depends on its order."""
    return max(0, floor(round(seconds, 6)))


def _up(minutes: int, increment: int) -> int:
    return -(-minutes // increment) * increment


def _with_tax(rate: Rate, cents: int) -> int:
    return cents + _half_up(cents * rate.tax_basis_points, _WHOLE)


def _tax_within(rate: Rate, cents: int) -> int:
    """The tax in ``cents`` that include it."""
    return _half_up(cents * rate.tax_basis_points, _WHOLE + rate.tax_basis_points)


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _least(currency: str) -> int:
    try:
        return CURRENCIES[currency.lower()]
    except KeyError:
        raise BadAmount(f"The currency {currency[:20]!r} is not known here.") from None


def _check(rate: Rate) -> None:
    _whole(rate.price_cents, "the price in cents", least=1, most=MOST_CENTS)
    _whole(rate.increment_minutes, "the increment in minutes", least=1)
    _whole(rate.minimum_minutes, "the minimum in minutes")
    _whole(rate.tax_basis_points, "the tax in basis points")
    _least(rate.currency)


def _whole(value: int, name: str, *, least: int = 0, most: int = MOST_CENTS) -> int:
    """``value`` when it is a whole number in these bounds; a bool is none."""
    if type(value) is not int or not least <= value <= most:
        raise BadAmount(f"{str(value)[:30]} is no amount for {name}: it must be a whole number from {least} to {most}.")
    return value
