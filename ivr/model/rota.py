"""Engineers, and who of them is on call. The rules are in :mod:`ivr.oncall`. Dates and times of day are of the layer's own zone."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from ivr.model.offer import Rung


class HandOver(StrEnum):
    """How often the next engineer of a layer takes over."""

    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Engineer:
    """``phones``: E.164, in the order of ringing."""

    id: int
    name: str
    position: int  # the order in which everybody is rung when there is no rota
    active: bool
    phones: tuple[str, ...]

    @property
    def can_be_rung(self) -> bool:
        return self.active and bool(self.phones)


@dataclass(frozen=True, slots=True)
class LevelRule:
    """How a level of the ladder is rung."""

    number: int
    together: bool = False  # everybody at once
    ring_seconds: int | None = None  # None: as the settings say
    ended: bool = False  # nobody on it is no gap any more


@dataclass(frozen=True, slots=True)
class Layer:
    """Engineers who take turns on one level. In force from 00:00 of ``valid_from`` to 00:00 of ``valid_until``."""

    id: int
    level: int
    name: str
    zone: ZoneInfo
    hand_over: HandOver
    weekday: int | None  # 1 Monday … 7 Sunday, of a weekly hand-over
    at: time
    valid_from: date
    valid_until: date | None  # the first day that is no longer the layer's; None is for ever
    members: tuple[int, ...]  # engineers' ids, in turn


@dataclass(frozen=True, slots=True)
class Override:
    """For ``since`` ≤ t < ``until`` this engineer instead of whom the level's layers say."""

    id: int
    level: int
    engineer_id: int
    since: datetime
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Rota:
    """Everything that decides who is on call. The order of its rows means nothing."""

    engineers: tuple[Engineer, ...]
    levels: tuple[LevelRule, ...] = ()
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()
    faults: tuple[str, ...] = ()  # rows that could not be read, in words


@dataclass(frozen=True, slots=True)
class Level:
    """Whom to ring on one level at one moment, and how."""

    number: int
    rungs: tuple[Rung, ...]
    together: bool
    ring_seconds: int | None


@dataclass(frozen=True, slots=True)
class Gap:
    """From ``since`` to ``until`` nobody on this level could be rung. ``level`` None: on any level, or there is no rota and no engineer."""

    level: int | None
    since: datetime
    until: datetime
