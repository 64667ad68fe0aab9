"""Step 2: what is down (seed, "What is an Emergency?"), and whether it is our own SIP trunks: such a call is never charged."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ivr.hotline import Hotline
from ivr.model.customer import Customer
from ivr.model.incident import Category, Incident
from ivr.phone import Phone
from ivr.questions import Menu, ask

CATEGORY: Final = Menu("ask_category", "ask_category_plain", keys="1234")
TRUNKS: Final = Menu("ask_trunks", "ask_trunks_plain", keys="12")
_ANSWERS: Final[Mapping[str, Category]] = MappingProxyType(
    {"1": Category.OUTAGE, "2": Category.TELEPHONY, "3": Category.HOSTED, "4": Category.TRUNKS}
)


def category(hotline: Hotline, phone: Phone, incident: Incident) -> None:
    """Ask what is down and record it. Silence is no answer, and costs the caller nothing but this question."""
    if incident.category_asked or incident.identified_how is not None:
        return
    answer = _ANSWERS.get(ask(phone, CATEGORY, silence=hotline.settings.key_seconds))
    hotline.store.category(incident.id, answer, trunk_claim=answer is Category.TRUNKS)


def trunks_are_down(hotline: Hotline, phone: Phone, incident: Incident, customer: Customer) -> bool:
    """Whether a customer with our trunks says that they are down: asked once, unless the category says it all.

    Such a call is never charged (seed: "if VOICE1 is providing SIP Trunking"). A slow hosted service is no matter of trunks.
    """
    if not customer.trunks or incident.trunk_claim or incident.trunks_asked or incident.category is Category.HOSTED:
        return customer.trunks and incident.trunk_claim
    down = ask(phone, TRUNKS, silence=hotline.settings.key_seconds) == "1"
    hotline.store.trunks_asked(incident.id, down=down)
    return down
