"""Guesses at accounts and PINs, and customers who were named without proof."""

from uuid import UUID, uuid4

from ivr.errors import UnknownRecord
from ivr.model.customer import GuessLimits
from ivr.model.incident import Incident
from ivr.records.calls import incident_of_row
from ivr.records.database import Database


class Tries:
    """All methods raise StoreUnavailable. ``caller`` is E.164, None for every caller without a number."""

    _db: Database

    def guesses_locked(self, caller: str | None, customer_id: int | None, limits: GuessLimits) -> bool:
        """Whether this caller may not guess now, or nobody for this customer."""
        row = self._db.row("guesses_locked", caller=caller or "", customer_id=customer_id, **_values(limits))
        return row is not None and bool(row["locked"])

    def guess(self, incident_id: int, caller: str | None, customer_id: int | None, limits: GuessLimits) -> UUID | None:
        """One more try, counted as wrong from now on; None when there is none left. ``customer_id`` None: nobody has the account number.

        Of any number who guess at once no more than the limits are let through. Raises UnknownRecord for no such incident or customer.
        """
        guess = uuid4()
        row = self._db.row("guess", guess=guess, incident_id=incident_id, caller=caller or "", customer_id=customer_id, **_values(limits))
        return guess if row is not None and row["taken"] else None

    def guessed(self, guess: UUID, *, fits: bool) -> None:
        """What was guessed is right or wrong. A right one frees the customer's count. The first answer counts."""
        self._db.rows("guessed", guess=guess, fits=fits)

    def claimed(self, incident_id: int, customer_id: int, how: str) -> Incident:
        """The caller named this customer and did not prove it, because of ``how``: the incident with that. Raises UnknownRecord."""
        row = self._db.row("claimed", incident_id=incident_id, customer_id=customer_id, how=how)
        if row is not None:
            return incident_of_row(row)
        raise UnknownRecord(f"There is no incident {incident_id} whose customer is not known yet.")

    def confirm_claim(self, incident_id: int) -> int | None:
        """The engineer in the talk is sure who calls: the id of the customer, who is known from now on. None when nobody was named."""
        row = self._db.row("confirm_claim", incident_id=incident_id)
        return row["customer_id"] if row else None


def _values(limits: GuessLimits) -> dict[str, int]:
    return {"most_caller": limits.caller, "most_account": limits.account, "seconds": limits.seconds}
