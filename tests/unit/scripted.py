"""The flow's partners without a network: a phone that answers from a script, records in memory, a switchboard of moods."""

import wave
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from ivr.errors import CallerGone, StoreUnavailable
from ivr.model import (
    Account,
    Briefing,
    Category,
    Charge,
    Consent,
    Cover,
    Coverage,
    Customer,
    EndReason,
    FailsafePhone,
    GuessLimits,
    Incident,
    IncidentStatus,
    Message,
    NotCovered,
    Offer,
    OfferEnd,
    Rate,
    Rung,
)
from ivr.periods import ENOUGH_SECONDS
from ivr.phone import Phone
from ivr.records.resumes import Suspended
from ivr.rota import Level
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
        self.language = "en"
        self.unheard: set[str] = set()
        self.says_seconds = 3.0  # what a message becomes; 0 leaves its file empty
        self.on_tick: Callable[[], None] = lambda: None
        self.on_play: dict[str, Callable[[], object]] = {}
        """What happens elsewhere while a prompt plays."""
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

    def record(self, path: Path, *, keys: str = "#", seconds: float = 180.0, silence: int = 10) -> None:
        write_recording(path.with_suffix(".wav"), self.says_seconds)
        self._hear("record")

    def get(self, variable: str) -> str:
        return self.variables.get(variable, "")

    def set(self, variable: str, value: str) -> None:
        self.variables[variable] = value

    def speak(self, language: str) -> None:
        self.language = language

    def hang_up(self) -> None:
        self.hung_up = True

    def _hear(self, sound: str) -> None:
        self.heard.append(sound)
        self.on_play.get(sound, lambda: None)()
        waiting = self.answers.get(sound)
        answer = waiting.pop(0) if waiting else ""
        if answer == HANG_UP:
            raise CallerGone
        self._typed.extend(answer)


