"""The flow's partners without a network: a phone that answers from a script, records in memory, a switchboard of moods."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ivr.errors import CallerGone, StoreUnavailable
from ivr.model import Account, Charge, Consent, Cover, Coverage, Customer, EndReason, Incident, IncidentStatus, Offer, OfferEnd, Rate, Rung
from ivr.phone import Phone
from tests.unit.scripted_money import MemoryHolds

RATE = Rate(id=1, price_cents=250, minimum_minutes=15, increment_minutes=1, currency="usd")
HANG_UP = "hang up"


class ScriptedPhone(Phone):
    """A leg whose owner answers prompts from ``answers``: prompt → keys, one string for each time that it is heard.

    ``HANG_UP`` as an answer hangs up while that prompt plays. ``heard`` is every sound in order.
    """

    def __init__(
        self,
        answers: Mapping[str, list[str]] | None = None,
        *,
        caller_id: str | None = None,
        variables: Mapping[str, str] | None = None,
        argument: str = "",
        uniqueid: str = "caller-1",
    ) -> None:
        self.answers = {prompt: list(keys) for prompt, keys in (answers or {}).items()}
        self.caller_id = caller_id
        self.variables = dict(variables or {})
        self.argument = argument
        self.channel = f"PJSIP/trunk-{uniqueid}"
        self.uniqueid = uniqueid
        self.heard: list[str] = []
        self.hung_up = False
        self.unheard: set[str] = set()
        self.on_tick: Callable[[], None] = lambda: None
        self._typed: list[str] = []

    def play(self, *sounds: str) -> None:
        for sound in sounds:
            self._hear(sound)
        self._typed.clear()  # keys typed into an unskippable prompt are thrown away

    def play_until_key(self, *sounds: str, keys: str = "0123456789*#") -> str:
        for sound in sounds:
            self._hear(sound)
            while self._typed:
                key = self._typed.pop(0)
                if key in keys:
                    return key
        return ""

    def key(self, seconds: float) -> str:
        self.on_tick()
        return self._typed.pop(0) if self._typed else ""

    def music(self, on: bool) -> None:
        self.heard.append("music" if on else "no music")

    def get(self, variable: str) -> str:
        return self.variables.get(variable, "")

    def set(self, variable: str, value: str) -> None:
        self.variables[variable] = value

    def hang_up(self) -> None:
        self.hung_up = True

    def _hear(self, sound: str) -> None:
        self.heard.append(sound)
        waiting = self.answers.get(sound)
        answer = waiting.pop(0) if waiting else ""
        if answer == HANG_UP:
            raise CallerGone
        self._typed.extend(answer)


@dataclass
class MemoryRecords(MemoryHolds):
    """The records of one incident, with the same promises as the store: one accept, one end of an offer, one ending."""

    customers: list[Customer] = field(default_factory=list)
    phones: dict[str, Customer] = field(default_factory=dict)
    coverages: dict[int, Coverage] = field(default_factory=dict)
    rungs: list[Rung] = field(default_factory=list)
    causes: dict[str, int] = field(default_factory=dict)
    talked: float = 0.0
    open_looks: int = 0
    """So often the meter is found still counting."""
    down: bool = False
    current: Incident = field(default_factory=lambda: _incident())
    offers: list[Offer] = field(default_factory=list)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    key_reason: EndReason | None = None
    dropped: bool = False
    charge: Charge | None = None
    """What the incident comes to; None: the meter is not done."""

    def __getattribute__(self, name: str) -> Any:
        if name != "down" and not name.startswith("_") and object.__getattribute__(self, "down"):
            raise StoreUnavailable("scripted")
        return object.__getattribute__(self, name)

    def begin_call(self, *, channel: str, uniqueid: str, caller_id: str | None) -> Incident:
        return self.current

    def incident(self, incident_id: int) -> Incident:
        return self.current

    def incident_of_caller(self, uniqueid: str) -> Incident | None:
        return self.current if uniqueid.startswith("caller") else None

    def note(self, incident_id: int, kind: str, **detail: Any) -> None:
        self.events.append((kind, detail))

    def note_once(self, incident_id: int, key: str, kind: str, **detail: Any) -> None:
        self.note(incident_id, kind, **detail)

    def current_rate(self) -> Rate:
        return RATE

    def consent(self, incident_id: int, answer: Consent, *, rate: Rate, prompt_version: str, price_ms: int) -> None:
        self.current = replace(self.current, consent=answer)

    def customer_by_account(self, account: str) -> Customer | None:
        return next((customer for customer in self.customers if customer.account == account), None)

    def customer_by_phone(self, number: str) -> Customer | None:
        return self.phones.get(number)

    def identified(self, incident_id: int, customer_id: int | None, how: str) -> None:
        self.current = replace(self.current, customer_id=customer_id, identified_how=how)
        self.events.append(("identified", {"how": how}))

    def connect_unpaid(self, incident_id: int) -> bool:
        if self.current.cover is Cover.PREPAID:
            return False
        self.current = replace(self.current, cover=Cover.UNPAID)
        return True

    def customer(self, customer_id: int) -> Customer:
        return next(customer for customer in self.customers if customer.id == customer_id)

    def account(self, incident_id: int) -> Account:
        one, accepted = self.current, any(offer.end is OfferEnd.ACCEPTED for offer in self.offers)
        return Account(
            one.id, one.status, one.reason, one.consent, one.cover, accepted, self.charge is None, self.talked, None,
            tuple(self.kept.values()), self.charge,
            lost=self.dropped,
        )  # fmt: skip

    def coverage(self, customer_id: int) -> Coverage | None:
        return self.coverages.get(customer_id)

    def covered(self, incident_id: int, cover: Cover, coverage: Coverage | None) -> None:
        self.current = replace(self.current, cover=cover, seconds_left=coverage.seconds_left if coverage else None)

    def caller_legs(self, incident_id: int) -> list[str]:
        return ["caller-1"]

    def account_of(self, incident_id: int) -> str | None:
        return next((customer.account for customer in self.customers if customer.id == self.current.customer_id), None)

    def ladder(self) -> list[Rung]:
        return self.rungs

    def connecting(self, incident_id: int) -> None:
        self._status(IncidentStatus.CONNECTING)

    def make_offer(self, incident_id: int, rung: Rung) -> Offer:
        number = len(self.offers) + 1
        offer = Offer(number, incident_id, rung.engineer_id, rung.name, rung.phone, f"ess-offer-{number}", None, None)
        self.offers.append(offer)
        return offer

    def offer(self, offer_id: int) -> Offer:
        return self.offers[offer_id - 1]

    def end_offer(self, offer_id: int, end: OfferEnd) -> None:
        if self.offers[offer_id - 1].end is None:
            self.offers[offer_id - 1] = replace(self.offers[offer_id - 1], end=end)

    def accept(self, offer_id: int, channel: str) -> bool:
        if self.current.status is not IncidentStatus.CONNECTING or self.offer(offer_id).end is not None:
            return False
        self.offers[offer_id - 1] = replace(self.offer(offer_id), end=OfferEnd.ACCEPTED, channel=channel)
        self._status(IncidentStatus.TALKING)
        return True

    def accepted_offer(self, incident_id: int) -> Offer | None:
        return next((offer for offer in reversed(self.offers) if offer.end is OfferEnd.ACCEPTED), None)

    def engineer_lost(self, incident_id: int, *, dropped: bool = True) -> None:
        self._status(IncidentStatus.CONNECTING)
        self.dropped = dropped

    def set_ending(self, incident_id: int, reason: EndReason) -> None:
        self.key_reason = reason

    def ending(self, incident_id: int) -> EndReason | None:
        return self.key_reason

    def end_leg(self, uniqueid: str, cause: int) -> None:
        self.causes[uniqueid] = cause

    def leg_cause(self, uniqueid: str) -> int | None:
        return self.causes.get(uniqueid)

    def talk_is_open(self, incident_id: int) -> bool:
        self.open_looks -= 1
        return self.open_looks >= 0

    def talked_seconds(self, incident_id: int) -> float:
        return self.talked

    def end_incident(self, incident_id: int, reason: EndReason) -> bool:
        if self.current.status is IncidentStatus.ENDED:
            return False
        self.current = replace(self.current, status=IncidentStatus.ENDED, reason=reason)
        return True

    def _status(self, status: IncidentStatus) -> None:
        self.current = replace(self.current, status=status)


@dataclass
class ScriptedRinging:
    """An engineer's phone that comes to ``outcome`` after so many ticks."""

    records: MemoryRecords
    offer: Offer
    outcome: OfferEnd
    ticks: int
    answered: bool = False

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

    present: dict[str, dict[str, str]] = field(default_factory=dict)

    def channels(self) -> dict[str, dict[str, str]]:
        return self.present

    def ring(self, offer: Offer, seconds: int, caller_id: str) -> ScriptedRinging:
        outcome = self.outcomes[min(len(self.rung), len(self.outcomes) - 1)]
        self.rung.append(offer.engineer_name)
        return ScriptedRinging(self.records, offer, outcome, self.ticks)

    def hang_up(self, channel: str) -> None:
        self.hung_up.append(channel)


def _incident() -> Incident:
    return Incident(1001, IncidentStatus.OPEN, None, None, None, identified_how=None, cover=None, seconds_left=None)
