"""Keeps a waiting caller company: music, and a word often enough. Nobody in an emergency is left in silence."""

from collections import deque
from time import monotonic
from typing import Final

from ivr.ladder import Step
from ivr.model.offer import FailsafePhone
from ivr.phone import Phone

MESSAGE_KEY: Final = "9"
TICK: Final = 0.5
"""Seconds of music between two looks at phones that only ring."""
LISTENING_TICK: Final = 0.15
"""The same while somebody listens to the whisper: half of it is the mean delay from the accept to the bridge."""
_SOON: Final = 0.05
"""Seconds of music before a word that is due now."""
LONGEST_MUSIC: Final = 17.0
"""Seconds of music after which the caller hears a word even while an engineer listens to the whisper."""
_JUST_SAID: Final = 4.0
"""Seconds after the caller was told who is called in which the next phone is not worth another word."""
_RINGS: Final = 0.6
"""Seconds after which a phone that was neither busy nor unreachable rings: before that a word would only hold up the next one."""


class Companion:
    """Says what there is to say, sound by sound, else plays music, and hears keys in both. Methods raise CallerGone, AsteriskFault."""

    def __init__(self, phone: Phone, progress_seconds: float) -> None:
        """``progress_seconds``: the longest music without a word, unless somebody is about to accept (``LONGEST_MUSIC``)."""
        self._phone = phone
        self._progress = progress_seconds
        self._news: deque[str] = deque()
        self._music = False
        self._backup = False
        self._rung = False  # whether any phone was
        self._began: float | None = None  # when those that ring now began, while that is not told
        self._spoke = self._announced = self._offered = monotonic()

    def tell(self, *sounds: str) -> None:
        """To be said next, after what is waiting to be said."""
        self._news.extend(sounds)

    def begins(self, step: Step) -> None:
        """Other phones ring now."""
        now = monotonic()
        if isinstance(step.phones[0], FailsafePhone) and not self._backup:
            self._backup = True
            self.tell("calling_backup")
            self._announced = now
        self._began = now if self._rung else None
        self._rung = True

    def turn(self, *, listening: bool) -> str:
        """One sound, or one tick of music, shorter when a word is due before; the key that was pressed in it, at once.

        ``listening``: an engineer is about to decide.
        """
        now, longest = monotonic(), max(self._progress, LONGEST_MUSIC) if listening else self._progress
        self._announce(now, longest)
        if not self._news:
            self._play_music(True)
            return self._phone.key(max(_SOON, min(LISTENING_TICK if listening else TICK, self._next_word(longest) - now)))
        self._play_music(False)
        key = self._phone.play_until_key(self._news.popleft(), keys=MESSAGE_KEY)
        self._spoke = monotonic()
        return key

    def ends(self) -> None:
        """No more music."""
        self._play_music(False)

    def _announce(self, now: float, longest: float) -> None:
        if self._began is not None and now - self._began > _RINGS:
            self._began = None
            if now - self._announced > _JUST_SAID:
                self._still_trying(now, menu=now - self._offered > 2 * self._progress)
        if not self._news and now - self._spoke > longest:
            self._still_trying(now, menu=True)

    def _next_word(self, longest: float) -> float:
        """When (monotonic) there is something to say, if nothing else happens."""
        silent = self._spoke + longest
        return silent if self._began is None else min(silent, self._began + _RINGS)

    def _still_trying(self, now: float, *, menu: bool) -> None:
        """``menu``: what else the caller can do, too; not with each phone that rings, and not forgotten when many do."""
        self.tell("still_trying", *(("wait_menu",) if menu else ()))
        self._announced = now
        self._offered = now if menu else self._offered

    def _play_music(self, on: bool) -> None:
        if on is not self._music:
            self._phone.music(on)
            self._music = on
