"""The records in memory, put together: what concerns caller, customer, engineers and holds at once."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ivr.errors import StoreUnavailable
from ivr.model.incident import EndReason, Incident, IncidentStatus
from ivr.model.money import Account, Charge
from ivr.model.offer import Briefing, OfferEnd
from ivr.model.report import Message
from ivr.records.resumes import Suspended
from tests.unit.scripted.money import MemoryHolds
from tests.unit.scripted.offers import MemoryOffers
from tests.unit.scripted.people import MemoryPeople


@dataclass
class MemoryRecords(MemoryHolds, MemoryPeople, MemoryOffers):
    """The records of one incident, with the same promises as the store: one accept, one end of an offer, one ending."""

    caller_number: str | None = None
    causes: dict[str, int] = field(default_factory=dict)
    talked: float = 0.0
    open_looks: int = 0
    """So often the meter is found still counting."""
    charge: Charge | None = None
    """What the incident comes to; None: the meter is not done."""
    waiting: list[Suspended] = field(default_factory=list)
    """What a caller may come back to while the incident is suspended."""
    messages_folder: Path = Path("/proc/no folder to be had")
    messages_left: list[Message] = field(default_factory=list)
    down: bool = False

    def __getattribute__(self, name: str) -> Any:
        if name != "down" and not name.startswith("_") and object.__getattribute__(self, "down"):
            raise StoreUnavailable("scripted")
        return object.__getattribute__(self, name)

    def account(self, incident_id: int) -> Account:
        one, accepted = self.current, any(offer.end is OfferEnd.ACCEPTED for offer in self.offers)
        return Account(
            one.id, one.status, one.reason, one.consent, one.cover, accepted, self.charge is None, self.talked, None,
            tuple(self.kept.values()), self.charge,
            lost=self.dropped, no_charge=one.no_charge, allotted=one.seconds_left,
        )  # fmt: skip

    def briefing(self, offer_id: int) -> Briefing:
        offer, one = self.offer(offer_id), self.current
        accounts = {customer.id: customer.account for customer in self.customers}
        before = [each for each in self.offers if each.end is OfferEnd.ACCEPTED and each.id != offer_id]
        return Briefing(
            one.id, one.status, offer.end, accounts.get(one.customer_id or 0), accounts.get(one.claimed_id or 0), one.category,
            one.trunk_claim, one.cover, one.seconds_left, self.caller_number, any(each.engineer_id == offer.engineer_id for each in before),
            one.language,
        )  # fmt: skip

    def caller_legs(self, incident_id: int) -> list[str]:
        return [uniqueid for uniqueid in ("caller-1",) if uniqueid not in self.causes]

    def end_leg(self, uniqueid: str, cause: int) -> Incident | None:
        self.causes[uniqueid] = cause
        return self.incident(self.current.id) if uniqueid.startswith("caller") and not self.caller_legs(self.current.id) else None

    def leg_cause(self, uniqueid: str) -> int | None:
        return self.causes.get(uniqueid)

    def conclude(self, incident_id: int, reason: EndReason) -> tuple[Incident, float]:
        self.end_incident(incident_id, reason)
        return self.incident(incident_id), self.talked

    def talk_is_open(self, incident_id: int) -> bool:
        self.open_looks -= 1
        return self.open_looks >= 0

    def talked_seconds(self, incident_id: int) -> float:
        return self.talked

    def suspend(self, incident_id: int, seconds: int) -> bool:
        had_engineer = any(offer.end is OfferEnd.ACCEPTED for offer in self.offers)
        if had_engineer and self.key_reason is None and self.current.status in (IncidentStatus.TALKING, IncidentStatus.CONNECTING):
            self._status(IncidentStatus.SUSPENDED)
        return self.current.status is IncidentStatus.SUSPENDED

    def suspended_calls(self, uniqueid: str, number: str, window: int = 0) -> list[Suspended]:
        return [one for one in self.waiting if one.lost or self.current.status is IncidentStatus.SUSPENDED]

    def suspend_lost(self, incident_id: int, window: int) -> bool:
        self.waiting = [replace(one, lost=False) for one in self.waiting]
        return self.suspend(incident_id, window)

    def wants_back(self, incident_id: int, uniqueid: str) -> None:
        self.waiting = [replace(one, chosen=True) for one in self.waiting]
        self.note(incident_id, "redialled")

    def code_fits(self, incident_id: int, code: str) -> bool:
        return code == self.current.resume_code

    def resume_call(self, incident_id: int, *, channel: str, uniqueid: str, caller_id: str) -> bool:
        if self.current.status is not IncidentStatus.SUSPENDED:
            return False
        self._status(IncidentStatus.CONNECTING)
        return True

    def begin_message(self, incident_id: int) -> Message:
        number = len(self.messages_left) + 1
        made = Message(number, incident_id, f"{incident_id}-{number}.wav", "node", datetime.now(UTC), None, None, None)
        self.messages_left.append(made)
        return made

    def message_recorded(self, message_id: int, seconds: float) -> None:
        self.messages_left[message_id - 1] = replace(self.messages_left[message_id - 1], seconds=seconds)
