"""What an administrator enters, as the commands show it. Frozen dataclasses; no I/O. The flow's own views are in ``ivr/model/``."""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ivr.administration.moments import first_moment, last_moment, zone_or_utc
from ivr.model.money import Rate


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A customer with everything but the PIN."""

    id: int
    account: str
    name: str
    email: str | None
    trunks: bool  # rents our SIP trunks
    language: str  # what they hear: en, es
    phones: tuple[str, ...]  # E.164
    created_at: datetime
    closed_at: datetime | None  # ended: recognised no more
    incidents: int


@dataclass(frozen=True, slots=True)
class AgreementRecord:
    """An agreement as it was entered. ``minutes`` of one period, None is unlimited; ``ends_at`` is the first moment after it."""

    id: int
    account: str
    customer: str
    starts_at: datetime
    ends_at: datetime
    covers_emergencies: bool
    minutes: int | None
    period: str  # month, quarter, term
    anchor: date | None
    zone: str
    carry_over: bool
    increment_minutes: int | None
    incidents: int

    def as_data(self) -> dict[str, Any]:
        """For a program; ``is_valid`` is of this moment."""
        return asdict(self) | {"is_valid": self.is_valid(datetime.now(UTC))}

    def term(self) -> tuple[str, str]:
        """The first and the last day in the agreement's zone; with the time of day where it is not a whole day.

        A day may begin at 01:00, where a change of the clocks skips midnight.
        """
        zone = zone_or_utc(self.zone)
        starts, ends = self.starts_at.astimezone(zone), self.ends_at.astimezone(zone)
        first, last = starts.date(), (self.ends_at - timedelta(microseconds=1)).astimezone(zone).date()
        return (
            f"{first}" if first_moment(first, zone) == self.starts_at else f"{starts:%Y-%m-%d %H:%M}",
            f"{last}" if last_moment(last, zone) == self.ends_at else f"{ends:%Y-%m-%d %H:%M}",
        )

    def is_valid(self, at: datetime) -> bool:
        """Whether it is in force."""
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class RateRecord:
    """A rate with its time. ``until`` None: no later one is known. ``incidents`` counts who was told this price and answered."""

    rate: Rate
    valid_from: datetime
    until: datetime | None
    incidents: int


@dataclass(frozen=True, slots=True)
class Block:
    """A phone that may not call. ``until`` None is for good."""

    id: int
    phone: str
    reason: str
    since: datetime
    until: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the audit. ``before`` is None for what was added, ``after`` for what was removed; secrets read "set" or "changed"."""

    id: int
    at: datetime
    who: str
    action: str  # add, change, remove
    entity: str
    key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
