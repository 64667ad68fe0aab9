"""A leg whose owner answers from a script, and remembers what was heard."""

import wave
from array import array
from collections.abc import Callable, Mapping
from pathlib import Path

from ivr.errors import CallerGone
from ivr.phone import Phone

HANG_UP = "hang up"


class ScriptedPhone(Phone):
    """A leg whose owner answers prompts from ``answers``: prompt → keys, one string for each time that it is heard.

    ``HANG_UP`` as an answer hangs up while that prompt plays. ``heard`` is every sound in order.
    """

    def __init__(
        self,
        answers: Mapping[str, list[str]] | None = None,
        *,
        caller_id: str | None = None,
        variables: Mapping[str, str] | None = None,
        argument: str = "",
        uniqueid: str = "caller-1",
    ) -> None:
        self.answers = {prompt: list(keys) for prompt, keys in (answers or {}).items()}
        self.caller_id = caller_id
        self.variables = dict(variables or {})
        self.argument = argument
        self.channel = f"PJSIP/trunk-{uniqueid}"
        self.uniqueid = uniqueid
        self.heard: list[str] = []
        self.hung_up = False
        self.language = "en"
        self.unheard: set[str] = set()
        self.says_seconds = 3.0  # what a message becomes; 0 leaves its file empty
        self.on_tick: Callable[[], None] = lambda: None
        self.on_play: dict[str, Callable[[], object]] = {}
        """What happens elsewhere while a prompt plays."""
        self._typed: list[str] = []

    def play(self, *sounds: str) -> None:
        for sound in sounds:
            self._hear(sound)
        self._typed.clear()  # keys typed into an unskippable prompt are thrown away

    def play_until_key(self, *sounds: str, keys: str = "0123456789*#") -> str:
        for sound in sounds:
            self._hear(sound)
            while self._typed:
                key = self._typed.pop(0)
                if key in keys:
                    return key
        return ""

    def key(self, seconds: float) -> str:
        self.on_tick()
        return self._typed.pop(0) if self._typed else ""

    def music(self, on: bool) -> None:
        self.heard.append("music" if on else "no music")

    def record(self, path: Path, *, keys: str = "#", seconds: float = 180.0, silence: int = 10) -> None:
        write_recording(path.with_suffix(".wav"), self.says_seconds)
        self._hear("record")

    def get(self, variable: str) -> str:
        return self.variables.get(variable, "")

    def set(self, variable: str, value: str) -> None:
        self.variables[variable] = value

    def speak(self, language: str) -> None:
        self.language = language

    def hang_up(self) -> None:
        self.hung_up = True

    def _hear(self, sound: str) -> None:
        self.heard.append(sound)
        self.on_play.get(sound, lambda: None)()
        waiting = self.answers.get(sound)
        answer = waiting.pop(0) if waiting else ""
        if answer == HANG_UP:
            raise CallerGone
        self._typed.extend(answer)


def write_recording(path: Path, seconds: float) -> None:
    """So much loud sound as Asterisk leaves it, closed."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        file.writeframes(array("h", [8000, -8000] * round(seconds * 4000)).tobytes())
