"""The ladder and its offers in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ivr.model.incident import EndReason, Incident, IncidentStatus
from ivr.model.offer import FailsafePhone, Offer, OfferEnd, Rung
from ivr.model.rota import Level
from tests.unit.scripted.incident import MemoryIncident


@dataclass
class MemoryOffers(MemoryIncident):
    """Who is rung and who accepts: one accept, one end of an offer."""

    rungs: list[Rung] = field(default_factory=list)
    """One level each, unless ``ladder_levels`` says otherwise."""
    ladder_levels: list[Level] | None = None
    busy: set[int] = field(default_factory=set)
    offers: list[Offer] = field(default_factory=list)
    key_reason: EndReason | None = None
    dropped: bool = False

    def incident(self, incident_id: int) -> Incident:
        accepted = self.accepted_offer(incident_id)
        return replace(self.current, ending=self.key_reason, engineer_channel=None if accepted is None else accepted.channel or "")

    def connecting(self, incident_id: int) -> tuple[Incident, int | None]:
        self._status(IncidentStatus.CONNECTING)
        last = self.last_accepted(incident_id)
        return self.incident(incident_id), None if last is None else last.id

    def levels(self) -> list[Level]:
        each = [Level(number, (rung,), together=False, ring_seconds=None) for number, rung in enumerate(self.rungs, 1)]
        return each if self.ladder_levels is None else self.ladder_levels

    def busy_engineers(self) -> set[int]:
        return self.busy

    def make_offer(self, incident_id: int, rung: Rung | FailsafePhone) -> Offer:
        number = len(self.offers) + 1
        engineer = rung.engineer_id if isinstance(rung, Rung) else None
        offer = Offer(number, incident_id, engineer, rung.name, rung.phone, f"ess-offer-{number}", None, None)
        self.offers.append(offer)
        return offer

    def offer(self, offer_id: int) -> Offer:
        return self.offers[offer_id - 1]

    def end_offer(self, offer_id: int, end: OfferEnd) -> bool:
        if self.offers[offer_id - 1].end is not None:
            return False
        self.offers[offer_id - 1] = replace(self.offers[offer_id - 1], end=end)
        return True

    def offer_ends(self, incident_id: int, offers: Sequence[int]) -> dict[int, OfferEnd]:
        ours = {each.id: each.end for each in self.offers if each.id in offers or each.end is OfferEnd.ACCEPTED}
        return {number: end for number, end in ours.items() if end is not None}

    def accept(self, offer_id: int, channel: str) -> bool:
        if self.current.status is not IncidentStatus.CONNECTING or self.offer(offer_id).end is not None:
            return False
        self.offers[offer_id - 1] = replace(self.offer(offer_id), end=OfferEnd.ACCEPTED, channel=channel)
        self._status(IncidentStatus.TALKING)
        return True

    def accepted_offer(self, incident_id: int) -> Offer | None:
        if self.current.status is IncidentStatus.CONNECTING:
            return None
        return next((offer for offer in reversed(self.offers) if offer.end is OfferEnd.ACCEPTED), None)

    def last_accepted(self, incident_id: int) -> Offer | None:
        return next((offer for offer in reversed(self.offers) if offer.end is OfferEnd.ACCEPTED), None)

    def engineer_lost(self, incident_id: int, *, dropped: bool = True) -> None:
        self._status(IncidentStatus.CONNECTING)
        self.dropped = dropped

    def set_ending(self, incident_id: int, offer_id: int, reason: EndReason) -> None:
        accepted = self.accepted_offer(incident_id)
        if accepted is not None and accepted.id == offer_id:
            self.key_reason = reason

    def ending(self, incident_id: int) -> EndReason | None:
        return self.key_reason


def together(records: MemoryOffers, *rungs: Rung) -> None:
    """All of them are on one level and ring at once."""
    records.ladder_levels = [Level(1, rungs, together=True, ring_seconds=40)]


def ends(records: MemoryOffers) -> list[tuple[str, OfferEnd | None]]:
    """Who was rung, and how that ended."""
    return [(offer.engineer_name, offer.end) for offer in records.offers]