def write_recording(path: Path, seconds: float) -> None:
    """So much loud sound as Asterisk leaves it, closed."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        file.writeframes(array("h", [8000, -8000] * round(seconds * 4000)).tobytes())


@dataclass
class MemoryRecords(MemoryHolds):
    """The records of one incident, with the same promises as the store: one accept, one end of an offer, one ending."""

    customers: list[Customer] = field(default_factory=list)
    phones: dict[str, Customer] = field(default_factory=dict)
    coverages: dict[int, Coverage] = field(default_factory=dict)
    rungs: list[Rung] = field(default_factory=list)
    """One level each, unless ``ladder_levels`` says otherwise."""
    ladder_levels: list[Level] | None = None
    busy: set[int] = field(default_factory=set)
    caller_number: str | None = None
    causes: dict[str, int] = field(default_factory=dict)
    quicker: list[int] = field(default_factory=list)
    """Seconds that other calls reserve between a look at what is left and our own reservation, one for each."""
    talked: float = 0.0
    open_looks: int = 0
    """So often the meter is found still counting."""
    down: bool = False
    current: Incident = field(default_factory=lambda: _incident())
    offers: list[Offer] = field(default_factory=list)
    jobs: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    messages_folder: Path = Path("/proc/no folder to be had")
    messages_left: list[Message] = field(default_factory=list)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    key_reason: EndReason | None = None
    guesses: list[dict[str, object]] = field(default_factory=list)
    """Accounts and PINs that were tried, without PostgreSQL's hour."""
    blocked: set[str] = field(default_factory=set)
    dropped: bool = False
    waiting: list[Suspended] = field(default_factory=list)
    """What a caller may come back to while the incident is suspended."""
    charge: Charge | None = None
    """What the incident comes to; None: the meter is not done."""

    def __getattribute__(self, name: str) -> Any:
        if name != "down" and not name.startswith("_") and object.__getattribute__(self, "down"):
            raise StoreUnavailable("scripted")
        return object.__getattribute__(self, name)

    def defer(self, task: str, /, **arguments: object) -> None:
        self.jobs.append((task, arguments))

    def begin_message(self, incident_id: int) -> Message:
        number = len(self.messages_left) + 1
        made = Message(number, incident_id, f"{incident_id}-{number}.wav", "node", datetime.now(UTC), None, None, None)
        self.messages_left.append(made)
        return made

    def message_recorded(self, message_id: int, seconds: float) -> None:
        self.messages_left[message_id - 1] = replace(self.messages_left[message_id - 1], seconds=seconds)

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

    def category(self, incident_id: int, category: Category | None, *, trunk_claim: bool) -> None:
        self.current = replace(self.current, category=category, trunk_claim=trunk_claim, category_asked=True)

    def is_blocked(self, e164: str) -> bool:
        return e164 in self.blocked

    def speaks(self, incident_id: int, language: str) -> None:
        self.current = replace(self.current, language=language)

    def trunks_asked(self, incident_id: int, *, down: bool) -> None:
        self.current = replace(self.current, trunk_claim=self.current.trunk_claim or down, trunks_asked=True)

    def guesses_locked(self, caller: str | None, customer_id: int | None, limits: GuessLimits) -> bool:
        mine = [guess for guess in self.guesses if guess["caller"] == caller and not guess["fits"]]
        its = [guess for guess in self.guesses if customer_id is not None and guess["customer_id"] == customer_id and not guess["fits"]]
        return len(mine) >= limits.caller or len(its) >= limits.account

    def guess(self, incident_id: int, caller: str | None, customer_id: int | None, limits: GuessLimits) -> UUID | None:
        if self.guesses_locked(caller, customer_id, limits):
            return None
        self.guesses.append({"id": uuid4(), "caller": caller, "customer_id": customer_id, "fits": False})
        return UUID(str(self.guesses[-1]["id"]))

    def guessed(self, guess: UUID, *, fits: bool) -> None:
        next(each for each in self.guesses if each["id"] == guess)["fits"] = fits

    def claimed(self, incident_id: int, customer_id: int, how: str) -> None:
        self.current = replace(self.current, claimed_id=customer_id, identified_how=how)
        self.events.append(("claimed", {"how": how}))

    def confirm_claim(self, incident_id: int) -> int | None:
        if self.current.claimed_id is not None:
            self.current = replace(self.current, customer_id=self.current.claimed_id, identified_how="engineer")
        return self.current.claimed_id

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
            lost=self.dropped, no_charge=one.no_charge, allotted=one.seconds_left,
        )  # fmt: skip

    def coverage(self, customer_id: int) -> Coverage | None:
        return self.coverages.get(customer_id)

    def why_not_covered(self, customer_id: int) -> NotCovered | None:
        return NotCovered.USED_UP if customer_id in self.coverages else None

    def reserve(self, incident_id: int, coverage: Coverage) -> int | None:
        left = coverage.seconds_left
        if self.quicker and left is not None:
            left -= self.quicker.pop(0)
            self.coverages = {owner: replace(one, seconds_left=left) for owner, one in self.coverages.items()}
        if left is not None and left < ENOUGH_SECONDS:
            return 0
        self.current = replace(self.current, cover=Cover.AGREEMENT, seconds_left=left)
        return left

    def covered(self, incident_id: int, cover: Cover) -> None:
        self.current = replace(self.current, cover=cover, seconds_left=None)

    def caller_legs(self, incident_id: int) -> list[str]:
        return [uniqueid for uniqueid in ("caller-1",) if uniqueid not in self.causes]

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

    def account_of(self, incident_id: int) -> str | None:
        return next((customer.account for customer in self.customers if customer.id == self.current.customer_id), None)

    def levels(self) -> list[Level]:
        each = [Level(number, (rung,), together=False, ring_seconds=None) for number, rung in enumerate(self.rungs, 1)]
        return each if self.ladder_levels is None else self.ladder_levels

    def busy_engineers(self) -> set[int]:
        return self.busy

    def connecting(self, incident_id: int) -> None:
        self._status(IncidentStatus.CONNECTING)

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

    def briefing(self, offer_id: int) -> Briefing:
        offer, one = self.offer(offer_id), self.current
        accounts = {customer.id: customer.account for customer in self.customers}
        before = [each for each in self.offers if each.end is OfferEnd.ACCEPTED and each.id != offer_id]
        return Briefing(
            one.id, one.status, offer.end, accounts.get(one.customer_id or 0), accounts.get(one.claimed_id or 0), one.category,
            one.trunk_claim, one.cover, one.seconds_left, self.caller_number, any(each.engineer_id == offer.engineer_id for each in before),
            one.language,
        )  # fmt: skip

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

    def engineer_lost(self, incident_id: int, *, dropped: bool = True) -> None:
        self._status(IncidentStatus.CONNECTING)
        self.dropped = dropped

    def last_accepted(self, incident_id: int) -> Offer | None:
        return next((offer for offer in reversed(self.offers) if offer.end is OfferEnd.ACCEPTED), None)

    def set_ending(self, incident_id: int, offer_id: int, reason: EndReason) -> None:
        accepted = self.accepted_offer(incident_id)
        if accepted is not None and accepted.id == offer_id:
            self.key_reason = reason

    def ending(self, incident_id: int) -> EndReason | None:
        return self.key_reason

    def end_leg(self, uniqueid: str, cause: int) -> None:
        self.causes[uniqueid] = cause

    def leg_cause(self, uniqueid: str) -> int | None:
        return self.causes.get(uniqueid)

    def no_charge(self, incident_id: int) -> None:
        self.current = replace(self.current, no_charge=True)

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


def _incident() -> Incident:
    return Incident(1001, IncidentStatus.OPEN, None, None, None, identified_how=None, cover=None, seconds_left=None)
