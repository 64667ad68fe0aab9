"""What became of a call: the incident, where it stands, and why it ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class IncidentStatus(StrEnum):
    """Where an incident stands. Legal changes are enforced in SQL (``docs/states.md``)."""

    OPEN = "open"  # the caller is in the questions
    CONNECTING = "connecting"  # engineers are being offered the incident
    TALKING = "talking"  # an engineer accepted
    SUSPENDED = "suspended"  # the caller's line dropped after an accept; a redial within the window goes on
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
    PAYMENT_FAILED = "payment_failed"


class Consent(StrEnum):
    """The caller's answer to the disclosure. Only ``GIVEN`` ever allows a charge."""

    GIVEN = "given"
    REFUSED = "refused"
    NONE = "none"  # three silences: an unpaid human


class Category(StrEnum):
    """What the caller says is wrong (seed, "What is an Emergency?")."""

    OUTAGE = "outage"
    TELEPHONY = "telephony"
    HOSTED = "hosted"
    TRUNKS = "trunks"  # our own SIP trunks


class Cover(StrEnum):
    """Who pays for the call."""

    AGREEMENT = "agreement"
    PREPAID = "prepaid"  # a hold stands
    TRUNKS = "trunks"  # the customer reports our own SIP trunks down: not charged
    UNPAID = "unpaid"  # connected without prepayment; an administrator reviews it


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as the flow needs it; what is already decided lets another process go on with the call."""

    id: int
    status: IncidentStatus
    reason: EndReason | None
    consent: Consent | None
    customer_id: int | None
    identified_how: str | None  # answer to the question who calls, also when it is "unknown"; None until then
    cover: Cover | None
    seconds_left: int | None  # allotted at entitlement; None is unlimited
    category: Category | None = None
    trunk_claim: bool = False  # the caller says that our own trunks are down
    claimed_id: int | None = None  # the customer whose account was named without its PIN
    no_charge: bool = False  # an engineer made the call free
    resume_code: str | None = None  # four digits that let a guest come back
    suspended_until: datetime | None = None  # the end of the window for coming back
    category_asked: bool = False  # also when nothing was answered
    trunks_asked: bool = False  # whether it is our trunks, likewise
    language: str = "en"  # what the caller hears
    ending: EndReason | None = None  # the engineer's ending key, if one was pressed
    engineer_channel: str | None = None  # of the engineer who has the incident now; None when nobody has


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
    accepted: bool = False  # an engineer has pressed 1
    lost: bool = False  # and was cut off, and nobody has the incident now
    elsewhere: bool = False  # on another node that is heard of: only that one knows its channels
