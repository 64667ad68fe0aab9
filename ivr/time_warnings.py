"""Tells both sides of a talk how much of its time is left, and holds Asterisk's limit to the records. In every ``serve``, beside the meter.

Two serves may hear the same talk: the records let one of them say each sentence. None of it is needed for a talk to end in time:
the limit that Asterisk was given at its beginning includes the grace (``dialplan/ess.conf``).
"""

import logging
from collections.abc import Set as AbstractSet
from enum import StrEnum
from math import ceil
from typing import Final

from ivr import logs
from ivr.errors import HotlineError
from ivr.meter import Meter
from ivr.model.leg import TalkLimit
from ivr.periodic import Periodic
from ivr.store import Store
from ivr.switchboard import Switchboard

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
"""Between two looks at the talks; a warning is at most that late, and the time that announcing it takes."""

RARELY: Final = 5
"""Of so many looks one alone asks the records, while all talks go on without a limit: only an engineer's ``*4`` sets them one."""

_A_DAY: Final = 86_400.0
"""Asterisk can't be told to lift a limit while a talk goes on, only to set another."""


class Said(StrEnum):
    """What both sides hear; the values are prompts."""

    FIVE_MINUTES = "five_minutes_left"
    ONE_MINUTE = "one_minute_left"
    TIME_IS_UP = "time_is_up"


_MINUTES: Final = {Said.FIVE_MINUTES: 5, Said.ONE_MINUTE: 1}


def due(allotted: int, talked: float, said: AbstractSet[str]) -> Said | None:
    """What both sides must be told now; each once, and no warning that would be as long as the whole time. Seconds.

    A warning is true for a minute: who comes late (another process took over) does not say five where four are left.
    """
    left = allotted - talked
    now = Said.TIME_IS_UP if left <= 0 else next((one for one, minutes in _MINUTES.items() if ceil(left / 60) == minutes), None)
    if now is None or now in said or allotted <= 60 * _MINUTES.get(now, 0):
        return None
    return now


class TimeWarnings(Periodic):
    """Looks once a second at the talks that this process meters. Make it after the meter."""

    def __init__(self, store: Store, switchboard: Switchboard, meter: Meter, *, grace: int) -> None:
        """``grace``: seconds that a talk may go on after its time."""
        super().__init__("time", LOOK_SECONDS)
        self._store = store
        self._switchboard = switchboard
        self._meter = meter
        self._grace = grace
        self._set: dict[int, int | None] = {}  # by talk: the allotted seconds that Asterisk's limit stands for; None as at its beginning
        self._ill = False
        self._unlimited: set[int] = set()
        self._left_out = 0

    def turn(self) -> None:
        """Look once. One line in the log for an outage, not one each second."""
        try:
            self.look()
        except HotlineError as error:
            if not self._ill:
                log.warning("Nobody can be told how much time is left: %s", error)
            self._ill = True
        else:
            self._ill = False

    def look(self) -> None:
        """Look once: bring limits in line with the records and say what is due. Raises what the records and Asterisk raise."""
        running = self._meter.running()
        self._set = {talk_id: allotted for talk_id, allotted in self._set.items() if talk_id in running}
        self._left_out += 1
        if not running or not self._switchboard.connected or (running.keys() == self._unlimited and self._left_out < RARELY):
            return
        self._left_out = 0
        talks = self._store.limits(list(running))
        self._unlimited = {talk.talk_id for talk in talks if talk.allotted is None}
        for talk in talks:
            with logs.bound(incident=talk.incident_id):
                self._look_at(talk, talk.before + running[talk.talk_id])

    def _look_at(self, talk: TalkLimit, talked: float) -> None:
        """``talked``: seconds in the whole incident."""
        if self._set.get(talk.talk_id) != talk.allotted:
            left = _A_DAY if talk.allotted is None else talk.allotted + self._grace - talked
            if self._switchboard.limit(talk.channel, left):
                self._set[talk.talk_id] = talk.allotted
        if talk.allotted is None or (now := due(talk.allotted, talked, talk.said)) is None:
            return
        if talk.covered and self._store.extend_reservation(talk.incident_id, talk.allotted):
            return  # the agreement gives more time: the next look sets the limit
        if self._store.claim_warning(talk.incident_id, now):
            self._switchboard.announce(talk.channel, now)
