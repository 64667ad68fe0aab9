"""A telephone line: G.711 µ-law in frames of 20 ms, some of them lost, and a phone that conceals what is missing."""

from typing import Final

import numpy as np

from ivr.embedded.raw_sip import MU_LAW
from ivr.embedded.recording import FRAME, Sound

LOSS: Final = 0.02
"""The share of the frames that never arrive."""
_HALF: Final = 2
_LEVELS: Final = np.sort(MU_LAW)
_BETWEEN: Final = (_LEVELS[:-1].astype(np.int32) + _LEVELS[1:]) / 2


def over_the_line(sound: Sound, loss: float, seed: int) -> Sound:
    """What the phone plays. ``seed`` decides which frames are lost; the same seed loses the same ones."""
    return concealed(mu_law(sound), lost_frames(len(sound), loss, seed))


def mu_law(sound: Sound) -> Sound:
    """Coded and decoded again: each sample becomes the nearest of the 255 that G.711 knows."""
    return _LEVELS[np.searchsorted(_BETWEEN, sound)].astype(np.int16)


def lost_frames(samples: int, loss: float, seed: int) -> list[int]:
    """The places of the frames that are lost, each with the same probability and independent of the others."""
    chances = np.random.default_rng(seed).random(-(-samples // FRAME))
    return [int(place) for place in np.flatnonzero(chances < loss)]


def concealed(sound: Sound, lost: list[int]) -> Sound:
    """A lost frame is the frame before it at half its level, so that of several in a row each is half as loud as the last."""
    heard = sound.copy()
    for place in lost:
        begin = place * FRAME
        missing = heard[begin : begin + FRAME]
        before = heard[max(0, begin - FRAME) : begin][: len(missing)]
        missing[:] = before // _HALF if len(before) == len(missing) else 0
    return heard
