"""What agreements pay for: the minutes of their periods, and who has reserved them."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from ivr.errors import UnknownRecord
from ivr.model.customer import AgreementUse, Coverage, NotCovered
from ivr.periods import ENOUGH_SECONDS, Period, Terms, allotment, bounds
from ivr.records.database import Database, Row

log = logging.getLogger(__name__)

_LOOKS: Final = 5
"""How often a reservation looks again because the agreement changed, or a period began, in between."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """One agreement in one of its periods. ``before``: seconds spent in each earlier one that is carried over from."""

    row: Row
    bounds: tuple[datetime, ...]
    before: list[int]
    spent: int  # seconds of the period that are used or reserved
    reserved: int  # of them by calls that go on
    allotted: int | None  # seconds of the period; None is unlimited

    @property
    def left(self) -> int | None:
        return None if self.allotted is None else max(0, self.allotted - self.spent)


class Agreements:
    """All methods raise StoreUnavailable. Periods and minutes: :mod:`ivr.periods` and ``docs/agreements.md``."""

    _db: Database
    _reserve_seconds: int

    def coverage(self, customer_id: int) -> Coverage | None:
        """The agreement that pays now, with the seconds left of its period; None when there is none. Unlimited is best, then most left."""
        found = [Coverage(one.row["id"], one.left, one) for one in self._covering(customer_id)]
        return max(found, key=lambda one: (one.seconds_left is None, one.seconds_left or 0), default=None)

    def why_not_covered(self, customer_id: int) -> NotCovered | None:
        """Why no agreement of this customer pays for an emergency; None when there is no agreement, or when one does."""
        rows = self._terms(customer_id=customer_id)
        valid = [row for row in rows if _is_valid(row)]
        left = [one.left for one in self._covering(customer_id)]
        if any(seconds is None or seconds >= ENOUGH_SECONDS for seconds in left):
            return None
        if left:
            return NotCovered.USED_UP
        if valid:
            return NotCovered.WITHOUT_EMERGENCIES
        return NotCovered.OVER if rows else None

    def reserve(self, incident_id: int, coverage: Coverage) -> int | None:
        """Set minutes of this agreement aside: the incident is covered by it from then on. The seconds that it may be talked about
        in all, at most ``settings.reserve_minutes`` from now on; None without a limit.

        0, and nothing is reserved, when what is left does not reach for what was talked already and a minute more (another call was
        quicker), or when the incident is over, prepaid, free or covered by another agreement.
        However many calls reserve at once, never more is given than is left. Repeated it gives the same.
        """
        standing = coverage.standing if isinstance(coverage.standing, _Standing) else None
        for _ in range(_LOOKS):
            standing = standing or self._one(agreement_id=coverage.agreement_id)
            if standing is None:
                return 0
            row = self._db.row("reserve", incident_id=incident_id, enough=ENOUGH_SECONDS, **self._worked_out(standing))
            if row is not None:
                granted: int | None = row["granted"]
                return granted
            standing = None
        log.error("agreement %d changed %d times while incident %d asked for minutes", coverage.agreement_id, _LOOKS, incident_id)
        return 0

    def extend_reservation(self, incident_id: int, known: int) -> int:
        """More seconds for a talk under an agreement than the ``known`` ones that the incident has; 0 when there are none.

        Two processes that know the same seconds add once: the other one is told what was added.
        They are of the period of this moment. After the end of the term there are none: the talk goes on to what it has.
        """
        for _ in range(_LOOKS):
            standing = self._one(incident_id=incident_id)
            if standing is None or standing.allotted is None:
                return 0
            row = self._db.row("extend", incident_id=incident_id, known=known, **self._worked_out(standing))
            if row is not None:
                return int(row["granted"])
        return 0

    def agreement_use(self, agreement_id: int, at: datetime | None = None) -> AgreementUse | None:
        """How much of an agreement is used in the period of ``at`` (now); None outside its term. Raises UnknownRecord."""
        rows = self._terms(agreement_id=agreement_id)
        if not rows:
            raise UnknownRecord(f"There is no agreement {agreement_id}.")
        moment = at or rows[0]["at"]
        if not _is_valid(rows[0], moment):
            return None
        one = self._standing(rows[0], moment)
        start, end = one.bounds[-2:]
        return AgreementUse(start, end, one.allotted, one.spent - one.reserved, one.reserved, one.left)

    def _covering(self, customer_id: int) -> Iterator[_Standing]:
        """The customer's agreements that are valid now and cover emergencies."""
        for row in self._terms(customer_id=customer_id):
            if row["covers_emergencies"] and _is_valid(row):
                yield self._standing(row, row["at"])

    def _one(self, **key: int) -> _Standing | None:
        """One agreement as it stands now; None when it is none, or does not cover an emergency any more."""
        row = next((row for row in self._terms(**key) if row["covers_emergencies"] and _is_valid(row)), None)
        return self._standing(row, row["at"]) if row else None

    def _standing(self, row: Row, at: datetime) -> _Standing:
        limits = bounds(_terms_of(row), at)
        if not row["carry_over"]:
            limits = limits[-2:]
        spent = self._db.row("spent", agreement_id=row["id"], bounds=limits, start=limits[-2], end=limits[-1])
        seconds, reserved = (spent["seconds"], spent["reserved"]) if spent else ([0] * (len(limits) - 1), 0)
        before = seconds[:-1]
        allotted = None if row["minutes"] is None else allotment(row["minutes"], before, carry_over=row["carry_over"])
        return _Standing(row, limits, before, seconds[-1], reserved, allotted)

    def _terms(self, *, customer_id: int | None = None, agreement_id: int | None = None, incident_id: int | None = None) -> list[Row]:
        return self._db.rows("terms", customer_id=customer_id, agreement_id=agreement_id, incident_id=incident_id)

    def _worked_out(self, one: _Standing) -> Row:
        return {
            "agreement_id": one.row["id"], "version": one.row["version"], "bounds": one.bounds, "before": one.before,
            "allotted": one.allotted, "most": self._reserve_seconds,
        }  # fmt: skip


def _is_valid(row: Row, at: datetime | None = None) -> bool:
    return bool(row["starts_at"] <= (at or row["at"]) < row["ends_at"])


def _terms_of(row: Row) -> Terms:
    return Terms(
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        minutes=row["minutes"],
        period=Period(row["period"]),
        anchor=row["anchor"],
        zone=_zone(row),
        carry_over=row["carry_over"],
    )


def _zone(row: Row) -> ZoneInfo:
    """A zone that this machine does not know must not keep a caller from an engineer: the calendar is UTC's then."""
    try:
        return ZoneInfo(row["zone"])
    except (KeyError, ValueError, OSError):
        log.error("agreement %d has the time zone %r, which is unknown here: its periods are counted in UTC", row["id"], row["zone"])
        return ZoneInfo("UTC")
