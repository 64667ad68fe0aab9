"""The spoken texts: names, sound files, lengths and versions.

An operator's own recording of a prompt (``recordings/en/NAME.wav`` in the state folder) is played instead of ours: Asterisk's folder of
prompts links to it. :func:`use_overrides` tells this module where they lie, so that lengths and versions stay true.
Unknown names are programming errors: ``KeyError``.
"""

import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ivr.prompts.texts import Kind, file_hash, read_manifest, read_texts

_TEXTS: Final = read_texts()
_MADE: Final = read_manifest()

NAMES: Final = frozenset(_TEXTS)
ATOMS: Final = frozenset(name for name, prompt in _TEXTS.items() if prompt.kind is Kind.ATOM)

DISCLOSURE_PARTS: Final = ("disclosure", "plus_tax", "with_a_minimum_of", "disclosure_terms", "disclosure_emergency", "disclosure_menu")
"""What a caller hears before consenting, numbers aside."""


@dataclass(frozen=True, slots=True)
class _Recording:
    """An operator's own recording, as its file was at ``changed`` (nanoseconds)."""

    changed: int
    seconds: float
    hash: str


_overrides: Path | None = None
_recordings: dict[Path, _Recording] = {}


def use_overrides(folder: Path | None) -> None:
    """Look for the operator's recordings (``NAME.wav``) in this folder from now on; None: in no folder."""
    global _overrides
    _overrides = folder


def sound(name: str) -> str:
    """What Asterisk is told to play."""
    return f"ivr/{_TEXTS[name].name}"


def text(name: str) -> str:
    """The words of our own recording."""
    return _TEXTS[name].text


def seconds(name: str) -> float:
    """How long the prompt lasts: the operator's recording if there is one that can be read, else ours."""
    own = _recording(name)
    return own.seconds if own else _MADE[name].seconds


def version(name: str) -> str:
    """``disclosure@3``; with the file's hash behind a plus when the operator's own recording is played: ``disclosure@3+1f0c22ab``."""
    own = _recording(name)
    return f"{name}@{_TEXTS[name].version}" + (f"+{own.hash}" if own else "")


def disclosure_version() -> str:
    """The versions of all parts of the disclosure, for the record of a consent."""
    return " ".join(version(name) for name in DISCLOSURE_PARTS)


def _recording(name: str) -> _Recording | None:
    _TEXTS[name]
    if _overrides is None:
        return None
    path = _overrides / f"{name}.wav"
    try:
        changed = path.stat().st_mtime_ns
        known = _recordings.get(path)
        if known is None or known.changed != changed:
            known = _recordings[path] = _Recording(changed, _wav_seconds(path), file_hash(path))
    except (OSError, EOFError, wave.Error):
        return None
    return known


def _wav_seconds(path: Path) -> float:
    with wave.open(str(path), "rb") as recording:
        return recording.getnframes() / recording.getframerate()
