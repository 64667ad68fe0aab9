"""Holds and the cards tried for them, from the first row until the money is held."""

from typing import Any
from uuid import UUID

from ivr.errors import IllegalChange, UnknownRecord
from ivr.model.money import Decline, Hold, HoldStatus
from ivr.records.database import Database, Row


class Holds:
    """All methods raise StoreUnavailable; what changes a hold raises UnknownRecord for none and IllegalChange for a change
    that the rules forbid (``docs/states.md``), and does nothing when it is repeated."""

    _db: Database

    def open_hold(self, hold_id: UUID, incident_id: int, *, minutes: int, amount_cents: int, currency: str) -> Hold:
        """The row of a new hold, before Stripe hears of it. Raises IllegalChange unless the incident is open."""
        self._db.rows(
            "open_hold", hold_id=hold_id, incident_id=incident_id, minutes=minutes, amount_cents=amount_cents, currency=currency.upper()
        )
        hold = self.hold(hold_id)
        if (hold.incident_id, hold.minutes, hold.amount_cents, hold.currency) != (incident_id, minutes, amount_cents, currency.upper()):
            raise IllegalChange(f"hold {hold_id} was opened for something else")
        return hold

    def hold(self, hold_id: UUID) -> Hold:
        """The hold as it stands now."""
        row = self._db.row("hold", hold_id=hold_id)
        if row is None:
            raise UnknownRecord(f"There is no hold {hold_id}.")
        return hold_of(row)

    def hold_of_intent(self, intent_id: str) -> Hold | None:
        """The hold with this id at Stripe."""
        row = self._db.row("hold_of_intent", intent_id=intent_id)
        return hold_of(row) if row else None

    def holds(self, incident_id: int) -> list[Hold]:
        """The incident's holds, oldest first."""
        return [hold_of(row) for row in self._db.rows("holds", incident_id=incident_id)]

    def all_holds(self) -> list[Hold]:
        """Every hold there ever was, oldest first."""
        return [hold_of(row) for row in self._db.rows("all_holds")]

    def hold_created(self, hold_id: UUID, intent_id: str) -> None:
        """Stripe's id of it: new → created. A hold that is being settled by now keeps its status. Another id is an IllegalChange."""
        self._move("hold_created", hold_id, f"take the intent {intent_id}", intent_id=intent_id)

    def try_card(self, hold_id: UUID, number: int, *, brand: str, last4: str) -> None:
        """Card ``number`` (1, 2 …) is about to go to Stripe: created → confirming.

        IllegalChange when the incident has ended, or somebody else pays for it by now.
        """
        self._move("try_card", hold_id, f"try card {number}", number=number, brand=brand, last4=last4)

    def card_held(self, hold_id: UUID) -> None:
        """The bank said yes: confirming → held. The incident is prepaid and may use these minutes more, unless it has ended."""
        self._move("card_held", hold_id, "be held")

    def card_declined(self, hold_id: UUID, decline: Decline) -> None:
        """The bank said no: confirming → created, for another card."""
        self._move("card_declined", hold_id, "have its card declined", decline=decline.value)

    def connect_unpaid(self, incident_id: int) -> bool:
        """The incident is not paid for. False, and nothing changes, when a hold stands by now: a late answer of the bank came first."""
        return self._db.row("connect_unpaid", incident_id=incident_id) is not None

    def cards_tried(self, incident_id: int) -> int:
        """Cards sent in this incident."""
        return self._count("cards_tried", incident_id)

    def cards_today(self, incident_id: int) -> int:
        """Cards that were not accepted in the last 24 hours, from the incident's caller ID, or by its customer, whichever is more.

        Of those from callers without a caller ID, taken together, a fifth: few of them must not lock out all others."""
        return self._count("cards_today", incident_id)

    def _count(self, query: str, incident_id: int) -> int:
        row = self._db.row(query, incident_id=incident_id)
        return int(row["cards"]) if row else 0

    def _move(self, query: str, hold_id: UUID, what: str, **values: object) -> None:
        for _ in range(2):  # the second look sees what somebody else has written while the first one waited for the row
            if self._db.row(query, hold_id=hold_id, **values) is not None:
                return
        raise IllegalChange(f"hold {hold_id} is {self.hold(hold_id).status}: it cannot {what}")


def hold_of(row: Row | dict[str, Any]) -> Hold:
    """A row of ``hold_now``."""
    values = {name: value for name, value in row.items() if name != "number"}
    return Hold(**(values | {"status": HoldStatus(row["status"])}))
