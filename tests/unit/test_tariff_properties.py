"""What holds for every rate, talk and hold: the price held against an independent calculation with fractions."""

from fractions import Fraction
from math import ceil, floor
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.model.money import Rate
from ivr.tariff import CURRENCIES, block_cents, blocks, charge, shares, uncapped

EXAMPLES = settings(max_examples=500)
LEAST = CURRENCIES["usd"]

RATES = st.builds(
    Rate,
    id=st.just(1),
    price_cents=st.integers(1, 20_000),
    minimum_minutes=st.integers(0, 60),
    increment_minutes=st.integers(1, 30),
    currency=st.just("USD"),
    blocks=st.lists(st.integers(-10, 240), max_size=6).map(tuple),
    tax_basis_points=st.integers(0, 3_000),
)
SECONDS = st.one_of(st.integers(0, 4 * 3600), st.floats(0, 4 * 3600), st.integers(0, 240).map(lambda minutes: minutes * 60))
HELD = st.one_of(st.integers(0, 200), st.integers(0, 5_000_000))
AGREEMENT = st.one_of(st.just(0), st.integers(0, 2 * 3600))
AMOUNTS = st.one_of(st.integers(1, 120), st.integers(1, 500_000))
MICROSECONDS = st.integers(0, 3600 * 10**6)


def by_fractions(rate: Rate, seconds: Fraction, agreement: int, lost: bool) -> tuple[int, Fraction]:
    """Minutes and cents (before rounding) as rule 2 says them, in another way than the code does: increments are counted up."""
    if seconds < 30 or (lost and seconds < 60 * rate.minimum_minutes):
        return 0, Fraction(0)
    rest = floor(seconds) - agreement
    minutes = 0
    while minutes * 60 < rest:
        minutes += rate.increment_minutes
    if rest > 0:
        minutes = max(minutes, rate.minimum_minutes)
    return minutes, Fraction(minutes * rate.price_cents) * (1 + Fraction(rate.tax_basis_points, 10_000))


def half_up(cents: Fraction) -> int:
    """The nearest whole number, the upper of two."""
    return floor(cents + Fraction(1, 2))


@EXAMPLES
@given(RATES, SECONDS, AGREEMENT, st.booleans())
def test_minutes_and_cents_are_exact(rate: Rate, seconds: float, agreement: int, lost: bool) -> None:
    """Minimum, increment and tax, a half cent up, as the independent calculation has them."""
    minutes, cents = by_fractions(rate, Fraction(round(seconds, 6)), agreement, lost)
    used = uncapped(rate, seconds, agreement_seconds=agreement, engineer_lost=lost)
    assert (used.minutes, used.cents) == (minutes, half_up(cents))
    assert used.tax_cents == used.cents - minutes * rate.price_cents


@EXAMPLES
@given(RATES, SECONDS, HELD, AGREEMENT, st.booleans())
def test_never_above_held_never_below_zero(rate: Rate, seconds: float, held: int, agreement: int, lost: bool) -> None:
    """What is charged is what was used or what was held, or nothing when that is too little for Stripe."""
    used = uncapped(rate, seconds, agreement_seconds=agreement, engineer_lost=lost).cents
    taken = charge(rate, seconds, held_cents=held, agreement_seconds=agreement, engineer_lost=lost)
    assert 0 <= taken.tax_cents <= taken.cents <= held
    assert taken.cents == (min(used, held) if min(used, held) >= LEAST else 0)
    assert (taken.cents == 0) == (taken.minutes == 0)


@EXAMPLES
@given(RATES, SECONDS, SECONDS, HELD, AGREEMENT, st.booleans())
def test_longer_is_never_cheaper(rate: Rate, one: float, other: float, held: int, agreement: int, lost: bool) -> None:
    """Monotonic in time."""
    short, long = (
        charge(rate, seconds, held_cents=held, agreement_seconds=agreement, engineer_lost=lost) for seconds in sorted((one, other))
    )
    assert short.cents <= long.cents
    assert short.minutes <= long.minutes
    assert short.seconds <= long.seconds


