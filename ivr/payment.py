"""Step 5: prepaying by keypad. A block of minutes is chosen, a card is keyed and confirmed, and Stripe holds the amount.

Nothing is charged here, only held. Every wait has music. Whoever hangs up leaves nothing held: the settlement releases it.
"""

import logging
from collections.abc import Mapping
from functools import partial
from typing import Final

from ivr import holds, spoken, tariff
from ivr.card import Card
from ivr.config import Policy
from ivr.errand import Errand
from ivr.errors import BadAmount, StripeRefused, StripeUnavailable
from ivr.hotline import Hotline
from ivr.keypad_card import NoCard, key_in_card
from ivr.model.incident import Cover, Incident
from ivr.model.money import Decline, Hold, HoldStatus, Rate
from ivr.phone import Phone
from ivr.questions import Menu, ask

log = logging.getLogger(__name__)

BLOCK: Final = Menu("choose_block", "choose_block_plain", keys="123456789*")
CONFIRM: Final = Menu("confirm_card", "confirm_card_plain", keys="12")
_CARDS: Final = 3
"""Cards sent to the bank in one call ("Money rules", rule 8)."""
_ROUNDS: Final = 6
"""Cards keyed in one call, also those that the caller then took back."""
_REPEATS: Final = 5
_UNPAID: Final[Mapping[Policy, tuple[str, ...]]] = {"connect_unpaid": ("unpaid_terms",), "refuse": ()}
_STRIPE_DOWN: Final[Mapping[Policy, tuple[str, ...]]] = {"connect_unpaid": ("stripe_down_unpaid",), "refuse": ("stripe_down_refused",)}
"""What a caller hears who goes on without a hold; after a refusal the goodbye says the rest."""


def payment(hotline: Hotline, phone: Phone, incident: Incident) -> Cover | None:
    """PREPAID once a hold stands, UNPAID where a policy connects without one, None when the call ends without payment."""
    settings = hotline.settings
    if not settings.keypad_cards or settings.stripe_key is None:
        return _without(hotline, phone, incident, "connect_unpaid", "there is no way to pay", _UNPAID)
    try:
        if _left_held(hotline, phone, incident):
            return Cover.PREPAID
        return _prepay(hotline, phone, incident)
    except (StripeUnavailable, StripeRefused, BadAmount) as error:
        why = "Stripe did not answer" if isinstance(error, StripeUnavailable) else "the payment could not be prepared"
        log.error("incident %d goes on without payment: %s", incident.id, error)
    # outside the except: the error's frames hold the card
    return _without(hotline, phone, incident, settings.stripe_down, why, _STRIPE_DOWN)


def _left_held(hotline: Hotline, phone: Phone, incident: Incident) -> bool:
    """Whether an earlier script of this call died after the bank had said yes. Asks Stripe only when a card's answer is open."""
    left = hotline.store.holds(incident.id)
    if any(hold.status is HoldStatus.CONFIRMING for hold in left):
        return Errand(partial(holds.resume, hotline.store, hotline.stripe, incident.id)).with_music(phone) is not None
    return any(hold.status is HoldStatus.HELD for hold in left)


def _prepay(hotline: Hotline, phone: Phone, incident: Incident) -> Cover | None:
    """Choose a block, then a card after the other until one is accepted."""
    rate = hotline.store.rate_of(incident.id)
    minutes = _choose_block(hotline, phone, rate, ("trunk_claim_hold", "prepay") if incident.trunk_claim else ("prepay",))
    if minutes is None:
        return _unanswered(hotline, phone, incident, "no block of time was chosen")
    opening = Errand(partial(holds.open_hold, hotline.store, hotline.stripe, incident.id, minutes=minutes, rate=rate))
    news: tuple[str, ...] = ()
    for _ in range(_ROUNDS):
        if not _may_try(hotline, incident):
            break
        card = _confirmed_card(hotline, phone, tariff.block_cents(rate, minutes), opening, news)
        if card is NoCard.UNANSWERED or card is NoCard.GIVEN_UP:
            return _unanswered(hotline, phone, incident, f"no card was keyed in: {card.name.lower().replace('_', ' ')}")
        news = ()
        if card is not None:
            declined = _authorise(hotline, phone, opening, card)
            del card  # gone as soon as the bank has it
            if declined is None:
                return _approved(phone, minutes)
            news = (f"decline_{declined}", "another_card")
    phone.play_until_key(*news[:1], "too_many_cards")
    return None


