"""Agreements' periods and the minutes in them. Pure; no I/O.

The one place that knows an agreement's calendar: the records are handed the bounds that are computed here, so no second
calendar and no second list of time zones (PostgreSQL has its own) can disagree about when a month begins.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

ENOUGH_SECONDS: Final = 60
"""Seconds under an agreement that are worth beginning with; nobody is cut off in the first sentence."""


class Period(StrEnum):
    """How often an agreement's minutes begin anew."""

    MONTH = "month"
    QUARTER = "quarter"  # three months, from the anchor
    TERM = "term"  # never: they are for the whole term


_UTC: Final = ZoneInfo("UTC")
_MONTHS: Final = {Period.MONTH: 1, Period.QUARTER: 3}


@dataclass(frozen=True, slots=True)
class Terms:
    """What an agreement says about its minutes. ``minutes`` of one period; None is unlimited."""

    starts_at: datetime
    ends_at: datetime
    minutes: int | None
    period: Period = Period.TERM
    anchor: date | None = None  # the first day of some period; None is the day of the start
    zone: ZoneInfo = _UTC
    carry_over: bool = False


def period_of(terms: Terms, at: datetime) -> tuple[datetime, datetime]:
    """The period that ``at`` is in: its first moment and the first after it, in UTC. Raises ValueError outside the term.

    A period begins with the first moment of a day in the agreement's zone, on the anchor's day of the month, in shorter months
    on their last. The first begins with the term, the last ends with it.
    """
    start, end = bounds(terms, at)[-2:]
    return start, end


def bounds(terms: Terms, at: datetime) -> tuple[datetime, ...]:
    """Every beginning of a period from the start of the term to ``at``, and the end of the one that ``at`` is in, in UTC, ascending.

    Raises ValueError outside the term.
    """
    if not terms.starts_at <= at < terms.ends_at:
        raise ValueError(f"{at} is not in the term {terms.starts_at} to {terms.ends_at}")
    start, end = terms.starts_at.astimezone(UTC), terms.ends_at.astimezone(UTC)
    found = [start]
    number = _before(terms, start)
    while found[-1] <= at:
        number += 1
        begins = _beginning(terms, number)
        if begins > start:
            found.append(min(begins, end))
    return tuple(found)


def allotment(minutes: int, used: Sequence[int], *, carry_over: bool) -> int:
    """Seconds of the last period. ``used``: seconds used in each period before it, oldest first.

    With ``carry_over`` what a period leaves is added to the next one, at most one period's worth: whoever never calls has
    twice the minutes, not years of them.
    """
    own = allotted = minutes * 60
    for spent in used if carry_over else ():
        allotted = own + min(own, max(0, allotted - spent))
    return allotted


def _before(terms: Terms, moment: datetime) -> int:
    """The number of a period that begins at ``moment`` or earlier, none of them more than a few. Period 0 begins on the anchor."""
    if terms.period is Period.TERM:
        return -1
    here, anchor = moment.astimezone(terms.zone), _anchor(terms)
    return ((here.year - anchor.year) * 12 + here.month - anchor.month) // _MONTHS[terms.period] - 1


def _beginning(terms: Terms, number: int) -> datetime:
    """The first moment of period ``number``. On a day whose midnight the clocks skip it is the moment of the change,
    on one that has two midnights the first of them."""
    if terms.period is Period.TERM:
        return terms.starts_at.astimezone(UTC) if number == 0 else terms.ends_at.astimezone(UTC)
    anchor = _anchor(terms)
    years, month = divmod(anchor.year * 12 + anchor.month - 1 + number * _MONTHS[terms.period], 12)
    day = date(years, month + 1, min(anchor.day, monthrange(years, month + 1)[1]))
    return datetime.combine(day, time(), terms.zone).astimezone(UTC)


def _anchor(terms: Terms) -> date:
    return terms.anchor or terms.starts_at.astimezone(terms.zone).date()
