"""Times, days and zones as an administrator types them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.administration import moments

NEW_YORK = ZoneInfo("America/New_York")


def test_a_time_with_a_zone_is_that_instant() -> None:
    """In any form of ISO 8601."""
    wanted = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    for text in ("2026-03-01T09:30+01:00", "2026-03-01 08:30Z", " 2026-03-01T03:30-05:00 "):
        assert moments.moment(text) == wanted


def test_a_time_without_a_zone_is_this_machines() -> None:
    """As a clock on its wall shows it."""
    assert moments.moment("2026-03-01T09:30") == datetime(2026, 3, 1, 9, 30).astimezone()
    assert abs(moments.moment("now") - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    "text", ["", "soon", "25:00", "2026-02-30", "2026-13-01T00:00", "1989-12-31", "9999-12-31", "2200-01-01", "1" * 5000]
)
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    """The text is cut short; nobody reads five thousand digits."""
    for read in (moments.moment, moments.day):
        with pytest.raises(ValueError, match=r"2026|1990") as refused:
            read(text)
        assert len(str(refused.value)) < 150


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("America/NewYork", "America/New_York"),
        ("Berlin", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        ("qqqqqq", "America/New_York"),
    ],
)
def test_an_unknown_zone_suggests_near_ones(text: str, meant: str) -> None:
    """By the whole name or by the city."""
    with pytest.raises(ValueError, match=meant):
        moments.zone(text)
    assert moments.zone(meant).key == meant


def test_a_day_lasts_from_midnight_to_midnight_where_it_is() -> None:
    """23 hours on the day when the clocks go forward, 25 when they go back; and where midnight itself is skipped, from the change on."""
    for day, hours in ((date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 7, 1), 24)):
        assert moments.last_moment(day, NEW_YORK) - moments.first_moment(day, NEW_YORK) == timedelta(hours=hours)
    assert moments.first_moment(date(2026, 7, 1), NEW_YORK) == datetime(2026, 7, 1, 4, tzinfo=UTC)
    assert moments.first_moment(date(2026, 3, 29), ZoneInfo("Asia/Beirut")) == datetime(2026, 3, 28, 22, tzinfo=UTC)
