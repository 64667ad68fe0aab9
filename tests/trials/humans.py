"""People at phones for the random trial: engineers with moods, holders of failsafe phones. They decide by dice, not by what they hear."""

import random
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from ivr.embedded.handset import Handset, Leg
from ivr.embedded.phones import Phone
from ivr.errors import Unavailable

ENGINEER: Final = {
    "accepts": 55,
    "declines at the whisper": 8,
    "rejects": 8,
    "is busy": 8,
    "does not answer": 8,
    "unreachable": 5,
    "voicemail": 8,
}
FAILSAFE: Final = {"accepts": 80, "does not answer": 10, "rejects": 10}
"""What somebody does with a call that rings, out of a hundred."""
ENDINGS: Final = {"resolved": 40, "hangs up": 35, "is cut off": 25}
"""How an engineer's part of a talk ends, if the caller does not end it before."""


class OnTheLine(Handset):
    """One call of a phone; another call that rings meanwhile is another."""

    def __init__(self, phone: Phone, leg: Leg) -> None:
        self.network = phone.network
        self.name = phone.name
        self._leg = leg

    @property
    def leg(self) -> Leg:
        return self._leg

    def goes_to(self, place: str) -> None:
        """What the network does with it: talk, busy, decline, unreachable."""
        self.network.ask("Redirect", Channel=self.leg.uniqueid, Context="phone", Exten=place, Priority="1")


class Human:
    """The owner of a phone. ``did`` counts what was done with the calls."""

    def __init__(self, phone: Phone, moods: Mapping[str, int], dice: random.Random) -> None:
        self.phone = phone
        self.did: Counter[str] = Counter()
        self._moods = moods
        self._dice = dice
        self._talking = threading.Lock()
        phone.behaves(self._rung)

    def _rung(self, leg: Leg) -> None:
        threading.Thread(target=self._takes, args=(OnTheLine(self.phone, leg),), daemon=True).start()

    def _takes(self, call: OnTheLine) -> None:
        with suppress(AssertionError, Unavailable):  # the other side was quicker, which is their right
            if not self._talking.acquire(blocking=False):
                return call.goes_to("busy")
            try:
                self._decides(call)
            finally:
                self._talking.release()

    def _decides(self, call: OnTheLine) -> None:
        mood = chosen(self._dice, self._moods)
        self.did[mood] += 1
        call.leg.ended.wait(self._dice.uniform(0.5, 3.0))
        match mood:
            case "is busy":
                call.goes_to("busy")
            case "rejects":
                call.goes_to("decline")
            case "unreachable":
                call.goes_to("unreachable")
            case "does not answer":
                call.leg.ended.wait(60)
            case "voicemail":
                call.goes_to("talk")
                call.leg.ended.wait(10)
                call.hangs_up()
            case "declines at the whisper":
                call.goes_to("talk")
                call.leg.ended.wait(4)
                call.presses("2")
                call.leg.ended.wait(10)
                call.hangs_up()
            case _:
                self._talks(call)

    def _talks(self, call: OnTheLine) -> None:
        """1 at the whisper, and once more for who was too quick; then speaks, so that a caller hears a human."""
        call.goes_to("talk")
        assert call.leg.is_answered(5)
        call.says()
        for pause in (3.0, 3.0, 3.0):
            call.leg.ended.wait(pause)
            call.presses("1")
        call.leg.ended.wait(self._dice.uniform(3, 12))
        ending = chosen(self._dice, ENDINGS)
        self.did[f"then {ending}"] += 1
        if ending == "resolved":
            call.presses("*1")
            call.leg.ended.wait(2.5)
            call.presses("1")
            call.leg.ended.wait(10)
        call.drops() if ending == "is cut off" else call.hangs_up()


def chosen(dice: random.Random, weights: Mapping[str, int]) -> str:
    """One of the names, by its weight."""
    return dice.choices(list(weights), list(weights.values()))[0]
