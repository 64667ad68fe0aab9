"""Customers and the rate."""

from ivr.errors import SetupError, UnknownRecord
from ivr.model.customer import Customer
from ivr.model.money import Rate
from ivr.records.database import Database, Row


class People:
    """All methods raise StoreUnavailable."""

    _db: Database

    def ping(self) -> None:
        """Raises StoreUnavailable when the database does not answer, SetupError when it is not migrated."""
        self._db.row("ping")

    def current_rate(self) -> Rate:
        """What an emergency costs now. Raises SetupError when no rate is valid."""
        row = self._db.row("current_rate")
        if row is None:
            raise SetupError(
                "No rate is valid now, so callers cannot be told what an emergency costs. Add a rate that is valid from today."
            )
        return rate_of_row(row)

    def rate_of(self, incident_id: int) -> Rate:
        """What the caller of this incident agreed to. Raises UnknownRecord when there was no answer to the disclosure."""
        row = self._db.row("rate_of", incident_id=incident_id)
        if row is None:
            raise UnknownRecord(f"Incident {incident_id} has no rate.")
        return rate_of_row(row)

    def customer(self, customer_id: int) -> Customer:
        """Raises UnknownRecord."""
        row = self._db.row("customer", customer_id=customer_id)
        if row is None:
            raise UnknownRecord(f"There is no customer {customer_id}.")
        return Customer(**row)

    def customer_by_account(self, account: str) -> Customer | None:
        """The customer with this account number (digits)."""
        row = self._db.row("customer_by_account", account=account)
        return Customer(**row) if row else None

    def customer_by_phone(self, e164: str) -> Customer | None:
        """The customer who calls from this number; None when it is nobody's, or more than one's."""
        rows = self._db.rows("customer_by_phone", phone=e164)
        return Customer(**rows[0]) if len(rows) == 1 else None


def rate_of_row(row: Row) -> Rate:
    """A row of the rates."""
    return Rate(**(row | {"blocks": tuple(row["blocks"])}))
