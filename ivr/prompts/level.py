"""Trim and level 8 kHz 16-bit mono speech. Pure functions on samples; no I/O."""

import math
from array import array
from collections.abc import Sequence
from typing import Final, TypeAlias

Samples: TypeAlias = "array[int]"
"""16-bit samples."""

RATE: Final = 8000
FRAME: Final = RATE // 100
"""Loudness is looked at in frames of 10 ms."""

TARGET: Final = -20.0
"""Loudness of every prompt: RMS of its speech, dBFS."""
PEAK: Final = 10 ** (-1.5 / 20)
"""No sample is louder than this share of full scale."""
SPEECH_BELOW_LOUDEST: Final = 25.0
"""A frame counts as speech when it is at most this many dB below the loudest frame."""
SILENCE: Final = -60.0
"""Below this (dBFS, after levelling) a frame at either end is silence. The voice's own floor is under -80; a final "s" is at -55."""
LEAD: Final = 0.02
"""Seconds kept before the first sound, so that no soft consonant is cut."""

_FULL: Final = 32768


def loudness(samples: Sequence[int]) -> float:
    """RMS of the speech in dBFS: pauses don't count. Minus infinity in silence."""
    levels = _frame_levels(samples)
    loudest = max(levels, default=-math.inf)
    speech = [level for level in levels if level > -math.inf and level >= loudest - SPEECH_BELOW_LOUDEST]
    if not speech:
        return -math.inf
    return 10 * math.log10(sum(10 ** (level / 10) for level in speech) / len(speech))


def level(samples: Sequence[int]) -> Samples:
    """The same speech at ``TARGET``; single peaks are bent below ``PEAK``, nothing is clipped. Raises ValueError on silence."""
    result = array("h", samples)
    for _ in range(3):  # bending peaks costs a little loudness; the next turn gives it back
        gain = 10 ** ((TARGET - loudness(result)) / 20)
        if not math.isfinite(gain):
            raise ValueError("there is no speech in it")
        result = array("h", (round(_bend(sample * gain / _FULL) * _FULL) for sample in result))
    return result


def trim(samples: Sequence[int], tail: float) -> Samples:
    """Without the silence around the speech, but ``LEAD`` seconds before it and exactly ``tail`` seconds after it."""
    sounding = [i for i, frame in enumerate(_frame_levels(samples)) if frame > SILENCE]
    if not sounding:
        raise ValueError("there is no speech in it")
    start = max(0, sounding[0] * FRAME - round(LEAD * RATE))
    end = (sounding[-1] + 1) * FRAME + round(tail * RATE)
    kept = array("h", samples[start:end])
    kept.extend([0] * (end - start - len(kept)))
    return _fade(kept)


def silence_before(samples: Sequence[int]) -> float:
    """Seconds before the first frame that is not silence."""
    return next((i for i, frame in enumerate(_frame_levels(samples)) if frame > SILENCE), 0) * FRAME / RATE


def _frame_levels(samples: Sequence[int]) -> list[float]:
    frames = (samples[i : i + FRAME] for i in range(0, len(samples) - FRAME + 1, FRAME))
    return [_dbfs(sum(sample * sample for sample in frame) / FRAME) for frame in frames]


def _dbfs(power: float) -> float:
    return 10 * math.log10(power / _FULL**2) if power else -math.inf


def _bend(sample: float) -> float:
    knee = PEAK * 0.75
    over = abs(sample) - knee
    if over <= 0:
        return sample
    return math.copysign(knee + (PEAK - knee) * math.tanh(over / (PEAK - knee)), sample)


def _fade(samples: Samples) -> Samples:
    """5 ms in and out: no click where two sounds meet."""
    length = min(RATE // 200, len(samples) // 2)
    for i in range(length):
        samples[i] = samples[i] * i // length
        samples[-1 - i] = samples[-1 - i] * i // length
    return samples
