"""Step 2: what is down. So far the one question that money depends on: whether it is our own SIP trunks."""

from typing import Final

from ivr.hotline import Hotline
from ivr.model import Customer
from ivr.phone import Phone
from ivr.questions import Menu, ask

TRUNKS: Final = Menu("ask_trunks", "ask_trunks_plain", keys="12")


def trunks_are_down(hotline: Hotline, phone: Phone, customer: Customer) -> bool:
    """Whether a customer with our trunks reports them down. Such a call is never charged (seed: "if VOICE1 is providing SIP Trunking")."""
    return customer.trunks and ask(phone, TRUNKS, silence=hotline.settings.key_seconds) == "1"
