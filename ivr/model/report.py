"""What people are told of an incident: its report and timeline, messages, pages, the work that is left."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ivr.model.incident import Category, Consent, Cover, EndReason, IncidentStatus
from ivr.model.money import Charge, Hold


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an incident's timeline."""

    at: datetime
    kind: str
    detail: dict[str, object]


@dataclass(frozen=True, slots=True)
class Message:
    """What a caller said whom nobody answered. ``file`` is a name in the folder of messages of the machine ``node``."""

    id: int
    incident_id: int
    file: str
    node: str
    began_at: datetime
    seconds: float | None  # None until it is known; 0 when nothing was said
    heard_at: datetime | None
    heard_by: str | None
    caller_id: str | None = None
    account: str | None = None
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Work that is left of a stabilised incident."""

    incident_id: int
    account: str | None
    customer: str | None
    caller_id: str | None
    created_at: datetime
    note: str | None  # of who did it
    done_at: datetime | None
    done_by: str | None


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
    holds: tuple[Hold, ...] = ()  # oldest first
    charge: Charge | None = None  # once it is decided
    debt_cents: int | None = None
    agreement_seconds: int | None = None  # used under an agreement, or reserved while it goes on; None without one
    currency: str | None = None  # of the rate that the caller agreed to
    follow_up: FollowUp | None = None  # when work is or was left
    messages: tuple[Message, ...] = ()  # newest first


class Occasion(StrEnum):
    """Why people on duty are paged."""

    RINGING = "ringing"  # a caller waits, and the phones of these engineers ring
    NOBODY = "nobody"  # nobody answered
    MESSAGE = "message"  # and now there is a message


@dataclass(frozen=True, slots=True)
class PageNews:
    """What a page says of an incident."""

    incident_id: int
    status: IncidentStatus
    category: Category | None
    trunk_claim: bool
    account: str | None
    verified: bool  # the account's PIN was right
    caller_id: str | None
    message_seconds: float | None
