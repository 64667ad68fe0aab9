"""Step 1: what an emergency is and what it costs, and whether the caller wants an engineer."""

from time import monotonic
from typing import Final

from ivr import prompts, spoken
from ivr.hotline import Hotline
from ivr.model import Consent, Incident, Rate
from ivr.phone import Phone
from ivr.questions import Menu, ask

DISCLOSURE_MENU: Final = Menu("disclosure_menu", "disclosure_menu_plain", keys="1*2")
_TERMS: Final = ("disclosure_terms", "disclosure_emergency")
_REPEATS: Final = 5
_ANSWERS: Final = {"1": Consent.GIVEN, "2": Consent.REFUSED}


def disclosure(hotline: Hotline, phone: Phone, incident: Incident) -> Consent:
    """Say the price, then the terms, and record the answer with the rate, the prompts' version and the milliseconds heard.

    The price can't be skipped and keys typed before its end are thrown away; only ``Consent.GIVEN`` allows a charge.
    Silence is ``Consent.NONE``: the caller reaches an engineer and is never charged.
    """
    if incident.consent is not None:
        return incident.consent
    rate = hotline.store.current_rate()
    price = price_sentence(rate)
    for _ in range(_REPEATS):
        began = monotonic()
        phone.play(*price)
        price_ms = round((monotonic() - began) * 1000)
        key = ask(phone, DISCLOSURE_MENU, silence=hotline.settings.key_seconds, opening=_TERMS)
        if key != "*":
            break
    answer = _ANSWERS.get(key, Consent.NONE)
    if answer is Consent.GIVEN and not phone.unheard.isdisjoint(price):
        answer = Consent.NONE  # a sound of the price is missing: nobody has agreed to what was not said
    hotline.store.consent(incident.id, answer, rate=rate, prompt_version=prompts.disclosure_version(), price_ms=price_ms)
    return answer


def price_sentence(rate: Rate) -> tuple[str, ...]:
    """The sounds of "this call costs two dollars and fifty cents a minute, plus tax, with a minimum of fifteen minutes"."""
    price = spoken.price_a_minute(rate.price_cents)
    tax = ("plus_tax",) if rate.tax_basis_points else ()
    return ("disclosure", *price, *tax, "with_a_minimum_of", *spoken.minutes(rate.minimum_minutes))
