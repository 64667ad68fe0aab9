"""One leg as a script sees it: play, hear a key, read and set variables.

Nothing here writes a digit anywhere: not in a log, not in an exception's text, not in a ``repr``.
"""

import logging
import socket
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Final

from ivr import joined, name_sounds, prompts
from ivr.agi_line import Line
from ivr.agi_protocol import caller_number, clean, quote, variable_name
from ivr.agi_session import Session
from ivr.config import Settings
from ivr.errors import AsteriskFault, CallerGone

log = logging.getLogger(__name__)

_SLACK: Final = 1.0
"""Seconds by which a renewed limit exceeds what is needed, so that the next short commands need no renewal of their own."""

_SLICE: Final = 2.0
"""Seconds that one wait for a key may last."""

_TONE: Final = "beep"
"""Asterisk's own sound before a recording. Without it the recording begins all the same."""
_TONE_SECONDS: Final = 1.0

_KEYS: Final = "0123456789*#ABCD"


class Phone:
    """One AGI session = one leg. Methods raise CallerGone (a normal ending) and AsteriskFault, nothing else."""

    first_sound: float | None = None
    """When this script first played something (monotonic)."""

    def __init__(self, connection: socket.socket, settings: Settings) -> None:
        """Reads the environment, for at most 5 s. Raises AsteriskFault, CallerGone."""
        self._session = Session(Line(connection))
        self._silence = settings.silence_seconds
        self._limit: float | None = None  # when Asterisk takes the leg back, monotonic; None until first set
        self._music = False
        self.unheard: set[str] = set()
        """Prompts that Asterisk could not play here: the file is missing. The call goes on without them."""
        env = self._session.env
        self.script = env.get("agi_network_script", "")
        self.argument = clean(env.get("agi_arg_1", ""))
        self.channel = clean(env["agi_channel"])
        self.uniqueid = clean(env["agi_uniqueid"])
        self.caller_id = caller_number(env.get("agi_callerid", ""))
        self.language = prompts.language_of(clean(env.get("agi_language", "")))

    def __repr__(self) -> str:
        return f"<Phone {clean(self.script)} {self.channel}>"

    def speak(self, language: str) -> None:
        """From now on this leg hears the prompts in this language, also from the dialplan and from other scripts."""
        self.set("CHANNEL(language)", language)
        self.language = language

    def play(self, *sounds: str) -> None:
        """Play each to its end. Keys pressed meanwhile are thrown away. Music that is on goes on afterwards."""
        self.play_until_key(*sounds, keys="")

    def play_until_key(self, *sounds: str, keys: str = "0123456789*#") -> str:
        """Play until one of ``keys`` is pressed; that key, or "" when none was. Other keys are thrown away."""
        pressed = next(filter(None, (self._play(batch, keys) for batch in joined.batches(sounds, keys, self._seconds))), "")
        if self._music:
            self._command(0.0, "SET MUSIC", "ON")
        return pressed

    def play_file(self, path: str) -> None:
        """Play a customer's name, by a path that ``name_sounds.sound_of`` gave; it may stand among the sounds of the others, too."""
        self.play(path)

    def key(self, seconds: float) -> str:
        """Wait for one key; "" after so many seconds of silence.

        In slices: a key ends a command early but not the leg's limit, and what is left of the limit is silence if this script hangs then.
        """
        pressed = ""
        while seconds > 0 and not pressed:
            piece = min(seconds, _SLICE)
            pressed = self._pressed(self._command(piece, "WAIT FOR DIGIT", max(1, round(piece * 1000))))
            seconds -= piece
        return pressed

    def music(self, on: bool) -> None:
        """Music on hold, until it is switched off or the script ends."""
        self._music = on
        self._command(0.0, "SET MUSIC", "ON" if on else "OFF")

    def record(self, path: Path, *, keys: str = "#", seconds: float = 180.0, silence: int = 10) -> None:
        """After a tone, record what is said into ``path``.wav (8 kHz, one channel) until one of ``keys``, or after so much silence.

        The leg's limit lies ``seconds`` ahead meanwhile: if this script dies, Asterisk goes on recording. Asterisk closes the file a
        moment after this returns or raises. Raises CallerGone when they hang up, AsteriskFault when nothing can be recorded.
        """
        self._stream_file(_TONE, _TONE, _TONE_SECONDS, "")
        self.renew(seconds)
        self._session.seconds = seconds
        limits = (round(seconds * 1000), f"s={silence}")
        value, how = self._session.execute("RECORD FILE", quote(str(path)), "wav", quote(keys), *limits)["result"]
        if value == "-1" and how in ("hangup", "waitfor"):
            raise CallerGone
        if value == "-1" or how == "randomerror":
            raise AsteriskFault("Asterisk could not record a message.")

    def get(self, variable: str) -> str:
        """A channel variable's value without control characters; "" when it is not set."""
        self.renew(0.0)
        self._session.seconds = 0.0
        return clean(self._session.execute("GET VARIABLE", quote(variable_name(variable)))["result"][1])

    def set(self, variable: str, value: str) -> None:
        """Set a channel variable. Asterisk does not expand the value (tried with ``${…}``); control characters become spaces."""
        self.renew(0.0)
        self._set(variable, value)

    def renew(self, seconds: float) -> None:
        """Have Asterisk take the leg back if this script falls silent: ``silence_seconds`` after a command of ``seconds``.

        It is told only when the limit that stands is too short, or more than 2 s too long.
        """
        now = monotonic()
        needed = now + seconds + self._silence
        if self._limit is not None and needed <= self._limit <= needed + 2.0:
            return
        allowed = seconds + self._silence + _SLACK
        self._set("TIMEOUT(absolute)", f"{allowed:.3f}")
        self._limit = now + allowed

    def hang_up(self) -> None:
        """End the leg. Does nothing when it has ended already."""
        self._session.seconds = 0.0
        with suppress(CallerGone):
            self._session.hangup()
        self._session.gone = True

    def _set(self, variable: str, value: str) -> None:
        self._session.seconds = 0.0
        self._session.set_variable(variable_name(variable), value)

    def _command(self, seconds: float, command: str, *arguments: object) -> str:
        """Run a command that takes up to ``seconds``; its result's value. Raises CallerGone for ``-1``."""
        self.renew(seconds)
        self._session.seconds = seconds
        value = self._session.execute(command, *arguments)["result"][0]
        if value == "-1":
            raise CallerGone
        return value

    def _play(self, batch: joined.Batch, keys: str) -> str:
        """The key that interrupted the sounds. Joined ones that Asterisk did not all play are said again, one by one."""
        if len(batch.sounds) == 1:
            return self._stream(batch.sounds[0], batch.seconds, keys)
        application, paths, status = joined.command([prompts.sound(name) for name in batch.sounds], keys)
        self._sounds_now()
        pressed = self._pressed(self._command(batch.seconds, "EXEC", application, paths))
        if pressed in keys and (pressed or self.get(status) == "SUCCESS"):
            return pressed
        return next(filter(None, (self._stream(name, self._seconds(name), keys) for name in batch.sounds)), "")

    def _stream(self, name: str, seconds: float, keys: str) -> str:
        if not name.startswith("/"):
            return self._stream_file(name, prompts.sound(name), seconds, keys)
        if name_sounds.is_ours(name):
            return self._stream_file(name, quote(name), seconds, keys)
        log.error("a path that is no customer's name is not played")
        return ""

    def _seconds(self, name: str) -> float:
        """How long a prompt, or a customer's name by its path, lasts. What is no name is not looked at."""
        if not name.startswith("/"):
            return prompts.seconds(name, self.language)
        return name_sounds.seconds(name) if name_sounds.is_ours(name) else 0.0

    def _stream_file(self, name: str, sound: str, seconds: float, keys: str) -> str:
        """Play a sound that lasts ``seconds``; the key that interrupted it. One that is missing is passed over and noted as ``name``."""
        self._sounds_now()
        try:
            return self._pressed(self._command(seconds, "STREAM FILE", sound, quote(keys)))
        except CallerGone:
            # -1 is said for a missing file as well, at once and with the caller still there
            if self._session.gone or self._command(0.0, "CHANNEL STATUS") != "6":
                raise
            log.error("Asterisk cannot play the prompt %s; the call goes on without it", name)
            self.unheard.add(name)
            return ""

    def _sounds_now(self) -> None:
        if self.first_sound is None:
            self.first_sound = monotonic()

    @staticmethod
    def _pressed(value: str) -> str:
        """The key in a reply's value: its ASCII number, ``0`` for none."""
        if value in ("0", ""):
            return ""
        key = chr(int(value)) if value.isascii() and value.isdigit() and len(value) < 4 else ""
        if not key or key not in _KEYS:
            raise AsteriskFault("Asterisk reported a key that is none.")
        return key
