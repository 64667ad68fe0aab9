"""The texts of ``en.toml`` and ``es.toml``, and the manifests of the sound files made from them. Read once; no other I/O."""

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ENGLISH: Final = "en"
"""What everybody hears who has not chosen, and what is played where another language has no sound: Asterisk's own fallback."""
RECIPES: Final = {ENGLISH: "en_US-joe-medium/1", "es": "espeak-ng-es-419/1"}
"""Every language with its voice and the way its speech is trimmed and levelled. Another recipe remakes every sound of it."""
SOUNDS: Final = {language: HERE / "sounds" / language for language in RECIPES}
MANIFESTS: Final = {language: HERE / f"{language}.manifest.json" for language in RECIPES}


class Kind(StrEnum):
    """How a text is used, which decides the silence after it."""

    PROMPT = "prompt"
    PART = "part"
    ATOM = "atom"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One text with its version. ``say`` is what the voice is handed, usually ``text`` itself; ``pace`` 1.1 is a tenth faster.

    ``when`` is when it is heard, for the table of prompts; the English file says it for all languages.
    """

    name: str
    kind: Kind
    text: str
    version: int
    say: str
    pace: float = 1.0
    when: str = ""
    language: str = ENGLISH

    @property
    def text_hash(self) -> str:
        """Changes with every word that the caller is told: then the version must be raised."""
        return _hash(self.text)

    @property
    def speech_hash(self) -> str:
        """Changes with everything that makes the sound: then the sound must be remade."""
        return _hash(f"{RECIPES[self.language]}|{self.kind}|{self.pace}|{self.say}")


@dataclass(frozen=True, slots=True)
class Made:
    """One sound file as it was made. ``loudness`` is dBFS over its speech; ``sound`` is the file's own hash."""

    version: int
    text: str
    speech: str
    sound: str
    seconds: float
    loudness: float


def read_texts(language: str = ENGLISH) -> dict[str, Prompt]:
    """Every prompt by name. Raises ``KeyError``, ``TypeError`` or ``ValueError`` when the file is not as its head says."""
    path = HERE / f"{language}.toml"
    tables: dict[str, dict[str, dict[str, object]]] = tomllib.loads(path.read_text(encoding="utf-8"))
    prompts = [_prompt(name, Kind(kind), entry, language) for kind, table in tables.items() for name, entry in table.items()]
    texts = {prompt.name: prompt for prompt in prompts}
    if len(texts) != len(prompts):
        raise ValueError(f"{path.name} has a name in two of its tables")
    return texts


def read_manifest(path: Path = MANIFESTS[ENGLISH]) -> dict[str, Made]:
    """What was made, by name; empty when nothing was made yet."""
    if not path.exists():
        return {}
    return {name: Made(**entry) for name, entry in json.loads(path.read_text(encoding="utf-8")).items()}


def write_manifest(made: dict[str, Made], path: Path) -> None:
    """Whole or not at all: a broken-off run leaves the old manifest."""
    fresh = path.with_suffix(".new")
    entries = {name: asdict(made[name]) for name in sorted(made)}
    fresh.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)


def file_hash(path: Path) -> str:
    """The hash by which a recording is known: eight hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def _prompt(name: str, kind: Kind, entry: dict[str, object], language: str) -> Prompt:
    text, version, say, when = entry["text"], entry["version"], entry.get("say"), entry.get("when", "")
    pace = entry.get("pace", 1.0)
    if not isinstance(text, str) or not isinstance(version, int) or not isinstance(say, str | None) or not isinstance(pace, float):
        raise TypeError(f"[{kind}.{name}] needs a text and a whole number as version; say is a text, pace a fraction like 1.1")
    return Prompt(name, kind, text, version, say or text, pace, str(when), language)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
