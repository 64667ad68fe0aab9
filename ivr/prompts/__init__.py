"""The spoken texts: names, sound files, lengths and versions.

Every prompt exists in English. In another language it is played when there is a sound of it, else the English one is: Asterisk's own rule.
An operator's own recording of a prompt (``recordings/en/NAME.wav`` in the state folder) is played instead of ours: Asterisk's folder of
prompts links to it. :func:`use_overrides` tells this module where they lie, so that lengths and versions stay true.
Unknown names are programming errors: ``KeyError``.
"""

import os
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ivr.prompts.texts import ENGLISH, MANIFESTS, RECIPES, SOUNDS, Kind, file_hash, read_manifest, read_texts

LANGUAGES: Final = frozenset(RECIPES)
_TEXTS: Final = {language: read_texts(language) for language in RECIPES}
_MADE: Final = {language: read_manifest(MANIFESTS[language]) for language in RECIPES}

NAMES: Final = frozenset(_TEXTS[ENGLISH])
ATOMS: Final = frozenset(name for name, prompt in _TEXTS[ENGLISH].items() if prompt.kind is Kind.ATOM)

DISCLOSURE_PARTS: Final = ("disclosure", "plus_tax", "with_a_minimum_of", "disclosure_terms", "disclosure_emergency", "disclosure_menu")
"""What a caller hears before consenting, numbers aside."""


@dataclass(frozen=True, slots=True)
class _Recording:
    """An operator's own recording, as its file was at ``changed`` (nanoseconds)."""

    changed: int
    seconds: float
    hash: str


_overrides: Path | None = None
_recordings: dict[str, _Recording] = {}


def use_overrides(folder: Path | None) -> None:
    """Look for the operator's recordings (``LANGUAGE/NAME.wav``) in this folder from now on; None: in no folder."""
    global _overrides
    _overrides = folder


def language_of(channel_language: str) -> str:
    """What a channel of Asterisk's language hears: ``es_MX`` is ``es``, one that we have no prompts in is English."""
    language = channel_language.partition("_")[0]
    return language if language in LANGUAGES else ENGLISH


def sound(name: str) -> str:
    """What Asterisk is told to play; it looks for the file in the channel's language."""
    return f"ivr/{_TEXTS[ENGLISH][name].name}"


def text(name: str, language: str = ENGLISH) -> str:
    """The words of our own recording."""
    return _TEXTS[_played_in(name, language)][name].text


def seconds(name: str, language: str = ENGLISH) -> float:
    """How long the prompt lasts: the operator's recording if there is one that can be read, else ours."""
    own = _recording(name, language)
    return own.seconds if own else _MADE[_played_in(name, language)][name].seconds


def version(name: str, language: str = ENGLISH) -> str:
    """``disclosure@3``, in Spanish ``es/disclosure@3``; with the file's hash behind a plus when the operator's own recording is played:
    ``disclosure@3+1f0c22ab``."""
    played = _played_in(name, language)
    own = _recording(name, played)
    prefix = "" if played == ENGLISH else f"{played}/"
    return f"{prefix}{name}@{_TEXTS[played][name].version}" + (f"+{own.hash}" if own else "")


def disclosure_version(language: str = ENGLISH) -> str:
    """The versions of all parts of the disclosure, for the record of a consent."""
    return " ".join(version(name, language) for name in DISCLOSURE_PARTS)


def _played_in(name: str, language: str) -> str:
    """The language in which Asterisk finds a sound of it."""
    _TEXTS[ENGLISH][name]
    if language == ENGLISH or name not in _TEXTS[language]:
        return ENGLISH
    own = _overrides is not None and (_overrides / language / f"{name}.wav").exists()
    return language if own or (SOUNDS[language] / f"{name}.wav").exists() else ENGLISH


def _recording(name: str, language: str) -> _Recording | None:
    _TEXTS[ENGLISH][name]
    if _overrides is None:
        return None
    path = f"{_overrides}/{language}/{name}.wav"  # asked for each sound of each call: a Path would cost five times as much
    try:
        changed = os.stat(path).st_mtime_ns
        known = _recordings.get(path)
        if known is None or known.changed != changed:
            known = _recordings[path] = _Recording(changed, _wav_seconds(path), file_hash(Path(path)))
    except (OSError, EOFError, wave.Error):
        return None
    return known


def _wav_seconds(path: str) -> float:
    with wave.open(path, "rb") as recording:
        return recording.getnframes() / recording.getframerate()
