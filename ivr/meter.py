"""Meters the talks: seconds in the bridge, written to the records as they begin, every 5 s, and as they end.

The manager's thread only notes the moment (``ivr.talking``); a thread of its own writes, so a slow database never delays an event
and a database that is away only delays the writing. Never ``ANSWEREDTIME``: it counts from the caller's answer.
"""

import logging
from collections.abc import Mapping
from threading import Event, Lock, Thread
from time import monotonic
from typing import Final

from ivr import logs
from ivr.errors import HotlineError, SwitchboardDown, Unavailable
from ivr.model.leg import OpenTalk
from ivr.records.talks import Talks as Records
from ivr.records.talks import boot_id
from ivr.switchboard import Switchboard
from ivr.talking import LiveTalks, Talk

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 1.0


class Meter:
    """``store`` is the :class:`ivr.store.Store`. Make it before the switchboard starts.

    While the manager is away nothing is checkpointed: what was seen last is what counts.
    """

    def __init__(self, store: Records, switchboard: Switchboard) -> None:
        self._store = store
        self._switchboard = switchboard
        self._talks = LiveTalks()
        self._wake = Event()
        self._stopping = Event()
        self._connections = 0
        self._compared: int | None = None  # the connection since which no event was missed
        self._writing = Lock()
        self._thread = Thread(target=self._run, name="meter", daemon=True)
        switchboard.listen(self._hear)
        switchboard.on_connect(self._connected)

    def start(self) -> None:
        """Write from now on."""
        self._thread.start()

    def stop(self) -> None:
        """A last checkpoint of everything, and no more writing. Talks go on; the next process goes on metering them."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(10.0)
        self._write(due=0.0, now=monotonic())

    @property
    def sure(self) -> bool:
        """Whether talks, channels and records have been compared since events may have been missed."""
        return self._compared == self._connections

    def talking(self) -> int:
        """Talks that are going on now."""
        return sum(talk.over is None for talk in self._talks.all())

    def running(self) -> dict[int, float]:
        """Seconds so far of each talk that goes on and is in the records, by its number there; empty while that can't be known."""
        if not self.sure:
            return {}
        now = monotonic()
        return {talk.id: talk.seconds(now) for talk in self._talks.all() if talk.over is None and talk.id is not None}

    def _hear(self, event: Mapping[str, str]) -> None:
        if self._talks.hear(event):
            self._wake.set()

    def _connected(self) -> None:
        self._connections += 1
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(RETRY_SECONDS if self._talks.all() or not self.sure else None)
            self._wake.clear()
            if not self.sure:
                self._compare()
            self._write(due=CHECKPOINT_SECONDS, now=min(monotonic(), self._switchboard.delivered))

    def _compare(self) -> None:
        """Hold the talks against the channels that there are and the records. Tried again each second until both answer."""
        connection = self._connections
        try:
            self._talks.look()
            present = {uniqueid: channel.get("BridgeID", "") for uniqueid, channel in self._switchboard.channels().items()}
            self._talks.compare(present, [_resumed(talk) for talk in self._store.open_talks() if talk.boot_id == boot_id()])
            self._compared = connection
        except SwitchboardDown:
            pass  # it says so itself
        except Unavailable as error:
            log.warning("The meter cannot read the open talks: %s", error)

    def _write(self, due: float, now: float) -> None:
        """Write down what began and what is over, and checkpoint what was last written ``due`` seconds of talk ago.

        ``now`` is the moment (monotonic) up to which the news was heard: what is later may be over already.
        """
        with self._writing:
            for talk in self._talks.all():
                with logs.bound(call=talk.caller):
                    try:
                        self._write_one(talk, due, now)
                    except Unavailable as error:
                        log.warning("The meter cannot write, and goes on counting: %s", error)
                        return
                    except HotlineError as error:
                        log.error("A talk cannot be metered: %s", error)
                        self._talks.forget(talk)

    def _write_one(self, talk: Talk, due: float, now: float) -> None:
        over = talk.over is not None
        seconds = talk.seconds(now)
        if talk.id is None:
            talk.id = self._store.talk_began(talk.offer, talk.caller, talk.bridge, talk.began)
        if over:
            self._store.talk_ended(talk.id, seconds)
            self._talks.forget(talk)
        elif seconds - talk.saved >= due and self._switchboard.connected and self.sure:
            self._store.talk_checkpoint(talk.id, seconds)
            talk.saved = seconds


def _resumed(talk: OpenTalk) -> Talk:
    """A talk of an earlier process of this boot: it began when that one saw it begin."""
    return Talk(talk.offer_uniqueid, talk.caller_uniqueid, talk.bridge, talk.started_monotonic, id=talk.id, saved=talk.seconds)
