"""Everything that a script of the call needs, wired once in :mod:`ivr.serve`."""

from dataclasses import dataclass

from ivr.config import Settings
from ivr.store import Store
from ivr.switchboard import Switchboard


@dataclass(frozen=True, slots=True)
class Hotline:
    """The settings, the records and the switchboard of this process."""

    settings: Settings
    store: Store
    switchboard: Switchboard
