"""Money: the rate, holds and what Stripe says of them, and what an incident comes to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ivr.model.incident import Consent, Cover, EndReason, IncidentStatus


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
