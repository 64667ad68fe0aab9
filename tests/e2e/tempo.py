"""The prompts said faster, so that a suite of calls, which is mostly waiting for somebody to finish a sentence, takes minutes less.

They lie where an operator's own recordings do, so the stack under test is as it ships. ``IVR_TEST_TEMPO=1`` is the natural speed, at which
``make trials`` hears some of the scenarios; what lasts how long for a caller is a claim of ``tests/unit/test_prompts.py``.
"""

import os
from pathlib import Path
from typing import Final

import numpy as np

from ivr.embedded.recording import RATE, Sound, read_wav, write_wav
from ivr.prompts.texts import ENGLISH, SOUNDS

TEMPO: Final = float(os.environ.get("IVR_TEST_TEMPO", "1.7"))
SHORTEST: Final = int(1.3 * RATE)
"""No prompt is made shorter than these samples, so that it can still be recognised alone. Shorter ones (numbers) stay as they are."""


def lay_faster(folder: Path) -> Path:
    """Each prompt that can be shortened, as ``NAME.wav`` in this folder; the folder. At the natural speed there is none in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.wav"):
        old.unlink()
    for path in SOUNDS[ENGLISH].glob("*.wav") if TEMPO > 1 else ():
        sound = read_wav(path)
        if len(sound) > SHORTEST:
            write_wav(folder / path.name, faster(sound, min(TEMPO, len(sound) / SHORTEST)))
    return folder


def faster(sound: Sound, tempo: float) -> Sound:
    """The sound ``tempo`` times as fast and as high, like a tape: what is above a telephone's band by then is averaged away."""
    width = max(1, round(tempo))
    smooth = np.convolve(sound.astype(np.float64), np.full(width, 1 / width), mode="same")
    places = np.arange(0, len(sound) - 1, tempo)
    return np.asarray(np.interp(places, np.arange(len(sound)), smooth), dtype=np.int16)
