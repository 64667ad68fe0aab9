"""The price of a talk: examples with their exact cents, edges, and amounts that are none."""

from dataclasses import replace

import pytest

from ivr.errors import BadAmount
from ivr.model.money import Charge, Rate
from ivr.tariff import CURRENCIES, MOST_CENTS, block_cents, blocks, charge, shares, uncapped

RATE = Rate(id=1, price_cents=500, minimum_minutes=15, increment_minutes=5, currency="USD", blocks=(15, 30, 60))
TAXED = replace(RATE, tax_basis_points=825)
HELD = 30 * 500


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [(0, 0), (20, 0), (29, 0), (29.999, 0), (30, 15), (31, 15), (15 * 60, 15), (15 * 60 + 0.9, 15), (15 * 60 + 1, 20), (20 * 60, 20)],
)
def test_the_edges_of_grace_minimum_and_increment(seconds: float, minutes: int) -> None:
    """29 s are free, 30 s cost the minimum, its last second still does, the next one an increment more."""
    assert charge(RATE, seconds, held_cents=HELD) == Charge(int(seconds), minutes, minutes * 500, 0)


def test_parts_that_add_up_to_thirty_seconds_are_thirty_seconds() -> None:
    """Though their sum as floats is a little less, as in any order but the luckiest."""
    parts = [30 / 7] * 7
    assert sum(parts) < 30
    assert charge(RATE, sum(parts), held_cents=HELD).cents == 7_500
    assert charge(RATE, 29.999_999, held_cents=HELD).cents == 0


def test_the_whole_block_comes_to_the_whole_hold() -> None:
    """Who uses the block to its last second pays what the prompt said, tax included."""
    held = block_cents(TAXED, 30)
    assert charge(TAXED, 30 * 60, held_cents=held) == Charge(1800, 30, 16_238, 1_238)
    assert held == 16_238  # 15,000 and 8.25 % of it, 1,237.5, rounded up


@pytest.mark.parametrize(
    ("price", "basis_points", "cents"), [(100, 50, 101), (100, 49, 100), (99, 500, 104), (110, 500, 116), (90, 500, 95)]
)
def test_half_a_cent_of_tax_is_rounded_up(price: int, basis_points: int, cents: int) -> None:
    """0.5, 5.5 and 4.5 become 1, 6 and 5; 0.49 and 4.95 as everybody rounds."""
    assert block_cents(replace(RATE, price_cents=price, tax_basis_points=basis_points), 1) == cents


def test_never_more_than_was_held() -> None:
    """A talk that outran its hold is charged the hold; the tax is the tax in that amount."""
    assert charge(TAXED, 3600, held_cents=10_825) == Charge(3600, 60, 10_825, 825)


def test_nothing_held_is_nothing_charged() -> None:
    """Without a hold there is nothing to take, whatever was talked; what is owed is the uncapped charge."""
    assert charge(RATE, 3600, held_cents=0) == Charge(3600, 0, 0, 0)
    assert uncapped(RATE, 3600) == Charge(3600, 60, 30_000, 0)


def test_under_stripes_minimum_is_nothing() -> None:
    """49 cents can't be captured, 50 can. A debt has no such limit."""
    cheap = Rate(1, price_cents=49, minimum_minutes=1, increment_minutes=1, currency="USD")
    assert charge(cheap, 60, held_cents=1000).cents == 0
    assert charge(replace(cheap, price_cents=50), 60, held_cents=1000).cents == 50
    assert charge(RATE, 60, held_cents=49).cents == 0
    assert uncapped(cheap, 60).cents == 49


@pytest.mark.parametrize(("seconds", "cents"), [(29, 0), (15 * 60 - 1, 0), (15 * 60, 7_500), (15 * 60 + 1, 10_000)])
def test_an_engineer_lost_before_the_minimum_was_served_is_free(seconds: int, cents: int) -> None:
    """From the last second of the minimum on, losing the engineer changes nothing."""
    assert charge(RATE, seconds, held_cents=HELD, engineer_lost=True).cents == cents


@pytest.mark.parametrize(("agreement", "minutes"), [(0, 20), (1, 20), (60, 20), (61, 20), (301, 15), (1199, 15), (1200, 0), (9999, 0)])
def test_agreement_seconds_go_first(agreement: int, minutes: int) -> None:
    """20 minutes of talk: what the agreement does not cover is rounded once, with the minimum below it."""
    assert charge(RATE, 1200, held_cents=HELD, agreement_seconds=agreement).minutes == minutes


def test_a_rate_without_minimum() -> None:
    """Then the increment alone decides."""
    free = replace(RATE, minimum_minutes=0, increment_minutes=1)
    assert charge(free, 61, held_cents=HELD).minutes == 2
    assert charge(free, 61, held_cents=HELD, engineer_lost=True).minutes == 2


