"""``make hear``: every prompt through a telephone line to a recogniser, and how many of its words were understood.

Prints each prompt with its share and writes ``docs/prompts-heard.md``. Exits 1 when fewer than 95 words of 100 came through in sum.
"""

import argparse
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ivr.embedded.recording import Sound, read_wav
from ivr.prompts.texts import ENGLISH, SOUNDS
from tests.voice import recogniser
from tests.voice.line import LOSS, over_the_line
from tests.voice.sentences import Sentence, everything, text
from tests.voice.words import mistakes, spoken_words

ENOUGH: Final = 0.95
"""The share of the words that must come through, in sum."""
PAGE: Final = Path(__file__).parents[2] / "docs" / "prompts-heard.md"
_BETWEEN: Final = np.zeros(200, dtype=np.int16)
"""Asterisk takes 25 ms from one sound to the next."""


@dataclass(frozen=True, slots=True)
class Result:
    """One sentence and what the recogniser made of it."""

    name: str
    said: str
    heard: str
    words: int
    wrong: int

    @property
    def share(self) -> float:
        """Of the words; 0 when more words were added than the sentence has."""
        return max(0.0, 1 - self.wrong / self.words)


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.voice.hear", description="Count the words that come through a telephone line.")
    parser.add_argument("names", nargs="*", help="only sentences whose name begins so; then no page is written")
    parser.add_argument("--loss", type=float, default=LOSS, help="the share of 20 ms frames that are lost (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another seed loses other frames (default %(default)s)")
    options = parser.parse_args(arguments)
    chosen = {name: one for name, one in everything().items() if name.startswith(tuple(options.names) or "")}
    ear = recogniser.Recogniser()
    results = [_result(ear, name, one, options.loss, options.seed) for name, one in chosen.items()]
    print(f"{len(results)} sentences, {_sum(results):.1%} of {sum(one.words for one in results)} words")
    if not options.names and (options.loss, options.seed) == (LOSS, 1):
        PAGE.write_text(page(results), encoding="utf-8")
    return 0 if results and _sum(results) >= ENOUGH else 1


def page(results: list[Result]) -> str:
    """``docs/prompts-heard.md``."""
    below = sorted((one for one in results if one.share < ENOUGH), key=lambda one: one.share)
    rows = [f"| `{one.name}` | {one.share:.0%} | {one.said} | {one.heard} |" for one in below]
    lines = [
        "# How many words come through a telephone",
        "",
        "Written by `make hear`: each English prompt, and sentences with numbers in them, as G.711 µ-law with "
        f"{LOSS:.0%} of its 20 ms frames lost. A lost frame is the one before it at half its level.",
        f"The recogniser is {recogniser.NAME}, which is no part of the hotline and knows nothing of the prompts.",
        "It errs on a clear line too.",
        "",
        f"**{_sum(results):.1%}** of {sum(one.words for one in results)} words, in {len(results)} sentences; "
        f"{sum(not one.wrong for one in results)} sentences without a mistake.",
        "",
        f"Those below {ENOUGH:.0%}, the worst first:",
        "",
        "| what | words | said | understood |",
        "|---|--:|---|---|",
        *rows,
        "",
    ]
    return "\n".join(lines)


def _result(ear: recogniser.Recogniser, name: str, sentence: Sentence, loss: float, seed: int) -> Result:
    said = text(sentence)
    heard = ear.words(over_the_line(_sound(sentence), loss, seed + zlib.crc32(name.encode())))
    words = spoken_words(said)
    result = Result(name, said, heard, len(words), mistakes(words, spoken_words(heard)))
    print(f"{result.share:4.0%} {name}: {said}" + (f"  ← {heard}" if result.wrong else ""), flush=True)
    return result


def _sound(sentence: Sentence) -> Sound:
    pieces = [piece for name in sentence for piece in (read_wav(SOUNDS[ENGLISH] / f"{name}.wav"), _BETWEEN)]
    return np.concatenate(pieces)


def _sum(results: list[Result]) -> float:
    return 1 - sum(one.wrong for one in results) / max(1, sum(one.words for one in results))


if __name__ == "__main__":
    sys.exit(main())
