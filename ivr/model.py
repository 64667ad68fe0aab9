"""The words of the hotline as types. Frozen dataclasses and enums; no I/O.

Money is integers in minor units (cents) with a currency, times are aware datetimes, durations are seconds.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


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


@dataclass(frozen=True, slots=True)
class GuessLimits:
    """Wrong guesses of an account or a PIN within ``seconds`` that lock for as long, from the last of them on."""

    caller: int  # by one caller ID
    account: int  # at one customer's PIN
    seconds: int


class Cover(StrEnum):
    """Who pays for the call."""

    AGREEMENT = "agreement"
    PREPAID = "prepaid"  # a hold stands
    TRUNKS = "trunks"  # the customer reports our own SIP trunks down: not charged
    UNPAID = "unpaid"  # connected without prepayment; an administrator reviews it


class HoldStatus(StrEnum):
    """Where a hold stands. Legal changes are enforced in SQL (``docs/states.md``). The last three are final."""

    NEW = "new"  # the row is written; the intent at Stripe may or may not exist
    CREATED = "created"  # the intent exists, without card; also after a card was declined
    CONFIRMING = "confirming"  # a card was sent; the answer is not written yet
    HELD = "held"  # Stripe holds the amount
    SETTLING = "settling"  # what to capture is decided: capture_cents, 0 is a release
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"  # Stripe gave the amount back before it was captured

    @property
    def is_final(self) -> bool:
        """Nothing more can be done about the hold."""
        return self in (HoldStatus.CAPTURED, HoldStatus.RELEASED, HoldStatus.EXPIRED)


class IntentStatus(StrEnum):
    """Stripe's own statuses of a PaymentIntent."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"


class Decline(StrEnum):
    """Why a card was not accepted; each has a prompt ``decline_…``."""

    DECLINED = "declined"  # the bank gives no reason
    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED_CARD = "expired_card"
    INCORRECT_CODE = "incorrect_code"
    INCORRECT_NUMBER = "incorrect_number"
    PROCESSING_ERROR = "processing_error"
    AUTHENTICATION_REQUIRED = "authentication_required"


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
class Rate:
    """What an emergency costs, as valid from one moment. ``price_cents`` is a minute's, before tax."""

    id: int
    price_cents: int
    minimum_minutes: int
    increment_minutes: int
    currency: str  # ISO 4217, capital letters
    blocks: tuple[int, ...] = ()  # minutes that can be prepaid, as the administrator wrote them
    tax_basis_points: int = 0  # 825 is 8.25 %


@dataclass(frozen=True, slots=True)
class Customer:
    id: int
    account: str
    name: str
    pin_hash: str
    trunks: bool  # rents our SIP trunks
    language: str = "en"  # what they hear, unless they choose another


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


@dataclass(frozen=True, slots=True)
class Hold:
    """One authorisation of a block. Its id is the idempotency key of everything that is done about it at Stripe."""

    id: UUID
    incident_id: int
    minutes: int
    amount_cents: int  # tax included
    currency: str
    status: HoldStatus
    intent_id: str | None
    capture_cents: int | None  # decided at the settlement; None until then, 0 is a release
    tries: int  # cards sent so far
    card: str | None  # the last card sent, as "visa ****4242"
    created_at: datetime
    installation: UUID | None = None  # whose records these are


@dataclass(frozen=True, slots=True)
class Intent:
    """A PaymentIntent as Stripe says that it is."""

    id: str
    status: IntentStatus
    amount_cents: int
    captured_cents: int
    currency: str
    hold_id: UUID | None  # from its metadata; None for what is not ours
    created_at: datetime
    refunded_cents: int = 0
    installation: UUID | None = None  # from its metadata: whose records have the hold


@dataclass(frozen=True, slots=True)
class Charge:
    """What an incident comes to: the one calculation behind prompt, receipt, timeline and capture."""

    seconds: int  # bridged, whole seconds, without the grace
    minutes: int  # charged
    cents: int  # tax included
    tax_cents: int  # of it


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that the money of an incident depends on, read in one statement."""

    incident_id: int
    status: IncidentStatus
    reason: EndReason | None
    consent: Consent | None
    cover: Cover | None
    accepted: bool  # an engineer has pressed 1
    counting: bool  # the meter has not written the end of the last talk
    seconds: float  # talked
    rate: Rate | None  # as of the consent
    holds: tuple[Hold, ...]  # oldest first
    charge: Charge | None  # once it is decided
    lost: bool = False  # we lost the engineer: cut off and nobody has the incident now, or it ended as engineer_lost out of a talk
    no_charge: bool = False  # an engineer made it free
    agreement_seconds: int = 0  # that an agreement pays for
    allotted: int | None = None  # seconds that were prepaid or covered; what is talked beyond them is grace, and free


@dataclass(frozen=True, slots=True)
class Debt:
    """What an incident costs and no hold paid, for an administrator to review."""

    incident_id: int
    cents: int  # tax included
    currency: str
    reason: str  # "unpaid" or "hold_expired"
    at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back after a capture. Its id is the idempotency key at Stripe."""

    id: UUID
    hold_id: UUID
    cents: int
    reason: str
    stripe_id: str | None  # None until Stripe has done it
    at: datetime


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
class Event:
    """One line of an incident's timeline."""

    at: datetime
    kind: str
    detail: dict[str, object]


class Occasion(StrEnum):
    """Why people on duty are paged."""

    RINGING = "ringing"  # a caller waits, and the phones of these engineers ring
    NOBODY = "nobody"  # nobody answered
    MESSAGE = "message"  # and now there is a message


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
