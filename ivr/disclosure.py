"""Step 1: what an emergency is and what it costs, and whether the caller wants an engineer."""

import logging
from contextlib import suppress
from time import monotonic
from typing import Final

from ivr import prompts, spoken
from ivr.errors import CallerGone, Unavailable
from ivr.hotline import Hotline
from ivr.model.incident import Consent, Incident
from ivr.model.money import Rate
from ivr.phone import Phone
from ivr.questions import Menu, ask

log = logging.getLogger(__name__)

DISCLOSURE_MENU: Final = Menu("disclosure_menu", "disclosure_menu_plain", keys="1*2")
LONGEST_SECONDS: Final = 25.0
"""How long the disclosure may last (design, "The caller's way")."""
_TERMS: Final = ("disclosure_terms", "disclosure_emergency")
_REPEATS: Final = 5
_ANSWERS: Final = {"1": Consent.GIVEN, "2": Consent.REFUSED}
_BETWEEN_SOUNDS: Final = 0.025
"""Seconds that Asterisk takes from one sound to the next."""


def disclosure(hotline: Hotline, phone: Phone, incident: Incident) -> Consent:
    """Say the price, then the terms, and record the answer with the rate, the prompts' version and the milliseconds heard.

    The price can't be skipped and keys typed before its end are thrown away; only ``Consent.GIVEN`` allows a charge.
    Silence is ``Consent.NONE``: the caller reaches an engineer and is never charged.
    """
    if incident.consent is not None:
        return incident.consent
    rate = hotline.store.current_rate()
    price = _price(rate, phone.language)
    for _ in range(_REPEATS):
        price_ms = _say_price(hotline, phone, incident, price)
        key = ask(phone, DISCLOSURE_MENU, silence=hotline.settings.key_seconds, opening=_TERMS)
        if key != "*":
            break
    answer = _ANSWERS.get(key, Consent.NONE)
    if answer is Consent.GIVEN and (not price or not phone.unheard.isdisjoint(price)):
        answer = Consent.NONE  # a sound of the price is missing: nobody has agreed to what was not said
    hotline.store.consent(incident.id, answer, rate=rate, prompt_version=prompts.disclosure_version(phone.language), price_ms=price_ms)
    return answer


def price_sentence(rate: Rate, language: str = spoken.ENGLISH) -> tuple[str, ...]:
    """The sounds of "this call costs two dollars and fifty cents a minute, plus tax, with a minimum of fifteen minutes".

    Raises ValueError when the price can't be spoken.
    """
    if rate.currency.upper() not in spoken.DOLLARS:
        raise ValueError(f"there are no recorded words for prices in {rate.currency}")
    tax = ("plus_tax",) if rate.tax_basis_points else ()
    least = ("with_a_minimum_of", *spoken.minutes(rate.minimum_minutes, language)) if rate.minimum_minutes else ()
    return ("disclosure", *spoken.price_a_minute(rate.price_cents, language), *tax, *least)


def seconds(rate: Rate, language: str = spoken.ENGLISH) -> float:
    """How long the disclosure of this rate lasts, up to the end of its menu. Raises ValueError as :func:`price_sentence`."""
    said = (*price_sentence(rate, language), *_TERMS, DISCLOSURE_MENU.prompt)
    return sum(prompts.seconds(name, language) + _BETWEEN_SOUNDS for name in said)


def _price(rate: Rate, language: str) -> tuple[str, ...]:
    """The price sentence, nothing when it can't be spoken: a wrong price must not be."""
    try:
        return price_sentence(rate, language)
    except ValueError as unspeakable:
        log.error("callers are not told rate %d, so none of them is charged: %s", rate.id, unspeakable)
        return ()


def _say_price(hotline: Hotline, phone: Phone, incident: Incident, price: tuple[str, ...]) -> int:
    """Milliseconds of the price that were played. Who hangs up in it leaves them on the timeline."""
    began = monotonic()
    try:
        phone.play(*price)
    except CallerGone:
        with suppress(Unavailable):
            hotline.store.note(incident.id, "price_cut", price_ms=round((monotonic() - began) * 1000))
        raise
    return round((monotonic() - began) * 1000)
