"""``*4``: the engineer is sure who calls. Who was named without a PIN is the customer from then on, and their agreement pays, if it can."""

from typing import Final

from ivr.entitlement import reserved
from ivr.hotline import Hotline
from ivr.model.customer import Customer
from ivr.model.incident import Cover, Incident
from ivr.periods import ENOUGH_SECONDS
from ivr.phone import Phone
from ivr.questions import Menu, ask

VERIFIED: Final = Menu("confirm_verified", "confirm_verified_plain", keys="1")


def verified_key(hotline: Hotline, phone: Phone, incident: Incident) -> None:
    """Ask for 1 once more; the talk goes on. Pressed again it changes nothing, but finishes what a killed process has begun."""
    if incident.claimed_id is None:
        return phone.play("nothing_to_verify")
    if incident.customer_id is None and ask(phone, VERIFIED, silence=hotline.settings.key_seconds) != "1":
        return phone.play("not_confirmed")
    customer_id = hotline.store.confirm_claim(incident.id)
    if customer_id is None:  # the talk was over before the 1
        return phone.play("not_confirmed")
    _pay_for(hotline, hotline.store.incident(incident.id), hotline.store.customer(customer_id))
    return phone.play("verified_noted")


def _pay_for(hotline: Hotline, incident: Incident, customer: Customer) -> None:
    """As it would have been paid with the PIN: free when our trunks are down, else by the agreement; else it stays owed.

    An agreement pays for the whole talk or not at all: what it has left must reach for what was talked already.
    """
    if incident.cover is not Cover.UNPAID:
        return
    if incident.trunk_claim and customer.trunks:
        hotline.store.covered(incident.id, Cover.TRUNKS)
        return
    coverage = hotline.store.coverage(customer.id)
    left = coverage.seconds_left if coverage is not None else 0
    if left is None or left >= hotline.store.talked_seconds(incident.id) + ENOUGH_SECONDS:
        reserved(hotline, incident, customer)
