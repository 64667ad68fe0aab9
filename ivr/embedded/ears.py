"""Listening to one leg live: waits for what a test expects, and says what was heard instead when it does not come."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np

from ivr.embedded.hearing import CHUNK, Template
from ivr.embedded.loops import Loop, LoopSearch, voice
from ivr.embedded.recording import RATE, Sound, Track, read_wav
from ivr.embedded.searching import Search, outdone
from ivr.embedded.sequences import SequenceSearch

LOOK_SECONDS = 0.2
"""A search waits for this much new sound."""
LATE_SECONDS = 1.5
"""When no frame came for so long, the line is silent; before that the frames may only be late: these machines are busy."""
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Heard:
    """A prompt, and where it began and was recognised in seconds since the leg was answered."""

    name: str
    at: float
    noticed: float
    arrived: float
    """Monotonic seconds: when its first 20 ms of sound (above -40 dBFS) came in."""


class Library:
    """Every sound that the hotline can play: prompts by name, and music on hold. Later folders replace earlier ones' prompts."""

    def __init__(self, prompts: Sequence[Path], music: Sequence[Path] = ()) -> None:
        self._prompts = prompts
        self._music = music
        self._voices: dict[str, Loop] = {}

    @cached_property
    def templates(self) -> Mapping[str, Template]:
        """All prompts. Raises ``FileNotFoundError`` when there are none."""
        files = {path.stem: path for folder in self._prompts for path in sorted(folder.glob("*.wav"))}
        if not files:
            raise FileNotFoundError(f"no prompts in {', '.join(map(str, self._prompts))}")
        templates = (Template(name, read_wav(path)) for name, path in files.items())
        return {template.name: template for template in templates if template.chunks}

    @cached_property
    def distinctive(self) -> Sequence[Template]:
        """The prompts that are recognised alone."""
        return [template for template in self.templates.values() if template.distinctive]

    @cached_property
    def music(self) -> Sequence[Loop]:
        """Music on hold, each piece."""
        return [Loop(path.stem, read_wav(path)) for folder in self._music for path in sorted(folder.glob("*.wav"))]

    def voice(self, name: str) -> Loop:
        """The voice of a phone."""
        return self._voices.setdefault(name, Loop(name, voice(name)))


class Ears:
    """One leg's hearing. ``cursor`` is the sample up to which expectations have been met: a prompt is heard once."""

    def __init__(self, track: Track, library: Library) -> None:
        self.track = track
        self.library = library
        self.cursor = 0

    def prompt(self, name: str, within: float) -> Heard:
        """Waits for a prompt that begins after what was last recognised. Raises ``AssertionError`` with what was heard instead."""
        template = self.library.templates[name]
        if not template.distinctive:
            raise ValueError(f"{name} is too short to be recognised alone: expect it in a sequence")
        search = Search(template, self.cursor)
        start = self._until(within, f"{name}", lambda sound, received: self._recognise(search, sound, received))
        self.cursor = start + template.opening[0].offset + CHUNK
        return self._heard(name, start)

    def sequence(self, names: Sequence[str], within: float) -> Heard:
        """Waits for these sounds one after the other (spoken numbers)."""
        search = SequenceSearch(names, self.library.templates, self.cursor)
        wanted = f"“{' '.join(names)}”"
        start, self.cursor = self._until(within, wanted, search.advance, lambda: f"; nearest: “{' '.join(search.nearest)}”")
        return self._heard(wanted, start)

    def loop(self, wanted: str, loops: Sequence[Loop], within: float, since: int) -> Heard:
        """Waits for a voice or for music, wherever in it the sound begins, from sample ``since`` on."""
        return self._heard(wanted, self._until(within, wanted, LoopSearch(loops, since).advance))

    def everything(self, since: int = 0) -> list[Heard]:
        """Each prompt recognised from sample ``since`` on, in order. Takes a second of work for a minute of sound."""
        sound = self.sound()
        heard = [self._heard(template.name, start) for template in self.library.distinctive for start in _all(template, sound, since)]
        return sorted(heard, key=lambda each: each.at)

    def sound(self) -> Sound:
        """All that was heard; where nothing comes any more, silence up to now."""
        missing = time.monotonic() - self.track.last_arrival
        silence = int(missing * RATE) if missing > LATE_SECONDS else 0
        return np.concatenate([self.track.sound(), np.zeros(silence, dtype=np.int16)])

    def _recognise(self, search: Search, sound: Sound, received: int) -> int | None:
        start = search.advance(sound, received)
        if start is None:
            return None
        other = outdone(search.template, self.library.distinctive, sound, start)
        if other:
            search.refuse(start)
        return start if other is False else None

    def _until(self, within: float, wanted: str, look: Callable[[Sound, int], Found | None], nearest: Callable[[], str] = str) -> Found:
        """Looks again whenever there is more to hear, for ``within`` seconds from now.

        ``look`` is given the sound up to now and how many of its samples were received: the silence that follows may only be late.
        """
        deadline = time.monotonic() + within
        while True:
            received = self.track.samples
            result = look(self.sound(), received)
            if result is not None:
                return result
            if time.monotonic() >= deadline:
                raise AssertionError(f"{wanted} was not heard within {within:g} s; heard {self._account()}{nearest()}")
            self.track.wait_beyond(received + int(LOOK_SECONDS * RATE), min(deadline, time.monotonic() + LOOK_SECONDS + 0.1))

    def _account(self) -> str:
        names = ", ".join(f"{each.name} at {each.at:.1f} s" for each in self.everything())
        return f"{names or 'no prompt'} (now {time.monotonic() - self.track.begin:.1f} s)"

    def _heard(self, name: str, start: int) -> Heard:
        return Heard(name, self.track.offset_of(start), time.monotonic() - self.track.begin, self.track.first_sound_from(max(0, start)))


def _all(template: Template, sound: Sound, since: int) -> list[int]:
    starts: list[int] = []
    start = Search(template, since).advance(sound)
    while start is not None:
        starts.append(start)
        start = Search(template, start + template.opening[0].offset + CHUNK).advance(sound)
    return starts
