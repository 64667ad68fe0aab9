"""The words of the hotline as types. Frozen dataclasses and enums; no I/O.

Money is integers in minor units (cents) with a currency, times are aware datetimes, durations are seconds.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class IncidentStatus(StrEnum):
    """Where an incident stands. Legal changes are enforced in SQL (``docs/states.md``)."""

    OPEN = "open"  # the caller is in the questions
    CONNECTING = "connecting"  # engineers are being offered the incident
    TALKING = "talking"  # an engineer accepted
    ENDED = "ended"


class EndReason(StrEnum):
    """Why an incident ended. The first four are the seed's own, the rest are ours (design, "The caller's way")."""

    RESOLVED = "resolved"
    STABILISED = "stabilised"
    TIME_EXPIRED = "time_expired"
    CALLER_STOPPED = "caller_stopped"
    NO_ENGINEER = "no_engineer"
    REFUSED = "refused"
    ABANDONED = "abandoned"
    ENGINEER_LOST = "engineer_lost"


class Consent(StrEnum):
    """The caller's answer to the disclosure. Only ``GIVEN`` ever allows a charge."""

    GIVEN = "given"
    REFUSED = "refused"
    NONE = "none"  # three silences: an unpaid human


class Cover(StrEnum):
    """Who pays for the call."""

    AGREEMENT = "agreement"
    UNPAID = "unpaid"  # connected without prepayment; an administrator reviews it


class OfferEnd(StrEnum):
    """How one offer to one engineer ended."""

    ACCEPTED = "accepted"
    DECLINED = "declined"  # the phone refused, or 2 at the whisper
    BUSY = "busy"
    NO_ANSWER = "no_answer"  # rang out
    NOT_ACCEPTED = "not_accepted"  # somebody or something answered and did not press 1 (voicemail)
    UNREACHABLE = "unreachable"
    TAKEN = "taken"  # another engineer was first, or 1 came too late
    CALLER_GONE = "caller_gone"


@dataclass(frozen=True, slots=True)
class Rate:
    """What an emergency costs, as valid from one moment. ``price_cents`` is a minute's."""

    id: int
    price_cents: int
    minimum_minutes: int
    increment_minutes: int
    currency: str


@dataclass(frozen=True, slots=True)
class Customer:
    id: int
    account: str
    name: str
    pin_hash: str
    trunks: bool  # rents our SIP trunks


@dataclass(frozen=True, slots=True)
class Coverage:
    """A valid agreement that covers emergencies. ``seconds_left`` None is unlimited; 0 is exhausted."""

    agreement_id: int
    seconds_left: int | None


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as the flow needs it; what is already decided lets another process go on with the call."""

    id: int
    status: IncidentStatus
    reason: EndReason | None
    consent: Consent | None
    customer_id: int | None
    identified: bool  # the question who calls is answered, also when the answer is "unknown"
    cover: Cover | None
    seconds_left: int | None  # allotted at entitlement; None is unlimited


@dataclass(frozen=True, slots=True)
class Rung:
    """One engineer on the ladder with the phone to ring (E.164)."""

    engineer_id: int
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One engineer rung for one incident. ``uniqueid`` is the channel id that we chose for the engineer's leg."""

    id: int
    incident_id: int
    engineer_id: int
    engineer_name: str
    phone: str
    uniqueid: str
    end: OfferEnd | None
    channel: str | None  # Asterisk's channel name, known from the accept on


@dataclass(frozen=True, slots=True)
class LegOver:
    """The news that a leg was hung up. ``cause`` is Q.850; ``failsafe`` is how far the failsafe phones got, "" without them."""

    uniqueid: str
    channel: str
    cause: int
    caller_id: str | None
    failsafe: str


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an incident's timeline."""

    at: datetime
    kind: str
    detail: dict[str, object]


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
class Unfinished:
    """An incident that has not ended, as the sweep sees it."""

    incident_id: int
    status: IncidentStatus
    consent: Consent | None
    ending: EndReason | None
    caller_uniqueids: tuple[str, ...]
    callers_gone: bool  # every caller's leg ended longer ago than the sweep's grace
    silent_seconds: float  # since its last sign of life: event, checkpoint


@dataclass(frozen=True, slots=True)
class IncidentSummary:
    """One line of the list of incidents. ``talked_seconds`` is what was metered so far."""

    id: int
    began_at: datetime
    ended_at: datetime | None
    status: IncidentStatus
    reason: EndReason | None
    account: str | None
    customer: str | None
    caller_id: str | None
    engineer: str | None  # the last who accepted
    talked_seconds: float


@dataclass(frozen=True, slots=True)
class IncidentReport:
    """Everything about one incident that a person asks for, with its timeline, oldest event first."""

    summary: IncidentSummary
    consent: Consent | None
    identified_how: str | None
    cover: Cover | None
    seconds_left: int | None
    events: tuple[Event, ...]