def _approved(phone: Phone, minutes: int) -> Cover:
    phone.play_until_key("card_approved", "prepaid_before", *spoken.minutes(minutes, phone.language))
    return Cover.PREPAID


def _choose_block(hotline: Hotline, phone: Phone, rate: Rate, opening: tuple[str, ...]) -> int | None:
    """The minutes to prepay, each offered with its price, tax included; None when no key is pressed."""
    blocks = tariff.blocks(rate)[:9]
    keys = "".join(str(place) for place in range(1, len(blocks) + 1))
    menu = Menu(BLOCK.prompt, BLOCK.plain, keys=f"{keys}*")
    choices = tuple(sound for key, minutes in zip(keys, blocks, strict=True) for sound in _choice(rate, minutes, key, phone.language))
    tax = ("tax_included",) if rate.tax_basis_points else ()
    for _ in range(_REPEATS):
        key = ask(phone, menu, silence=hotline.settings.key_seconds, opening=opening, choices=(*choices, *tax))
        if key != "*":
            break
        opening = ()
    return blocks[int(key) - 1] if key in keys and key else None


def _choice(rate: Rate, minutes: int, key: str, language: str) -> tuple[str, ...]:
    """The sounds of "for fifteen minutes, at forty dollars and fifty-nine cents, press 1"."""
    price = spoken.money(tariff.block_cents(rate, minutes), language)
    return ("block_for", *spoken.minutes(minutes, language), "block_at", *price, "block_press", *spoken.digits(key))


def _may_try(hotline: Hotline, incident: Incident) -> bool:
    """Whether this call, this caller and this account may try another card ("Money rules", rule 8: card testing is expected)."""
    if hotline.store.cards_tried(incident.id) >= _CARDS:
        return False
    return hotline.store.cards_today(incident.id) < hotline.settings.cards_per_day


def _confirmed_card(hotline: Hotline, phone: Phone, cents: int, opening: Errand[Hold], news: tuple[str, ...]) -> Card | NoCard | None:
    """A card whose amount, brand and last four digits the caller heard whole and confirmed; None when another one is wanted.

    ``news`` of the last card is said first, and cut by the first digit of the next.
    """
    card = key_in_card(hotline.settings, phone, check=opening.check, opening=news)
    if isinstance(card, NoCard):
        return card
    price = spoken.money(cents, phone.language)
    said = ("confirm_hold", *price, "on_your", f"brand_{card.brand}", "ending_in", *spoken.digits(card.last4))
    phone.play(*said)
    if not phone.unheard.isdisjoint(said):  # a sound is missing: nobody confirms what was not said
        return NoCard.UNANSWERED
    answer = ask(phone, CONFIRM, silence=hotline.settings.key_seconds)
    return NoCard.UNANSWERED if not answer else card if answer == "1" else None


def _authorise(hotline: Hotline, phone: Phone, opening: Errand[Hold], card: Card) -> Decline | None:
    """Have the amount held, while the caller has music."""
    return Errand(lambda: holds.authorise(hotline.store, hotline.stripe, opening.result(), card)).with_music(phone)


def _unanswered(hotline: Hotline, phone: Phone, incident: Incident, why: str) -> Cover | None:
    return _without(hotline, phone, incident, hotline.settings.payment_unanswered, why, _UNPAID)


def _without(
    hotline: Hotline, phone: Phone, incident: Incident, policy: Policy, why: str, said: Mapping[Policy, tuple[str, ...]]
) -> Cover | None:
    """Go on without a hold, or not at all, as the policy says. Keys are thrown away: somebody may still be keying in a card."""
    hotline.store.note(incident.id, "unpaid", why=why, policy=policy)
    if policy == "refuse":
        phone.play(*said[policy])
        return None
    if not hotline.store.connect_unpaid(incident.id):  # the bank's answer came after all, by Stripe's webhook
        phone.play_until_key("card_approved")
        return Cover.PREPAID
    phone.play(*said[policy])
    return Cover.UNPAID