@EXAMPLES
@given(RATES, SECONDS, HELD, HELD, AGREEMENT, AGREEMENT)
def test_more_held_never_costs_less_and_more_agreement_never_more(
    rate: Rate, seconds: float, one: int, other: int, few: int, many: int
) -> None:
    """Monotonic in what is held, and the other way in what the agreement covers."""
    low, high = sorted((one, other))
    few, many = sorted((few, many))
    assert charge(rate, seconds, held_cents=low).cents <= charge(rate, seconds, held_cents=high).cents
    covered_more = charge(rate, seconds, held_cents=high, agreement_seconds=many)
    assert covered_more.cents <= charge(rate, seconds, held_cents=high, agreement_seconds=few).cents


@EXAMPLES
@given(RATES, st.lists(MICROSECONDS, min_size=1, max_size=8), st.lists(AMOUNTS, max_size=5), st.randoms(use_true_random=False))
def test_drops_and_top_ups_in_any_order_cost_the_same(rate: Rate, legs: list[int], holds: list[int], random: Random) -> None:
    """The same talk in one piece, in pieces in any order, with its holds in any order: the same charge, though floats add up otherwise."""
    whole = charge(rate, sum(legs) / 10**6, held_cents=sum(holds))
    random.shuffle(legs)
    random.shuffle(holds)
    assert charge(rate, sum(leg / 10**6 for leg in legs), held_cents=sum(holds)) == whole
    assert whole.seconds == sum(legs) // 10**6


@EXAMPLES
@given(RATES, st.integers(30, 4 * 3600), st.booleans())
def test_a_block_is_enough_for_its_minutes(rate: Rate, seconds: int, lost: bool) -> None:
    """Whoever talks no longer than a block that is on offer never pays more than its price, and all of it pays exactly that."""
    for minutes in blocks(rate):
        price = rate.price_cents * minutes + half_up(Fraction(rate.price_cents * minutes * rate.tax_basis_points, 10_000))
        assert uncapped(rate, min(seconds, minutes * 60), engineer_lost=lost).cents <= price
        assert uncapped(rate, minutes * 60).cents == price
        if price >= LEAST:
            assert block_cents(rate, minutes) == price


@EXAMPLES
@given(RATES)
def test_blocks_are_ascending_unique_and_legal(rate: Rate) -> None:
    """At least one; none below the minimum or off the increment; none that the administrator did not write, while one of those is legal."""
    offered = blocks(rate)
    assert list(offered) == sorted(set(offered))
    assert offered
    assert all(minutes >= max(1, rate.minimum_minutes) and minutes % rate.increment_minutes == 0 for minutes in offered)
    legal = {minutes for minutes in rate.blocks if minutes > 0 and minutes in range(0, 999, rate.increment_minutes)}
    legal = {minutes for minutes in legal if minutes >= rate.minimum_minutes}
    shortest = max(1, ceil(Fraction(rate.minimum_minutes, rate.increment_minutes))) * rate.increment_minutes
    assert set(offered) == (legal or {shortest})


@EXAMPLES
@given(st.integers(0, 1_000_000), st.lists(AMOUNTS, max_size=6), st.sampled_from(sorted(CURRENCIES)))
def test_shares_are_the_charge_oldest_first(cents: int, amounts: list[int], currency: str) -> None:
    """They sum to min(charge, held) less one part that Stripe would not take from a hold, besides holds under the minimum themselves."""
    least = CURRENCIES[currency]
    taken = shares(cents, list(enumerate(amounts)), currency.upper())
    before = [sum(amounts[:place]) for place in range(len(amounts))]
    wanted = [max(0, min(cents - start, amount)) for start, amount in zip(before, amounts, strict=True)]
    assert sum(wanted) == min(cents, sum(amounts))
    assert list(taken.values()) == [share if share >= least else 0 for share in wanted]
    assert list(taken) == list(range(len(amounts)))
    if all(amount >= least for amount in amounts):
        assert min(cents, sum(amounts)) - sum(taken.values()) < least


@EXAMPLES
@given(RATES, SECONDS, st.lists(st.integers(50, 100_000), max_size=5))
def test_what_is_captured_is_never_more_than_was_used(rate: Rate, seconds: float, amounts: list[int]) -> None:
    """Charge and shares together, as the settlement uses them."""
    used = uncapped(rate, seconds).cents
    taken = charge(rate, seconds, held_cents=sum(amounts)).cents
    captured = shares(taken, list(enumerate(amounts)), rate.currency)
    assert sum(captured.values()) <= taken <= min(used, sum(amounts))
    assert all(captured[place] <= amount for place, amount in enumerate(amounts))
