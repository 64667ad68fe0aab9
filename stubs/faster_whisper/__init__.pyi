from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

class Segment:
    text: str

class Tokenizer:
    def get_vocab(self) -> dict[str, int]: ...

class WhisperModel:
    hf_tokenizer: Tokenizer
    def __init__(self, model_size_or_path: str, *, device: str = ..., compute_type: str = ..., cpu_threads: int = ...) -> None: ...
    def transcribe(
        self,
        audio: npt.NDArray[np.float32],
        *,
        language: str,
        beam_size: int,
        temperature: float,
        without_timestamps: bool,
        condition_on_previous_text: bool,
        suppress_tokens: Sequence[int],
    ) -> tuple[Iterable[Segment], Any]: ...
