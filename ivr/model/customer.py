"""Who calls, and what their agreement has left."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Customer:
    id: int
    account: str
    name: str
    pin_hash: str
    trunks: bool  # rents our SIP trunks
    language: str = "en"  # what they hear, unless they choose another


@dataclass(frozen=True, slots=True)
class GuessLimits:
    """Wrong guesses of an account or a PIN within ``seconds`` that lock for as long, from the last of them on."""

    caller: int  # by one caller ID
    account: int  # at one customer's PIN
    seconds: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """A valid agreement that covers emergencies. ``seconds_left`` None is unlimited; 0 is exhausted."""

    agreement_id: int
    seconds_left: int | None
    standing: object = field(default=None, repr=False, compare=False)
    """What the records worked it out from, so that a reservation need not begin by that again; None: not known."""


class NotCovered(StrEnum):
    """Why no agreement of a customer pays for an emergency; each is the prompt that says so."""

    OVER = "agreement_over"  # its term is over, or has not begun
    WITHOUT_EMERGENCIES = "agreement_without_emergencies"
    USED_UP = "agreement_used_up"  # under a minute is left in this period, or other calls have reserved it


@dataclass(frozen=True, slots=True)
class AgreementUse:
    """One period of an agreement, in seconds. ``allotted`` with what was carried over; it and ``left`` are None when unlimited."""

    start: datetime
    end: datetime
    allotted: int | None
    used: int  # by calls that are over
    reserved: int  # by calls that go on
    left: int | None
