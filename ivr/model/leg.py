"""Legs of the line, and the metered talks between two of them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LegOver:
    """The news that a leg was hung up. ``cause`` is Q.850; ``failsafe`` is how far the failsafe phones got, "" without them."""

    uniqueid: str
    channel: str
    cause: int
    caller_id: str | None
    failsafe: str
    crashed: bool = False  # Asterisk went away under it: nobody hung up


@dataclass(frozen=True, slots=True)
class OpenLeg:
    """A caller's leg that has not ended as far as the records know."""

    uniqueid: str
    channel: str
    began_at: datetime


@dataclass(frozen=True, slots=True)
class OpenTalk:
    """A metered talk that has not ended. ``started_monotonic`` (s) means something only on the boot ``boot_id``."""

    id: int
    incident_id: int
    offer_uniqueid: str
    caller_uniqueid: str
    bridge: str
    started_monotonic: float
    boot_id: str
    seconds: float  # at the last checkpoint


@dataclass(frozen=True, slots=True)
class TalkLimit:
    """How long a talk that goes on may last. Seconds are the whole incident's."""

    talk_id: int
    incident_id: int
    channel: str  # the caller's
    allotted: int | None  # None is without a limit
    covered: bool  # by an agreement, which may give more
    before: float  # talked in the incident's other talks
    said: frozenset[str]  # prompts about the time that both sides have heard
