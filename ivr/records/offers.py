"""Offers to engineers, and the one accept that claims an incident."""

from collections.abc import Sequence
from uuid import uuid4

from ivr.errors import IllegalChange, UnknownRecord
from ivr.model.incident import Category, Cover, IncidentStatus
from ivr.model.offer import Briefing, FailsafePhone, Offer, OfferEnd, Rung
from ivr.records.database import Database, Row


class Offers:
    """All methods raise StoreUnavailable."""

    _db: Database
    _node: str

    def make_offer(self, incident_id: int, rung: Rung | FailsafePhone) -> Offer:
        """Record that this phone is about to be rung. Raises IllegalChange unless the incident is connecting."""
        engineer, failsafe = (rung.engineer_id, None) if isinstance(rung, Rung) else (None, rung.name)
        row = self._db.row(
            "make_offer", incident_id=incident_id, engineer_id=engineer, failsafe=failsafe, phone=rung.phone, request=uuid4()
        )
        if row is None:
            raise IllegalChange(f"incident {incident_id} is not connecting: no offer can be made")
        return _offer(row)

    def offer(self, offer_id: int) -> Offer:
        """The offer as it stands now. Raises UnknownRecord."""
        row = self._db.row("offer", offer_id=offer_id)
        if row is None:
            raise UnknownRecord(f"There is no offer {offer_id}.")
        return _offer(row)

    def end_offer(self, offer_id: int, end: OfferEnd) -> bool:
        """How the offer ended. Written once: True for the first, later ones do nothing."""
        return self._db.row("end_offer", offer_id=offer_id, end=end.value) is not None

    def offer_ends(self, incident_id: int, offers: Sequence[int]) -> dict[int, OfferEnd]:
        """Those of these offers that have ended, and the one whose engineer has the incident, whoever made it."""
        rows = self._db.rows("offer_ends", incident_id=incident_id, offers=list(offers))
        return {row["id"]: OfferEnd(row["result"]) for row in rows}

    def briefing(self, offer_id: int) -> Briefing:
        """What the engineer of this offer is to be told now. Raises UnknownRecord."""
        row = self._db.row("briefing", offer_id=offer_id)
        if row is None:
            raise UnknownRecord(f"There is no offer {offer_id}.")
        kinds = {"status": IncidentStatus, "end": OfferEnd, "category": Category, "cover": Cover}
        return Briefing(**(row | {name: kind(row[name]) for name, kind in kinds.items() if row[name] is not None}))

    def accept(self, offer_id: int, channel: str) -> bool:
        """The engineer pressed 1 on ``channel``. True for the one who gets the incident, also when asked again;
        False when it is taken, over, or this offer has already ended."""
        return self._db.row("accept", offer_id=offer_id, channel=channel, node=self._node) is not None

    def accepted_offer(self, incident_id: int) -> Offer | None:
        """The offer whose engineer has the incident now; None when nobody has, or they were lost."""
        row = self._db.row("accepted_offer", incident_id=incident_id)
        return _offer(row) if row else None

    def last_accepted(self, incident_id: int) -> Offer | None:
        """The offer of the engineer who had the incident last, also when they were lost; None when nobody ever accepted."""
        row = self._db.row("last_accepted", incident_id=incident_id)
        return _offer(row) if row else None


def _offer(row: Row) -> Offer:
    result = row.pop("result")
    return Offer(**row, end=OfferEnd(result) if result else None)
