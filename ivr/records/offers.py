"""Offers to engineers, and the one accept that claims an incident."""

from uuid import uuid4

from ivr.errors import IllegalChange, UnknownRecord
from ivr.model import Offer, OfferEnd, Rung
from ivr.records.database import Database, Row


class Offers:
    """All methods raise StoreUnavailable."""

    _db: Database

    def make_offer(self, incident_id: int, rung: Rung) -> Offer:
        """Record that this engineer is about to be rung. Raises IllegalChange unless the incident is connecting."""
        row = self._db.row("make_offer", incident_id=incident_id, engineer_id=rung.engineer_id, phone=rung.phone, request=uuid4())
        if row is None:
            raise IllegalChange(f"incident {incident_id} is not connecting: no offer can be made")
        return self.offer(row["id"])

    def offer(self, offer_id: int) -> Offer:
        """The offer as it stands now. Raises UnknownRecord."""
        row = self._db.row("offer", offer_id=offer_id)
        if row is None:
            raise UnknownRecord(f"There is no offer {offer_id}.")
        return _offer(row)

    def end_offer(self, offer_id: int, end: OfferEnd) -> None:
        """How the offer ended. Written once: the first wins, later ones do nothing."""
        self._db.rows("end_offer", offer_id=offer_id, end=end.value)

    def accept(self, offer_id: int, channel: str) -> bool:
        """The engineer pressed 1 on ``channel``. True for the one who gets the incident, also when asked again;
        False when it is taken, over, or this offer has already ended."""
        return self._db.row("accept", offer_id=offer_id, channel=channel) is not None

    def accepted_offer(self, incident_id: int) -> Offer | None:
        """The offer whose engineer has the incident now; None when nobody has, or they were lost."""
        row = self._db.row("accepted_offer", incident_id=incident_id)
        return self.offer(row["id"]) if row else None


def _offer(row: Row) -> Offer:
    result = row.pop("result")
    return Offer(**row, end=OfferEnd(result) if result else None)
