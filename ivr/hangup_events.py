"""Hears from Asterisk which legs are over and has it written down, on a thread of its own.

The dialplan's hangup handler says so in a user event and waits for nobody. News that nobody heard (``serve`` was down)
is made up for at the next login (:func:`missed`), and in the end by the sweep (:mod:`ivr.sweep`).
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from threading import Thread
from time import sleep
from typing import Final

from ivr import logs
from ivr.errors import HotlineError, Unavailable
from ivr.model.leg import LegOver, OpenLeg
from ivr.switchboard import Switchboard

log = logging.getLogger(__name__)

_AGAIN_SECONDS: Final = 1.0
"""Between two tries while the database is away."""


class Hangups:
    """Feeds ``handler`` with every leg that is over, one after another, again and again while the records are away."""

    def __init__(self, switchboard: Switchboard, handler: Callable[[LegOver], None]) -> None:
        """Before ``switchboard.start()``."""
        self._handler = handler
        self._news: SimpleQueue[LegOver | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="hangups", daemon=True)
        switchboard.listen(self._hear)

    def start(self) -> None:
        """From now on news is written down."""
        self._thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        """Write what is waiting, for at most so many seconds."""
        self._news.put(None)
        self._thread.join(seconds)

    def _hear(self, event: Mapping[str, str]) -> None:
        if event.get("Event") == "UserEvent" and event.get("UserEvent") == "IvrHungup":
            self._news.put(leg_over(event))

    def _run(self) -> None:
        while (news := self._news.get()) is not None:
            with logs.bound(call=news.uniqueid, incident=None):  # the incident is bound when it is known
                self._write(news)

    def _write(self, news: LegOver) -> None:
        while True:
            try:
                return self._handler(news)
            except Unavailable:
                sleep(_AGAIN_SECONDS)
            except Exception:  # one leg's news must not silence the news of all others
                return log.exception("The end of leg %s was not recorded", news.uniqueid)


def missed(switchboard: Switchboard, open_legs: Callable[[], Sequence[OpenLeg]], handler: Callable[[LegOver], None]) -> None:
    """After each login to the manager: callers who hung up while nobody listened, and those on whom Asterisk itself went away.

    The records are read first: a call that comes in between is in neither list.
    """
    try:
        known = open_legs()
        present = switchboard.channels()
        gone = [leg for leg in known if leg.uniqueid not in present]
        started = switchboard.started() if gone else None
        for leg in gone:
            with logs.bound(call=leg.uniqueid, incident=None):
                log.warning("Nobody heard that leg %s was hung up: written down now", leg.uniqueid)
                crashed = started is not None and leg.began_at < started
                handler(LegOver(uniqueid=leg.uniqueid, channel=leg.channel, cause=0, caller_id=None, failsafe="", crashed=crashed))
    except HotlineError as error:
        log.warning("Hang-ups that nobody heard could not be looked for: %s", error)


def leg_over(event: Mapping[str, str]) -> LegOver:
    """The dialplan's user event ``IvrHungup`` as news."""
    cause = event.get("Cause", "")
    return LegOver(
        uniqueid=event.get("Uniqueid", ""),
        channel=event.get("Channel", ""),
        cause=int(cause) if cause.isascii() and cause.isdigit() else 0,
        caller_id=event.get("Number") or None,
        failsafe=event.get("Failsafe", ""),
    )
