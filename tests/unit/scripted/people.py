"""Customers in memory: recognising them, counting their guesses, reserving their minutes."""

from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from ivr.model.customer import Coverage, Customer, GuessLimits, NotCovered
from ivr.model.incident import Cover, Incident
from ivr.periods import ENOUGH_SECONDS
from tests.unit.scripted.incident import MemoryIncident


@dataclass
class MemoryPeople(MemoryIncident):
    """Who may call, who has guessed how often, and what agreements are left."""

    customers: list[Customer] = field(default_factory=list)
    phones: dict[str, Customer] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    guesses: list[dict[str, object]] = field(default_factory=list)
    """Accounts and PINs that were tried, without PostgreSQL's hour."""
    coverages: dict[int, Coverage] = field(default_factory=dict)
    quicker: list[int] = field(default_factory=list)
    """Seconds that other calls reserve between a look at what is left and our own reservation, one for each."""

    def is_blocked(self, e164: str) -> bool:
        return e164 in self.blocked

    def customer(self, customer_id: int) -> Customer:
        return next(customer for customer in self.customers if customer.id == customer_id)

    def customer_by_account(self, account: str) -> Customer | None:
        return next((customer for customer in self.customers if customer.account == account), None)

    def customer_by_phone(self, number: str) -> Customer | None:
        return self.phones.get(number)

    def account_of(self, incident_id: int) -> str | None:
        return next((customer.account for customer in self.customers if customer.id == self.current.customer_id), None)

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

    def claimed(self, incident_id: int, customer_id: int, how: str) -> Incident:
        self.current = replace(self.current, claimed_id=customer_id, identified_how=how)
        self.events.append(("claimed", {"how": how}))
        return self.incident(incident_id)

    def confirm_claim(self, incident_id: int) -> int | None:
        if self.current.claimed_id is not None:
            self.current = replace(self.current, customer_id=self.current.claimed_id, identified_how="engineer")
        return self.current.claimed_id

    def identified(self, incident_id: int, customer_id: int | None, how: str) -> Incident:
        self.current = replace(self.current, customer_id=customer_id, identified_how=how)
        self.events.append(("identified", {"how": how}))
        return self.incident(incident_id)

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
