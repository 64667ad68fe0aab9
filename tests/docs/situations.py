"""What may be the matter while a page's commands run: ``<!-- while: Stripe refuses the key -->`` above a block.

Each changes the settings of the commands, or what is written in the records or at Stripe.
"""

from collections.abc import Callable, Mapping
from typing import Final

from ivr.model.incident import EndReason
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.docs.story import PHONE, agreed, held, talks

Change = Callable[[Store, StripeGateway], Mapping[str, str]]
"""What it does; the settings that it changes."""


def cancelled_by_hand(store: Store, gateway: StripeGateway) -> Mapping[str, str]:
    """Somebody released a hold in Stripe's dashboard while they talked."""
    hold = held(store, gateway, agreed(store, PHONE, None).id)
    store.connecting(hold.incident_id)
    offer = store.make_offer(hold.incident_id, store.levels()[0].rungs[0])
    assert store.accept(offer.id, "PJSIP/trunk-00000009")
    gateway.cancel(str(hold.intent_id), key="by hand")
    talks(store, hold.incident_id, offer.uniqueid, 600.0, EndReason.RESOLVED)
    return {}


def unsettled(store: Store, gateway: StripeGateway) -> Mapping[str, str]:
    """A call has ended and no worker runs."""
    incident = agreed(store, PHONE, None)
    held(store, gateway, incident.id)
    store.end_incident(incident.id, EndReason.ABANDONED)
    return {}


def nobody_on_call(store: Store, gateway: StripeGateway) -> Mapping[str, str]:
    """Nobody's number may be dialled."""
    return {"IVR_DIAL_PREFIXES": "+44"}


SITUATIONS: Final[Mapping[str, Change]] = {
    "somebody cancels a payment in the dashboard": cancelled_by_hand,
    "no worker runs": unsettled,
    "no number may be dialled": nobody_on_call,
    "Asterisk is away": lambda store, gateway: {"IVR_AMI_PORT": "1"},
    "PostgreSQL is away": lambda store, gateway: {"IVR_DATABASE_URL": "postgresql://ivr@127.0.0.1:1/ivr"},
    "Stripe refuses the key": lambda store, gateway: {"IVR_STRIPE_KEY": "sk_test_wrong"},
    "Stripe is away": lambda store, gateway: {"IVR_STRIPE_URL": "http://127.0.0.1:1", "IVR_STRIPE_SECONDS": "0.5"},
    "there is no Stripe key": lambda store, gateway: {"IVR_STRIPE_KEY": "", "IVR_STRIPE_WEBHOOK_SECRET": ""},
    "there are no failsafe phones": lambda store, gateway: {"IVR_FAILSAFE_PHONES": ""},
    "settings are missing": lambda store, gateway: {"IVR_DATABASE_URL": "", "IVR_AMI_PORT": "99999"},
}
