"""The texts of ``en.toml`` and the manifest of the sound files made from them. Read once; no other I/O."""

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

LANGUAGE: Final = "en"
HERE: Final = Path(__file__).parent
SOUNDS: Final = HERE / "sounds" / LANGUAGE
MANIFEST: Final = HERE / "manifest.json"

RECIPE: Final = "en_US-joe-medium/1"
"""The voice and the way its speech is trimmed and levelled. Another recipe remakes every sound."""


class Kind(StrEnum):
    """How a text is used, which decides the silence after it."""

    PROMPT = "prompt"
    PART = "part"
    ATOM = "atom"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One text with its version. ``say`` is what the voice is handed, usually ``text`` itself; ``pace`` 1.1 is a tenth faster."""

    name: str
    kind: Kind
    text: str
    version: int
    say: str
    pace: float = 1.0

    @property
    def text_hash(self) -> str:
        """Changes with every word that the caller is told: then the version must be raised."""
        return _hash(self.text)

    @property
    def speech_hash(self) -> str:
        """Changes with everything that makes the sound: then the sound must be remade."""
        return _hash(f"{RECIPE}|{self.kind}|{self.pace}|{self.say}")


@dataclass(frozen=True, slots=True)
class Made:
    """One sound file as it was made. ``loudness`` is dBFS over its speech; ``sound`` is the file's own hash."""

    version: int
    text: str
    speech: str
    sound: str
    seconds: float
    loudness: float


def read_texts(path: Path = HERE / f"{LANGUAGE}.toml") -> dict[str, Prompt]:
    """Every prompt by name. Raises ``KeyError``, ``TypeError`` or ``ValueError`` when the file is not as its head says."""
    tables: dict[str, dict[str, dict[str, object]]] = tomllib.loads(path.read_text(encoding="utf-8"))
    prompts = [_prompt(name, Kind(kind), entry) for kind, table in tables.items() for name, entry in table.items()]
    texts = {prompt.name: prompt for prompt in prompts}
    if len(texts) != len(prompts):
        raise ValueError(f"{path.name} has a name in two of its tables")
    return texts


def read_manifest(path: Path = MANIFEST) -> dict[str, Made]:
    """What was made, by name; empty when nothing was made yet."""
    if not path.exists():
        return {}
    return {name: Made(**entry) for name, entry in json.loads(path.read_text(encoding="utf-8")).items()}


def write_manifest(made: dict[str, Made], path: Path = MANIFEST) -> None:
    """Whole or not at all: a broken-off run leaves the old manifest."""
    fresh = path.with_suffix(".new")
    entries = {name: asdict(made[name]) for name in sorted(made)}
    fresh.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)


def file_hash(path: Path) -> str:
    """The hash by which a recording is known: eight hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def _prompt(name: str, kind: Kind, entry: dict[str, object]) -> Prompt:
    text, version, say, pace = entry["text"], entry["version"], entry.get("say"), entry.get("pace", 1.0)
    if not isinstance(text, str) or not isinstance(version, int) or not isinstance(say, str | None) or not isinstance(pace, float):
        raise TypeError(f"[{kind}.{name}] needs a text and a whole number as version; say is a text, pace a fraction like 1.1")
    return Prompt(name, kind, text, version, say or text, pace)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
