"""Ringing an engineer: whom, how it ended, and what they are told."""

from dataclasses import dataclass
from enum import StrEnum

from ivr.model.incident import Category, Cover, IncidentStatus


@dataclass(frozen=True, slots=True)
class Rung:
    """One engineer on the ladder with the phone to ring (E.164)."""

    engineer_id: int
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class FailsafePhone:
    """A phone that is rung when nobody on the ladder accepts (E.164); ``name`` is what the timeline calls it."""

    name: str
    phone: str


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
    MESSAGE = "message"  # the caller leaves a message instead of waiting


@dataclass(frozen=True, slots=True)
class Offer:
    """One engineer rung for one incident. ``uniqueid`` is the channel id that we chose for the engineer's leg."""

    id: int
    incident_id: int
    engineer_id: int | None  # None for a failsafe phone
    engineer_name: str
    phone: str
    uniqueid: str
    end: OfferEnd | None
    channel: str | None  # Asterisk's channel name, known from the accept on


@dataclass(frozen=True, slots=True)
class Briefing:
    """What an engineer whose phone was answered is to be told, as it stands now."""

    incident_id: int
    status: IncidentStatus
    end: OfferEnd | None  # of this offer
    account: str | None  # of the verified customer
    claimed: str | None  # account that was named without its PIN
    category: Category | None
    trunk_claim: bool
    cover: Cover | None
    seconds_left: int | None  # of what was allotted; None is unlimited
    caller_id: str | None  # of the last call
    again: bool  # this engineer has had the incident before
    language: str = "en"  # that the caller hears
