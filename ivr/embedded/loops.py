"""Sounds that may be joined at any point: the phones' voices and music on hold."""

import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ivr.embedded.hearing import BLOCK, CHUNK, FLOOR_DBFS, FOUND, SLACK, energies, unit
from ivr.embedded.recording import RATE, Sound, level

VOICE_SECONDS: Final = 4
STEADY: Final = 3
"""So many chunks in a row, each where the one before predicts it, are no accident."""
STEP: Final = BLOCK - CHUNK + 1


class Loop:
    """A sound whose every 250 ms can be found again. ``repeats`` joins its end to its beginning."""

    def __init__(self, name: str, sound: Sound, *, repeats: bool = True) -> None:
        self.name = name
        self.sound = sound
        self._period = len(sound)
        long = np.concatenate([sound, sound[:CHUNK]]) if repeats else sound
        self._places = len(long) - CHUNK + 1
        pieces = [long[at : at + BLOCK] for at in range(0, self._places, STEP)]
        blocks = np.stack([np.pad(piece, (0, BLOCK - len(piece))) for piece in pieces])
        self._spectra = np.fft.rfft(blocks.astype(np.float32)).astype(np.complex64)
        self._roots = np.sqrt(energies(long, CHUNK)).astype(np.float32)

    def place(self, chunk: Sound) -> int | None:
        """Where in the loop 250 ms of received sound come from; None when they don't."""
        if level(chunk) < FLOOR_DBFS:
            return None
        spectrum = np.conj(np.fft.rfft(unit(chunk), BLOCK)).astype(np.complex64)
        dots = np.fft.irfft(self._spectra * spectrum, BLOCK)[:, :STEP].ravel()[: self._places]
        scores = dots / self._roots
        best = int(np.argmax(scores))
        return best if scores[best] > FOUND else None

    def follows(self, before: int, after: int) -> bool:
        """Is ``after`` the place one chunk later than ``before``, give or take 60 ms?"""
        off = (after - before - CHUNK) % self._period
        return min(off, self._period - off) <= SLACK


class LoopSearch:
    """One of several loops, looked for from sample ``floor`` on in growing sound."""

    def __init__(self, loops: Sequence[Loop], floor: int) -> None:
        self._loops = loops
        self._next = max(0, floor)
        self._runs: dict[str, list[int]] = {loop.name: [] for loop in loops}

    def advance(self, sound: Sound, received: int | None = None) -> int | None:
        """Where a loop was first heard, once it was heard for three chunks in a row.

        ``received``: no further than these samples, all by default.
        """
        while self._next + CHUNK <= (len(sound) if received is None else received):
            begin, self._next = self._next, self._next + CHUNK
            if any(self._run(loop, sound[begin : begin + CHUNK]) for loop in self._loops):
                return begin - (STEADY - 1) * CHUNK
        return None

    def _run(self, loop: Loop, chunk: Sound) -> bool:
        place = loop.place(chunk)
        run = self._runs[loop.name]
        if place is None or (run and not loop.follows(run[-1], place)):
            run.clear()
        if place is not None:
            run.append(place)
        return len(run) >= STEADY


def voice(name: str) -> Sound:
    """A voice of its own for every name: four seconds of murmured syllables, the same ones each time."""
    dice = np.random.default_rng(zlib.crc32(name.encode()))
    pitch = dice.uniform(90, 220)
    syllables: list[npt.NDArray[np.float64]] = []
    while sum(len(syllable) for syllable in syllables) < VOICE_SECONDS * RATE:
        syllables.append(_syllable(dice, pitch * dice.uniform(0.75, 1.35)))
    murmur = np.concatenate(syllables)[: VOICE_SECONDS * RATE]
    return np.asarray(murmur / np.max(np.abs(murmur)) * 16000, dtype=np.int16)


def _syllable(dice: np.random.Generator, pitch: float) -> npt.NDArray[np.float64]:
    """120 to 260 ms: a buzz with a gliding pitch and some breath, through three formants."""
    count = int(RATE * dice.uniform(0.12, 0.26))
    glide = np.linspace(pitch, pitch * dice.uniform(0.8, 1.25), count)
    buzz = np.sign(np.sin(2 * np.pi * np.cumsum(glide) / RATE) - 0.6) + dice.normal(0, 0.8, count)
    spectrum = np.fft.rfft(buzz)
    pitches = np.fft.rfftfreq(count, 1 / RATE)
    formants = zip((dice.uniform(300, 800), dice.uniform(900, 2200), dice.uniform(2300, 3200)), (1.0, 0.7, 0.4), strict=True)
    shape = sum(weight / (1 + ((pitches - centre) / 90) ** 2) for centre, weight in formants)
    return np.asarray(np.fft.irfft(spectrum * shape, count) * np.hanning(count) ** 0.3)
