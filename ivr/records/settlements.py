"""What incidents come to: the one decision, what is then done about each hold, debts and refunds."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from ivr.errors import UnknownRecord
from ivr.model.incident import Consent, Cover, EndReason, IncidentStatus
from ivr.model.money import Account, Charge, Debt, Hold, HoldStatus, Refund
from ivr.records.database import Database, Row
from ivr.records.holds import hold_of
from ivr.records.people import rate_of_row


class Settlements:
    """All methods raise StoreUnavailable; what changes a row raises UnknownRecord for none and IllegalChange for a change
    that the rules forbid (``docs/states.md``), and does nothing when it is repeated."""

    _db: Database

    def account(self, incident_id: int) -> Account:
        """All that the incident's money depends on, as of one moment."""
        row = self._db.row("account", incident_id=incident_id)
        if row is None:
            raise UnknownRecord(f"There is no incident {incident_id}.")
        return _account(row)

    def decide(self, incident_id: int, charge: Charge, captures: Mapping[UUID, int], debt_cents: int) -> bool:
        """Write what an ended incident comes to, once: ``captures`` in cents by hold, a hold not named is released.

        False when it was decided before; nothing changes then. Raises IllegalChange while it has not ended or a talk is open,
        when a hold to capture from is not held any more, and when the captures are more than the charge.
        """
        row = self._db.row(
            "decide",
            incident_id=incident_id,
            seconds=charge.seconds,
            minutes=charge.minutes,
            cents=charge.cents,
            tax_cents=charge.tax_cents,
            captures={str(hold_id): cents for hold_id, cents in captures.items()},
            debt_cents=debt_cents,
        )
        if row is None or row["decided"] is None:
            raise UnknownRecord(f"There is no incident {incident_id}.")
        return bool(row["decided"])

    def settling(self, incident_id: int) -> list[Hold]:
        """Holds whose capture or release is decided and not yet known to be done, oldest first."""
        return [hold_of(row) for row in self._db.rows("settling", incident_id=incident_id)]

    def hold_captured(self, hold_id: UUID) -> None:
        """Stripe has taken ``capture_cents`` and freed the rest: settling → captured."""
        self._finish(hold_id, HoldStatus.CAPTURED)

    def hold_released(self, hold_id: UUID) -> None:
        """Stripe has freed it all: settling → released."""
        self._finish(hold_id, HoldStatus.RELEASED)

    def hold_expired(self, hold_id: UUID) -> None:
        """Stripe had freed it before we could capture: held or settling → expired."""
        self._finish(hold_id, HoldStatus.EXPIRED)

    def release_late(self, hold_id: UUID) -> None:
        """Mark for release what slipped past the decision about its incident. IllegalChange while nothing is decided."""
        self._db.rows("release_late", hold_id=hold_id)

    def to_settle(self, grace: float) -> list[int]:
        """Incidents that ended over ``grace`` seconds ago and whose money is not decided, not moved, or after a hold expired
        not written down as owed; oldest first."""
        return [row["id"] for row in self._db.rows("to_settle", grace=grace)]

    def held_since(self, seconds: float) -> list[Hold]:
        """Holds older than ``seconds`` that are held or settling, oldest first."""
        return [hold_of(row) for row in self._db.rows("held_since", seconds=seconds)]

    def debts(self) -> list[Debt]:
        """Every debt, settled ones too, oldest first."""
        return [Debt(**row) for row in self._db.rows("debts")]

    def add_debt(self, incident_id: int, cents: int, currency: str, reason: str) -> None:
        """Once for each incident; ``reason`` is "unpaid" or "hold_expired". IllegalChange without consent or accept."""
        self._db.rows("add_debt", incident_id=incident_id, cents=cents, currency=currency.upper(), reason=reason)

    def hear_webhook(self, event_id: str, kind: str, intent_id: str | None) -> bool:
        """Write down Stripe's event; True the first time."""
        return self._db.row("hear_webhook", event_id=event_id, kind=kind, intent_id=intent_id) is not None

    def open_refund(self, refund_id: UUID, hold_id: UUID, cents: int, reason: str) -> None:
        """The row of a refund, before Stripe is asked. IllegalChange when it is more than what is left of the capture."""
        self._db.rows("open_refund", refund_id=refund_id, hold_id=hold_id, cents=cents, reason=reason)

    def refund_done(self, refund_id: UUID, stripe_id: str) -> None:
        """Stripe has given it back."""
        if self._db.row("refund_done", refund_id=refund_id, stripe_id=stripe_id) is None:
            raise UnknownRecord(f"There is no refund {refund_id}.")

    def installation(self) -> UUID:
        """Names these records among others that share an account at Stripe."""
        row = self._db.row("installation")
        if row is None:
            raise UnknownRecord("These records have lost their name (table installation).")
        return UUID(str(row["id"]))

    def refunds_open(self) -> list[Refund]:
        """Refunds of which Stripe has not said that they are done, oldest first."""
        return [Refund(**row) for row in self._db.rows("refunds_open")]

    def refunds(self, hold_id: UUID) -> list[Refund]:
        """The refunds of one hold, oldest first."""
        return [Refund(**row) for row in self._db.rows("refunds", hold_id=hold_id)]

    def _finish(self, hold_id: UUID, status: HoldStatus) -> None:
        if self._db.row("finish_hold", hold_id=hold_id, status=status.value) is None:
            raise UnknownRecord(f"There is no hold {hold_id}.")


def charge_of(row: Row) -> Charge | None:
    """The charge in a row of an incident; None until it is decided."""
    if row["charge_cents"] is None:
        return None
    return Charge(row["charged_seconds"], row["charged_minutes"], row["charge_cents"], row["charge_tax_cents"])


def _account(row: Row) -> Account:
    return Account(
        incident_id=row["incident_id"],
        status=IncidentStatus(row["status"]),
        reason=EndReason(row["reason"]) if row["reason"] else None,
        consent=Consent(row["consent"]) if row["consent"] else None,
        cover=Cover(row["cover"]) if row["cover"] else None,
        accepted=row["accepted"],
        lost=row["lost"],
        counting=row["counting"],
        seconds=row["seconds"],
        rate=rate_of_row(row["rate"]) if row["rate"] else None,
        holds=tuple(hold_of(hold | _from_json(hold)) for hold in row["holds"]),
        charge=charge_of(row),
        no_charge=row["no_charge"],
        agreement_seconds=row["agreement_seconds"],
        allotted=row["allotted"],
    )


def _from_json(hold: Row) -> Row:
    """What JSON has no types for."""
    created = datetime.fromisoformat(hold["created_at"])
    return {"id": UUID(hold["id"]), "installation": UUID(hold["installation"]), "created_at": created}
