"""A switchboard whose engineers have moods."""

from dataclasses import dataclass, field
from datetime import datetime

from ivr.model.offer import Offer, OfferEnd
from tests.unit.scripted.records import MemoryRecords


@dataclass
class ScriptedRinging:
    """An engineer's phone that comes to ``outcome`` after so many ticks."""

    records: MemoryRecords
    offer: Offer
    outcome: OfferEnd
    ticks: int
    answered: bool = False
    slow: bool = False

    def state(self) -> OfferEnd | None:
        self.ticks -= 1
        if self.ticks > 0:
            return None
        if self.outcome is OfferEnd.ACCEPTED:
            self.records.accept(self.offer.id, f"PJSIP/trunk-{self.offer.uniqueid}")
        return self.outcome


@dataclass
class ScriptedSwitchboard:
    """Rings engineers whose moods stand in ``outcomes``, one for each ring in order; the last is repeated."""

    records: MemoryRecords
    outcomes: list[OfferEnd]
    ticks: int = 2
    rung: list[str] = field(default_factory=list)
    hung_up: list[str] = field(default_factory=list)
    released: list[tuple[str, bool]] = field(default_factory=list)
    """Legs let go, and whether they had been answered."""
    answered: bool = False
    """Whether those who ring have picked up."""
    seconds: list[int] = field(default_factory=list)
    """For how long each may ring."""
    slower: dict[str, int] = field(default_factory=dict)
    """Engineers who take other ticks than the rest."""

    slow: set[str] = field(default_factory=set)
    """Engineers who listen so long that others are rung as well."""

    present: dict[str, dict[str, str]] = field(default_factory=dict)

    began: datetime | None = None
    """When Asterisk was started."""
    connected: bool = True
    missed: int = 0

    def channels(self) -> dict[str, dict[str, str]]:
        return self.present

    def started(self) -> datetime | None:
        return self.began

    def ring(self, offer: Offer, seconds: int, caller_id: str) -> ScriptedRinging:
        outcome = self.outcomes[min(len(self.rung), len(self.outcomes) - 1)]
        self.rung.append(offer.engineer_name)
        self.seconds.append(seconds)
        slow = offer.engineer_name in self.slow
        ticks = self.slower.get(offer.engineer_name, self.ticks)
        return ScriptedRinging(self.records, offer, outcome, ticks, self.answered or slow, slow)

    def hang_up(self, channel: str) -> None:
        self.hung_up.append(channel)

    def release(self, uniqueid: str, *, answered: bool) -> None:
        self.released.append((uniqueid, answered))
