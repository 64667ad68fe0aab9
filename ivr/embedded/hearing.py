"""Which prompt is this? Decided by sound: 250 ms chunks of what was received against chunks of the prompt's own file.

A lost or late frame shifts the rest of a prompt, so a whole prompt can't be correlated at once. Each chunk is searched within 60 ms
of where the chunks before it predict; it is found when its normalised correlation exceeds 0.6. A right prompt has nearly all of its
chunks found, a wrong one few (``tests/unit/test_hearing.py`` holds both).

Pure: no clock, no I/O. Positions and lengths are samples, 8,000 a second.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from ivr.embedded.recording import FRAME, RATE, Sound, level

Wave = npt.NDArray[np.float32]

CHUNK: Final = RATE // 4
SLACK: Final = RATE * 60 // 1000
OPENING: Final = 2 * RATE
"""Only this much of a prompt is asked for: a key may cut the rest."""
FOUND: Final = 0.6
"""A chunk that correlates more than this is found."""
ENOUGH: Final = 0.7
"""A prompt with this share of its chunks found was played."""
VOUCHED: Final = 0.8
"""The median of a right prompt's chunks; the same words in another prompt of the same speaker stay below."""
SURE: Final = 4
"""So many chunks all found, and none missed, decide at once."""
FLOOR_DBFS: Final = -50.0
"""Quieter chunks have nothing to recognise."""
BLOCK: Final = 16384


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """A loud piece of a prompt at ``offset`` from its beginning: mean 0, energy 1."""

    offset: int
    wave: Wave
    torn: "Chunk | None" = None
    """The same with 20 ms lost from its middle: what a lost frame anywhere in it resembles."""
    _spectra: dict[int, npt.NDArray[np.complex64]] = field(default_factory=dict)

    def spectrum(self, size: int) -> npt.NDArray[np.complex64]:
        """The conjugate spectrum for transforms of ``size``, made once."""
        if size not in self._spectra:
            self._spectra[size] = np.conj(np.fft.rfft(self.wave, size)).astype(np.complex64)
        return self._spectra[size]


class Template:
    """A sound by its loud chunks."""

    def __init__(self, name: str, sound: Sound) -> None:
        self.name = name
        self.sound = sound
        self.length = len(sound)
        self.chunks = tuple(_chunks(sound))
        first = self.chunks[0].offset if self.chunks else 0
        self.opening = tuple(chunk for chunk in self.chunks if chunk.offset - first + CHUNK <= OPENING)

    @property
    def distinctive(self) -> bool:
        """Long enough to be recognised alone; shorter sounds only in a sequence."""
        return len(self.opening) > 2 and self.length >= RATE

    def needed(self) -> int:
        """How many chunks decide at once when all are found."""
        return min(SURE, len(self.opening))


def _chunks(sound: Sound) -> Iterable[Chunk]:
    """250 ms pieces from the first loud 20 ms on; a short sound is one piece, a last half piece is taken from the end."""
    floor = max(FLOOR_DBFS, level(sound) - 12)
    start = next((place for place in range(0, len(sound), 160) if level(sound[place : place + 160]) > floor), 0)
    places = list(range(start, max(start + 1, len(sound) - CHUNK + 1), CHUNK))
    if len(sound) - (places[-1] + CHUNK) > CHUNK // 2:
        places.append(len(sound) - CHUNK)
    for place in places:
        piece = sound[place : place + CHUNK]
        if level(piece) > floor and len(piece) > RATE // 12:
            yield Chunk(place, unit(piece), _torn(place, piece))


def _torn(place: int, piece: Sound) -> Chunk:
    middle = len(piece) // 2
    return Chunk(place, unit(np.concatenate([piece[: middle - FRAME // 2], piece[middle + FRAME // 2 :]])))


def unit(sound: Sound) -> Wave:
    """The sound with mean 0 and energy 1."""
    wave = sound.astype(np.float64) - float(np.mean(sound))
    return (wave / max(float(np.linalg.norm(wave)), 1e-9)).astype(np.float32)


def correlations(sound: Sound, chunk: Chunk) -> Wave:
    """How well the chunk fits at each place of ``sound``, -1 to 1; 0 where the sound is silent."""
    return correlations_of(sound, [chunk])[0]


def correlations_of(sound: Sound, chunks: Sequence[Chunk]) -> list[Wave]:
    """The same for several chunks of one length, in one go."""
    length = len(chunks[0].wave)
    count = len(sound) - length + 1
    if count < 1:
        return [np.zeros(0, dtype=np.float32) for _ in chunks]
    size = min(BLOCK, 1 << (len(sound) - 1).bit_length())
    blocks = [_block(sound[place : place + size], chunks, size) for place in range(0, count, size - length + 1)]
    return [np.concatenate(parts) for parts in zip(*blocks, strict=True)]


def _block(sound: Sound, chunks: Sequence[Chunk], size: int) -> list[Wave]:
    length = len(chunks[0].wave)
    roots = np.sqrt(energies(sound, length)).astype(np.float32)
    if not np.isfinite(roots).any():
        return [np.zeros(len(roots), dtype=np.float32) for _ in chunks]
    spectrum = np.fft.rfft(sound.astype(np.float32), size)
    return [(np.fft.irfft(spectrum * chunk.spectrum(size), size)[: len(roots)] / roots).astype(np.float32) for chunk in chunks]


def energies(sound: Sound, length: int) -> npt.NDArray[np.float64]:
    """The energy of each stretch of ``length`` samples, infinite where it is silent."""
    sums = np.concatenate([[0.0], np.cumsum(np.square(sound.astype(np.float64)))])
    energy = sums[length:] - sums[:-length]
    silent = length * (32768 * 10 ** (FLOOR_DBFS / 20)) ** 2
    return np.where(energy > silent, energy, np.inf)


def follow(sound: Sound, chunks: Sequence[Chunk], start: int, misses: float = math.inf) -> list[float]:
    """The correlation of each chunk, tracked from ``start`` on.

    Ends before the first chunk that is not wholly received yet, and after more ``misses`` than that.
    """
    scores: list[float] = []
    drift = 0
    for chunk in chunks:
        place = start + chunk.offset + drift
        if place + len(chunk.wave) > len(sound) or len(scores) - found(scores) > misses:
            break
        score, shift = near(sound, chunk, place)
        if score <= FOUND and chunk.torn:
            score, shift = max((score, shift), near(sound, chunk.torn, place))
        scores.append(score)
        if score > FOUND:
            drift += shift
    return scores


def near(sound: Sound, chunk: Chunk, place: int) -> tuple[float, int]:
    """The best correlation within 60 ms of ``place`` and how far from it that is."""
    begin = max(0, place - SLACK)
    scores = correlations(sound[begin : max(0, place + len(chunk.wave) + SLACK)], chunk)
    if not len(scores):
        return 0.0, 0
    best = int(np.argmax(scores))
    return float(scores[best]), begin + best - place


def found(scores: Sequence[float]) -> int:
    """How many of the chunks were found."""
    return sum(score > FOUND for score in scores)


def fits(template: Template, sound: Sound, start: int) -> bool | None:
    """Was the template played at ``start``? None while too little has been received to say.

    Its first chunks all found decide at once, whatever follows: a key may have cut it.
    """
    total = len(template.opening)
    allowed = (1 - ENOUGH) * total
    scores = follow(sound, template.opening, start, allowed)
    head = scores[: template.needed()]
    if len(head) == template.needed() and found(head) == len(head):
        return float(np.median(head)) > VOUCHED
    if len(scores) - found(scores) > allowed:
        return False
    return float(np.median(scores)) > VOUCHED if len(scores) == total else None
