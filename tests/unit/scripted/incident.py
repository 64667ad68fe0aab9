"""The incident in memory: what the caller has answered, and how far the call has come."""

from dataclasses import dataclass, field, replace
from typing import Any

from ivr.model.incident import Category, Consent, Cover, EndReason, Incident, IncidentStatus
from ivr.model.money import Rate

RATE = Rate(id=1, price_cents=250, minimum_minutes=15, increment_minutes=1, currency="usd")


@dataclass
class MemoryIncident:
    """What is known of the caller's incident, and what was asked of the worker."""

    current: Incident = field(default_factory=lambda: _incident())
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    jobs: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def defer(self, task: str, /, **arguments: object) -> None:
        self.jobs.append((task, arguments))

    def begin_call(self, *, channel: str, uniqueid: str, caller_id: str | None) -> Incident:
        return self.incident(self.current.id)

    def incident(self, incident_id: int) -> Incident:
        return self.current

    def note(self, incident_id: int, kind: str, **detail: Any) -> None:
        self.events.append((kind, detail))

    def note_once(self, incident_id: int, key: str, kind: str, **detail: Any) -> None:
        self.note(incident_id, kind, **detail)

    def current_rate(self) -> Rate:
        return RATE

    def consent(self, incident_id: int, answer: Consent, *, rate: Rate, prompt_version: str, price_ms: int) -> None:
        self.current = replace(self.current, consent=answer)

    def category(self, incident_id: int, category: Category | None, *, trunk_claim: bool) -> None:
        self.current = replace(self.current, category=category, trunk_claim=trunk_claim, category_asked=True)

    def speaks(self, incident_id: int, language: str) -> None:
        self.current = replace(self.current, language=language)

    def trunks_asked(self, incident_id: int, *, down: bool) -> None:
        self.current = replace(self.current, trunk_claim=self.current.trunk_claim or down, trunks_asked=True)

    def covered(self, incident_id: int, cover: Cover) -> None:
        self.current = replace(self.current, cover=cover, seconds_left=None)

    def connect_unpaid(self, incident_id: int) -> bool:
        if self.current.cover is Cover.PREPAID:
            return False
        self.current = replace(self.current, cover=Cover.UNPAID)
        return True

    def no_charge(self, incident_id: int) -> None:
        self.current = replace(self.current, no_charge=True)

    def key_pressed(self, incident_id: int, name: str) -> Incident:
        self.note(incident_id, "key", name=name)
        return self.incident(incident_id)

    def end_incident(self, incident_id: int, reason: EndReason) -> bool:
        if self.current.status is IncidentStatus.ENDED:
            return False
        self.current = replace(self.current, status=IncidentStatus.ENDED, reason=reason)
        return True

    def _status(self, status: IncidentStatus) -> None:
        self.current = replace(self.current, status=status)


def _incident() -> Incident:
    return Incident(1001, IncidentStatus.OPEN, None, None, None, identified_how=None, cover=None, seconds_left=None)
