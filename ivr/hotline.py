"""Everything that a script of the call needs, wired once in :mod:`ivr.serve`."""

from dataclasses import dataclass

from ivr.config import Settings
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from ivr.switchboard import Switchboard


@dataclass(frozen=True, slots=True)
class Hotline:
    """The settings, the records, the switchboard and the way to Stripe of this process."""

    settings: Settings
    store: Store
    switchboard: Switchboard
    stripe: StripeGateway
