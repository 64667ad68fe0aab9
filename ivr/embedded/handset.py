"""A phone in a call as a test or a demo uses it: hear, press, say, hang up. What it can do besides stands in :mod:`ivr.embedded.phones`.

Expectations wait up to ``within`` seconds and raise ``AssertionError`` saying what was heard instead. Phone numbers are E.164.
"""

import threading
import time
from typing import TYPE_CHECKING, Final

import numpy as np

from ivr.embedded.audiosocket import AudioLink
from ivr.embedded.ears import Ears, Heard
from ivr.embedded.recording import SPEECH_DBFS

if TYPE_CHECKING:
    from ivr.embedded.pstn import Network

KEY_SECONDS: Final = 0.12
PAUSE_SECONDS: Final = 0.08
CONNECT_SECONDS: Final = 10.0
PICK_UP_SECONDS: Final = 2.0
NORMAL: Final = 16
LINE_DROPPED: Final = 38
"""Q.850 "network out of order": what a carrier reports for a line that was cut."""


class Leg:
    """One channel between the pstn and the hotline, with its sound. Over for good when hung up."""

    def __init__(self, network: "Network", link: AudioLink, uniqueid: str, number: str | None) -> None:
        self.network = network
        self.link = link
        self.uniqueid = uniqueid
        self.number = number
        self.caller_id = ""
        self.ended = threading.Event()
        self.cause: int | None = None
        self.began = time.monotonic()
        self._ears: Ears | None = None

    @property
    def is_connected(self) -> bool:
        """Answered and not hung up."""
        return self.link.connected.is_set() and not self.ended.is_set()

    @property
    def ears(self) -> Ears:
        """What this leg hears. Raises ``AssertionError`` when it is not answered within two seconds."""
        assert self.is_answered(PICK_UP_SECONDS), f"{self} is not answered (hang-up cause {self.cause})"
        if self._ears is None:
            self._ears = Ears(self.link.heard, self.network.library)
        return self._ears

    def is_answered(self, within: float) -> bool:
        """Waits until its sound runs; False when it was hung up before, or not answered in time."""
        deadline = time.monotonic() + within
        while not self.link.connected.wait(0.02):
            if self.ended.is_set() or time.monotonic() > deadline:
                return self.link.connected.is_set()
        return True

    def over(self, cause: int) -> None:
        """Asterisk says that the leg is gone."""
        self.cause = cause
        self.ended.set()
        self.link.closed.set()

    def hang_up(self, cause: int) -> None:
        """Hangs up with a Q.850 cause and waits until it is done; the other side may be quicker."""
        if not self.ended.is_set():
            self.network.ask("Hangup", Channel=self.uniqueid, Cause=str(cause))
            assert self.ended.wait(CONNECT_SECONDS), f"{self} could not hang up"

    def __str__(self) -> str:
        return f"the phone {self.number or 'without a number'}"


class Handset:
    """What one can do with a phone that is in a call."""

    network: "Network"
    name: str
    """Whose voice speaks."""

    @property
    def leg(self) -> Leg:
        """The call that this phone is in, or was in last. Raises ``AssertionError`` when there was none."""
        raise NotImplementedError

    @property
    def is_connected(self) -> bool:
        return self.leg.is_connected

    def offset(self) -> float:
        """Seconds since the call was answered."""
        return time.monotonic() - self.leg.ears.track.begin

    def presses(self, keys: str, *, seconds: float = KEY_SECONDS, pause: float = PAUSE_SECONDS) -> float:
        """Presses each key for ``seconds``, ``pause`` apart, as RFC 4733 events.

        Returns the monotonic second at which the last key was let go. Raises ``AssertionError`` when the call is over.
        """
        let_go = time.monotonic()
        for key in keys:
            self.leg.ended.wait(max(0.0, let_go + pause - time.monotonic()))
            assert not self.leg.ended.is_set(), f"{self.leg} can't press {key}: it was hung up (cause {self.leg.cause})"
            self.network.action("PlayDTMF", Channel=self.leg.uniqueid, Digit=key, Duration=str(int(seconds * 1000)))
            let_go = time.monotonic()
        return let_go

    def says(self) -> None:
        """Speaks with this phone's own voice until :meth:`falls_silent`."""
        self.leg.link.say(self.network.library.voice(self.name).sound, repeats=True)

    def falls_silent(self) -> None:
        """Says nothing more."""
        self.leg.link.say(np.zeros(0, dtype=np.int16))

    def hears(self, prompt: str, within: float = 10.0) -> Heard:
        """Waits for a prompt that began after the last one heard."""
        return self.leg.ears.prompt(prompt, within)

    def hears_sequence(self, *names: str, within: float = 10.0) -> Heard:
        """Waits for short sounds one after the other, such as a spoken number."""
        return self.leg.ears.sequence(names, within)

    def hears_music(self, within: float = 6.0) -> Heard:
        """Waits for music on hold, from this moment on."""
        ears = self.leg.ears
        return ears.loop("music", self.network.library.music, within, ears.track.samples)

    def hears_voice_of(self, other: "Handset", within: float = 5.0) -> bool:
        """Does the other's voice come through, from this moment on? The other speaks for it."""
        other.says()
        ears = self.leg.ears
        try:
            ears.loop(f"the voice of {other.name}", [self.network.library.voice(other.name)], within, ears.track.samples)
        except AssertionError:
            return False
        return True

    def hears_silence_for(self, seconds: float, within: float = 10.0) -> None:
        """Waits until there has been silence for ``seconds``, from this moment on."""
        since, deadline = self.offset(), time.monotonic() + within
        while (longest := self.leg.link.heard.longest_silence(since)) < seconds:
            assert time.monotonic() < deadline, f"no silence of {seconds:g} s within {within:g} s; the longest was {longest:.1f} s"
            self.leg.ended.wait(min(seconds, 0.1))

    def heard(self) -> list[Heard]:
        """Every prompt heard in this call so far, in order."""
        return self.leg.ears.everything()

    def has_heard(self, prompt: str) -> bool:
        """Was the prompt heard in this call so far?"""
        return any(each.name == prompt for each in self.heard())

    def longest_silence(self, since: float = 0.0) -> float:
        """The longest silence heard since ``since`` seconds after the answer, in seconds."""
        return self.leg.link.heard.longest_silence(since)

    def first_sound_after(self, moment: float, dbfs: float = SPEECH_DBFS, within: float = 5.0) -> float:
        """When the first 20 ms louder than ``dbfs`` arrived after ``moment`` (both monotonic seconds)."""
        deadline = time.monotonic() + within
        while (arrival := self.leg.link.heard.first_sound_after(moment, dbfs)) is None:
            assert self.leg.link.heard.wait_beyond(self.leg.link.heard.samples, deadline), f"silence for {within:g} s"
        return arrival

    def hangs_up(self) -> None:
        """Hangs up, as people do."""
        self.leg.hang_up(NORMAL)

    def drops(self) -> None:
        """Loses the line: gone with an abnormal cause."""
        self.leg.hang_up(LINE_DROPPED)

    def wait_hung_up(self, within: float = 10.0) -> int:
        """Waits until the other side has hung up; returns the Q.850 cause."""
        assert self.leg.ended.wait(within), f"not hung up within {within:g} s; heard {[each.name for each in self.heard()]}"
        return self.leg.cause or 0
