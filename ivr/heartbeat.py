"""Says every two seconds that this node is there, as long as its Asterisk is: for other nodes on the same database."""

from contextlib import suppress
from threading import Event, Thread
from typing import Final

from ivr.errors import HotlineError
from ivr.records.nodes import Nodes
from ivr.switchboard import Switchboard

BEAT_SECONDS: Final = 2.0


class Heartbeat:
    """``store`` is the :class:`ivr.store.Store`. In every ``serve``: one of a node's two is enough."""

    def __init__(self, store: Nodes, switchboard: Switchboard) -> None:
        self._store = store
        self._switchboard = switchboard
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Beat from now on."""
        self._thread.start()

    def stop(self) -> None:
        """No more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(10.0)

    def beat(self) -> None:
        """Once, if Asterisk is there. Raises nothing: while the records are away the meter says so."""
        if self._switchboard.connected:
            with suppress(HotlineError):
                self._store.beat()

    def _run(self) -> None:
        while not self._stopping.wait(BEAT_SECONDS):
            self.beat()
