"""Holds in memory, and a Stripe that answers from a list."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from ivr.card import Card
from ivr.errors import CardDeclined, StripeUnavailable
from ivr.model.money import Decline, Hold, HoldStatus, Intent, IntentStatus, Rate

NOW = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
RATE = Rate(id=1, price_cents=250, minimum_minutes=15, increment_minutes=1, currency="USD", blocks=(15, 30, 60), tax_basis_points=825)


@dataclass
class MemoryHolds:
    """The records' promises about holds that the caller's side of a payment relies on."""

    kept: dict[UUID, Hold] = field(default_factory=dict)
    tried_today: int = 0

    def rate_of(self, incident_id: int) -> Rate:
        return RATE

    def open_hold(self, hold_id: UUID, incident_id: int, *, minutes: int, amount_cents: int, currency: str) -> Hold:
        self.kept[hold_id] = Hold(hold_id, incident_id, minutes, amount_cents, currency, HoldStatus.NEW, None, None, 0, None, NOW)
        return self.kept[hold_id]

    def hold(self, hold_id: UUID) -> Hold:
        return self.kept[hold_id]

    def holds(self, incident_id: int) -> list[Hold]:
        return list(self.kept.values())

    def hold_created(self, hold_id: UUID, intent_id: str) -> None:
        self._change(hold_id, HoldStatus.CREATED, intent_id=intent_id)

    def try_card(self, hold_id: UUID, number: int, *, brand: str, last4: str) -> None:
        self._change(hold_id, HoldStatus.CONFIRMING, tries=number, card=f"{brand} ****{last4}")

    def card_held(self, hold_id: UUID) -> None:
        self._change(hold_id, HoldStatus.HELD)

    def card_declined(self, hold_id: UUID, decline: Decline) -> None:
        self._change(hold_id, HoldStatus.CREATED)

    def cards_tried(self, incident_id: int) -> int:
        return sum(hold.tries for hold in self.kept.values())

    def cards_today(self, incident_id: int) -> int:
        return self.tried_today + self.cards_tried(incident_id)

    def _change(self, hold_id: UUID, status: HoldStatus, **more: object) -> None:
        self.kept[hold_id] = replace(self.kept[hold_id], status=status, **more)  # type: ignore[arg-type]


@dataclass
class ScriptedStripe:
    """Answers each confirmation with the next of ``answers`` (None: held), the last one again and again; ``down`` answers nothing."""

    answers: list[Decline | None] = field(default_factory=lambda: [None])
    down: bool = False
    cards: list[str] = field(default_factory=list)

    def create(self, hold: Hold) -> Intent:
        self._answer()
        return self._intent(IntentStatus.REQUIRES_PAYMENT_METHOD, hold.amount_cents)

    def confirm(self, intent_id: str, card: Card, *, key: str) -> Intent:
        self._answer()
        self.cards.append(card.last4)
        declined = self.answers[min(len(self.cards), len(self.answers)) - 1]
        if declined is not None:
            raise CardDeclined(declined)
        return self._intent(IntentStatus.REQUIRES_CAPTURE, 0)

    def _answer(self) -> None:
        if self.down:
            raise StripeUnavailable("scripted")

    @staticmethod
    def _intent(status: IntentStatus, cents: int) -> Intent:
        return Intent("pi_scripted", status, cents, 0, "usd", None, NOW)
