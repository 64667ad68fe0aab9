"""Says every two seconds that this node is there, as long as its Asterisk is: for other nodes on the same database."""

from contextlib import suppress
from typing import Final

from ivr.errors import HotlineError
from ivr.periodic import Periodic
from ivr.records.nodes import Nodes
from ivr.switchboard import Switchboard

BEAT_SECONDS: Final = 2.0


class Heartbeat(Periodic):
    """``store`` is the :class:`ivr.store.Store`. In every ``serve``: one of a node's two is enough."""

    def __init__(self, store: Nodes, switchboard: Switchboard) -> None:
        super().__init__("heartbeat", BEAT_SECONDS)
        self._store = store
        self._switchboard = switchboard

    def turn(self) -> None:
        """One beat, if Asterisk is there. While the records are away the meter says so."""
        if self._switchboard.connected:
            with suppress(HotlineError):
                self._store.beat()