@pytest.mark.parametrize(
    ("given", "offered"),
    [((60, 15, 30, 15), (15, 30, 60)), ((10, 14, 16, 20), (20,)), ((), (15,)), ((10, 17), (15,)), ((-5, 0, 15), (15,))],
)
def test_blocks_are_sorted_unique_reach_the_minimum_and_lie_on_the_increment(given: tuple[int, ...], offered: tuple[int, ...]) -> None:
    """There is always one: the shortest that reaches the minimum."""
    assert blocks(replace(RATE, blocks=given)) == offered


def test_the_only_block_of_a_minimum_off_the_increment() -> None:
    """Minimum 15, increment 10: 20 minutes are the shortest block. Without minimum it is one increment."""
    assert blocks(replace(RATE, increment_minutes=10, blocks=(15,))) == (20,)
    assert blocks(replace(RATE, minimum_minutes=0, blocks=())) == (5,)


def test_shares_take_the_oldest_hold_first() -> None:
    """Each hold gives at most its amount; later ones what is left, or nothing."""
    assert shares(12_000, [("a", 7_500), ("b", 7_500), ("c", 7_500)], "USD") == {"a": 7_500, "b": 4_500, "c": 0}
    assert shares(0, [("a", 7_500)], "usd") == {"a": 0}
    assert shares(100, [], "usd") == {}


def test_a_share_under_stripes_minimum_is_none() -> None:
    """49 cents of the second hold are left to the caller."""
    assert shares(7_549, [("a", 7_500), ("b", 7_500)], "usd") == {"a": 7_500, "b": 0}
    assert shares(7_550, [("a", 7_500), ("b", 7_500)], "usd") == {"a": 7_500, "b": 50}


@pytest.mark.parametrize("cents", [0, -1, 0.5, 500.0, "500", None, True, 2**63, 2**64 + 500, MOST_CENTS + 1])
def test_no_amount_of_money(cents: object) -> None:
    """Bad inputs 8: zero, negative, fractional, beyond 64 bits, not a number: refused as a price and as a hold."""
    with pytest.raises(BadAmount):
        block_cents(replace(RATE, price_cents=cents), 15)  # type: ignore[arg-type]
    with pytest.raises(BadAmount):
        charge(replace(RATE, price_cents=cents), 60, held_cents=HELD)  # type: ignore[arg-type]
    with pytest.raises(BadAmount):
        shares(100, [("a", cents)], "USD")  # type: ignore[list-item]


@pytest.mark.parametrize("cents", [-1, 0.5, True, None, "1", 2**63])
def test_no_sum_of_money(cents: object) -> None:
    """Nothing held and nothing to share are fine; less, parts and the absurd are not."""
    with pytest.raises(BadAmount):
        charge(RATE, 60, held_cents=cents)  # type: ignore[arg-type]
    with pytest.raises(BadAmount):
        shares(cents, [], "USD")  # type: ignore[arg-type]
    with pytest.raises(BadAmount):
        uncapped(RATE, 60, agreement_seconds=cents)  # type: ignore[arg-type]


@pytest.mark.parametrize("minutes", [0, -15, 1.5, True, MOST_CENTS, 2**70])
def test_no_block(minutes: object) -> None:
    """A block of no minutes, of parts, or of more money than Stripe takes."""
    with pytest.raises(BadAmount):
        block_cents(RATE, minutes)  # type: ignore[arg-type]


def test_a_block_that_stripe_would_not_hold() -> None:
    """Under the least and over the most that Stripe charges."""
    cheap = replace(RATE, price_cents=1, tax_basis_points=0)
    assert block_cents(cheap, 50) == 50
    with pytest.raises(BadAmount):
        block_cents(cheap, 49)
    assert block_cents(cheap, MOST_CENTS) == MOST_CENTS
    with pytest.raises(BadAmount):
        block_cents(replace(cheap, tax_basis_points=1), MOST_CENTS)


@pytest.mark.parametrize("currency", ["", "XXX", "JPY", "KWD", "dollars", "U$D", "\uff35SD"])
def test_an_unknown_currency(currency: str) -> None:
    """Only currencies with two decimals: a yen has none, a dinar three."""
    with pytest.raises(BadAmount):
        charge(replace(RATE, currency=currency), 60, held_cents=HELD)
    with pytest.raises(BadAmount):
        shares(100, [("a", 100)], currency)


@pytest.mark.parametrize(
    "rate", [replace(RATE, increment_minutes=0), replace(RATE, minimum_minutes=-1), replace(RATE, tax_basis_points=-1)], ids=str
)
def test_a_rate_that_makes_no_amount(rate: Rate) -> None:
    """What the records refuse, the rules refuse too."""
    for use in (blocks, lambda rate: block_cents(rate, 15), lambda rate: uncapped(rate, 60)):
        with pytest.raises(BadAmount):
            use(rate)


def test_every_currency_can_be_used_in_capitals() -> None:
    """Rates carry ISO 4217 in capitals, Stripe takes small letters."""
    for code, least in CURRENCIES.items():
        assert code == code.lower()
        assert shares(least, [("a", least)], code.upper()) == {"a": least}
        assert shares(least - 1, [("a", least)], code.upper()) == {"a": 0}
