"""An agreement's periods: its own calendar, in its own zone, and what is carried from one to the next."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.periods import Period, Terms, allotment, bounds, period_of

HOUR = timedelta(hours=1)
STEPS = {Period.MONTH: 1, Period.QUARTER: 3}
ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana", "Asia/Beirut")
"""Half an hour of daylight saving, three quarters of an hour's offset, midnights that are skipped and that come twice."""


def terms(period: Period, zone: str, anchor: date | None = None, *, start: datetime | None = None, end: datetime | None = None) -> Terms:
    since, until = start or datetime(2024, 1, 1, tzinfo=UTC), end or datetime(2030, 1, 1, tzinfo=UTC)
    return Terms(since, until, 60, period, anchor, ZoneInfo(zone))


def label(local: datetime, anchor_day: int, step: int, anchor_month: int) -> int:
    """Which period a local time is in, found by looking at its date alone: how many beginnings are behind it."""
    month = local.year * 12 + local.month - 1
    begun = local.day >= min(anchor_day, monthrange(local.year, local.month)[1])
    return (month - (not begun) - anchor_month) // step


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana"])
@pytest.mark.parametrize(("period", "day"), [(Period.MONTH, 1), (Period.MONTH, 31), (Period.QUARTER, 15), (Period.QUARTER, 30)])
def test_a_year_hour_by_hour_against_an_independent_calculation(zone: str, period: Period, day: int) -> None:
    """Every hour of fourteen months with two changes of the clocks: two hours are in one period exactly when their dates say so."""
    anchor = date(2023, 10, day)
    agreed, step = terms(period, zone, anchor, start=datetime(2024, 12, 1, tzinfo=UTC)), STEPS[period]
    moment, before = datetime(2025, 1, 1, tzinfo=UTC), None
    while moment < datetime(2026, 3, 1, tzinfo=UTC):
        start, end = period_of(agreed, moment)
        assert start <= moment < end
        local = moment.astimezone(ZoneInfo(zone))
        here = (label(local, day, step, anchor.year * 12 + anchor.month - 1), start)
        assert before is None or (before[0] == here[0]) == (before[1] == here[1]), f"{local} is in the wrong period"
        before, moment = here, moment + HOUR


@given(
    st.sampled_from(Period),
    st.sampled_from(ZONES),
    st.none() | st.dates(date(1990, 1, 1), date(2190, 1, 1)),
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    st.timedeltas(timedelta(minutes=1), timedelta(days=4000)),
    st.floats(0, 1, exclude_max=True),
)
def test_periods_tile_the_term(period: Period, zone: str, anchor: date | None, start: datetime, length: timedelta, part: float) -> None:
    """Without gap or overlap from the first moment of the term to its last, whatever the anchor; ``at`` is in its own."""
    agreed = terms(period, zone, anchor, start=start, end=start + length)
    at = min(start + length * part, agreed.ends_at - timedelta(microseconds=1))
    found = bounds(agreed, at)
    assert found[0] == agreed.starts_at
    assert found[-2] <= at < found[-1] <= agreed.ends_at
    assert list(found) == sorted(set(found))
    for begins, ends in pairwise(found):
        assert period_of(agreed, begins) == (begins, ends)
        assert period_of(agreed, ends - timedelta(microseconds=1)) == (begins, ends)
        assert ends - begins <= timedelta(days={Period.MONTH: 32, Period.QUARTER: 93}.get(period, 4001))


def test_an_anchor_late_in_the_month_is_the_last_day_of_short_months() -> None:
    """And the 31st again after a February: days are not lost on the way."""
    agreed = terms(Period.MONTH, "UTC", date(2024, 1, 31), start=datetime(2024, 1, 31, tzinfo=UTC))
    days = [one.date() for one in bounds(agreed, datetime(2024, 5, 1, tzinfo=UTC))]
    assert days == [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31)]


def test_a_period_begins_at_midnight_in_its_zone_on_either_side_of_a_change() -> None:
    agreed = terms(Period.MONTH, "America/New_York", date(2024, 1, 1))
    assert period_of(agreed, datetime(2025, 3, 20, tzinfo=UTC)) == (
        datetime(2025, 3, 1, 5, tzinfo=UTC),  # winter
        datetime(2025, 4, 1, 4, tzinfo=UTC),  # summer
    )


def test_a_midnight_that_is_skipped_or_comes_twice() -> None:
    """Beirut goes from 00:00 to 01:00 on 30 March 2025: the day begins with the change. Havana has two midnights on 2 November."""
    skipped = terms(Period.MONTH, "Asia/Beirut", date(2024, 1, 30))
    assert period_of(skipped, datetime(2025, 4, 1, tzinfo=UTC))[0] == datetime(2025, 3, 29, 22, tzinfo=UTC)
    twice = terms(Period.MONTH, "America/Havana", date(2024, 1, 2))
    assert period_of(twice, datetime(2025, 11, 5, tzinfo=UTC))[0] == datetime(2025, 11, 2, 4, tzinfo=UTC)


def test_the_first_period_begins_with_the_term_and_the_last_ends_with_it() -> None:
    """Also when the anchor is another day than the start: the first is shorter then."""
    start, end = datetime(2025, 1, 15, 9, tzinfo=UTC), datetime(2025, 3, 10, tzinfo=UTC)
    agreed = terms(Period.MONTH, "UTC", date(2020, 6, 1), start=start, end=end)
    assert bounds(agreed, end - HOUR) == (start, datetime(2025, 2, 1, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC), end)


@pytest.mark.parametrize("off", [-timedelta(microseconds=1), timedelta(days=400)])
@pytest.mark.parametrize("period", Period)
def test_outside_the_term_there_is_no_period(period: Period, off: timedelta) -> None:
    start = datetime(2025, 1, 15, tzinfo=UTC)
    with pytest.raises(ValueError, match="not in the term"):
        period_of(terms(period, "UTC", start=start, end=start + timedelta(days=365)), start + off)


@pytest.mark.parametrize(
    ("used", "carry_over", "minutes"),
    [
        ([], True, 60), ([0], True, 120), ([0, 0, 0], True, 120), ([0], False, 60), ([3600], True, 60), ([1800], True, 90),
        ([0, 7200], True, 60), ([0, 5400], True, 90), ([0, 1800], True, 120), ([9999], True, 60), ([9999, 0], True, 120),
    ],
)  # fmt: skip
def test_what_a_period_leaves_is_carried_over_once(used: list[int], carry_over: bool, minutes: int) -> None:
    """At most one period's worth, oldest minutes used first; more than was allotted takes nothing from the next."""
    assert allotment(60, used, carry_over=carry_over) == minutes * 60


@given(st.integers(0, 1000), st.lists(st.integers(0, 130_000), max_size=40))
def test_carried_minutes_never_come_to_more_than_were_agreed(minutes: int, used: list[int]) -> None:
    """A caller who uses all that each period allots uses in all no more than the periods have, and one period never has more than two."""
    spent: list[int] = []
    for wanted in used:
        allotted = allotment(minutes, spent, carry_over=True)
        assert minutes * 60 <= allotted <= 2 * minutes * 60
        spent.append(min(wanted, allotted))
        assert sum(spent) <= len(spent) * minutes * 60
