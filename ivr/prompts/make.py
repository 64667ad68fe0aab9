"""``make prompts``: speak the texts that changed, remove the sounds of texts that are gone, write the manifest and the table of prompts.

The voice never says a text twice in the same way, so a sound is remade only when its text, its kind or the recipe changed.
``--check`` makes nothing: it exits 1 and says what disagrees. It needs no speech engine.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

from ivr.errors import SetupError
from ivr.prompts.level import RATE, Samples, level, loudness, trim
from ivr.prompts.texts import (
    ENGLISH,
    HERE,
    MANIFESTS,
    RECIPES,
    SOUNDS,
    Kind,
    Made,
    Prompt,
    file_hash,
    read_manifest,
    read_texts,
    write_manifest,
)
from ivr.prompts.voice import read_wav, speak, write_wav

TABLE: Final = HERE.parents[1] / "docs" / "prompts.md"
LANGUAGES: Final = {ENGLISH: "English", "es": "Spanish"}
TAIL: Final = {Kind.PROMPT: 0.12, Kind.PART: 0.03, Kind.ATOM: 0.02}
"""Seconds of silence after a sound: a breath after a sentence, next to nothing within one."""


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ivr.prompts.make", description="Speak the prompts whose text changed.")
    parser.add_argument("--check", action="store_true", help="make nothing; exit 1 when texts and sounds disagree")
    options = parser.parse_args(arguments)
    try:
        disagreements = check_all() if options.check else make()
    except SetupError as error:
        disagreements = [str(error)]
    for sentence in disagreements:
        print(sentence, file=sys.stderr)
    return 1 if disagreements else 0


def check_all() -> list[str]:
    """:func:`check` of every language."""
    return [fault for language in RECIPES for fault in check(SOUNDS[language], MANIFESTS[language], read_texts(language))]


def check(sounds: Path, manifest: Path, prompts: dict[str, Prompt]) -> list[str]:
    """One sentence for each disagreement of texts, manifest and sound files; none when all is well."""
    made = read_manifest(manifest)
    files = {file.stem for file in sounds.glob("*.wav")}
    found = _versions_not_raised(prompts, made)
    found += [f"The sound of {name} is not made from its text: run make prompts." for name in _to_make(prompts, made, sounds)]
    found += [f"The sound of {name} has no text any more: run make prompts." for name in sorted((files | set(made)) - set(prompts))]
    return found


def make() -> list[str]:
    """Bring the sounds in line with the texts. Returns what only a person can mend; then nothing was made."""
    texts = {language: read_texts(language) for language in RECIPES}
    if faults := [fault for name in RECIPES for fault in _versions_not_raised(texts[name], read_manifest(MANIFESTS[name]))]:
        return faults
    for language, prompts in texts.items():
        _make(language, prompts)
    TABLE.write_text(table(), encoding="utf-8")
    return []


def _make(language: str, prompts: dict[str, Prompt]) -> None:
    sounds, made = SOUNDS[language], read_manifest(MANIFESTS[language])
    sounds.mkdir(parents=True, exist_ok=True)
    _remove_orphans(sounds, set(prompts))
    todo = _to_make(prompts, made, sounds)
    print(f"{LANGUAGES[language]}: {len(todo)} of {len(prompts)} prompts to speak")
    fresh = _speak_all([prompts[name] for name in todo], language)
    kept = {name: entry for name, entry in made.items() if name in prompts}
    write_manifest(kept | fresh, MANIFESTS[language])


def table() -> str:
    """``docs/prompts.md``: every prompt with its words, its length and when it is heard."""
    head = [
        "# Prompts",
        "",
        "Every sentence that a caller or an engineer can hear. Made by `make prompts` from `ivr/prompts/en.toml` and `es.toml`;"
        " change it there.",
        "A *part* is completed by numbers, an *atom* is a number or a unit. A sound that a language lacks is played in English.",
    ]
    return "\n".join([*head, *(line for language in RECIPES for line in _section(language)), ""])


def _section(language: str) -> list[str]:
    prompts, english, made = read_texts(language), read_texts(), read_manifest(MANIFESTS[language])
    rows = [
        f"| `{name}` | {one.kind} | {one.version} | {made[name].seconds:.2f} | {one.text} | {english[name].when} |"
        for name, one in prompts.items()
    ]
    total = sum(entry.seconds for entry in made.values())
    columns = ["| name | kind | version | seconds | text | heard |", "|---|---|--:|--:|---|---|"]
    return ["", f"## {LANGUAGES[language]}", "", f"{len(rows)} prompts, {total:.0f} seconds.", "", *columns, *rows]


def _to_make(prompts: dict[str, Prompt], made: dict[str, Made], sounds: Path) -> list[str]:
    return [name for name, prompt in prompts.items() if not _is_made(prompt, made.get(name), sounds / f"{name}.wav")]


def _is_made(prompt: Prompt, entry: Made | None, file: Path) -> bool:
    if entry is None or (entry.text, entry.speech, entry.version) != (prompt.text_hash, prompt.speech_hash, prompt.version):
        return False
    return file.exists() and file_hash(file) == entry.sound


def _versions_not_raised(prompts: dict[str, Prompt], made: dict[str, Made]) -> list[str]:
    """Consents are recorded with the version, so other words must have another one."""
    changed = [(prompt, made[name]) for name, prompt in prompts.items() if name in made and made[name].text != prompt.text_hash]
    return [
        f"The text of {prompt.name} changed: raise its version to {entry.version + 1} in {prompt.language}.toml."
        for prompt, entry in changed
        if prompt.version <= entry.version
    ]


def _speak_all(prompts: list[Prompt], language: str) -> dict[str, Made]:
    made: dict[str, Made] = {}
    for pace in sorted({prompt.pace for prompt in prompts}):
        group = [prompt for prompt in prompts if prompt.pace == pace]
        spoken = speak([prompt.say for prompt in group], pace, language)
        made |= {prompt.name: _store(prompt, samples) for prompt, samples in zip(group, spoken, strict=True)}
    return made


def _store(prompt: Prompt, samples: Samples) -> Made:
    speech = trim(level(samples), TAIL[prompt.kind])
    file = SOUNDS[prompt.language] / f"{prompt.name}.wav"
    write_wav(file, speech)
    seconds, loud = round(len(speech) / RATE, 3), round(loudness(read_wav(file)), 2)
    print(f"{prompt.name}: {seconds:.2f} s, {loud:.1f} dBFS")
    return Made(prompt.version, prompt.text_hash, prompt.speech_hash, file_hash(file), seconds, loud)


def _remove_orphans(sounds: Path, names: set[str]) -> None:
    for file in sounds.glob("*.wav"):
        if file.stem not in names:
            file.unlink()
            print(f"{file.stem}: removed, it has no text any more")


if __name__ == "__main__":
    sys.exit(main())
