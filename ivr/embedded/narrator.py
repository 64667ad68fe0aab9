"""Tells a call while it happens, line by line with its seconds. Whatever somebody "hears" was recognised by its sound."""

import time
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ivr import prompts, spoken
from ivr.embedded.handset import Handset


@dataclass
class Narrator:
    """Seconds count from ``began``, when the caller dialled. Every ``hears`` raises AssertionError when it is not heard."""

    console: Console
    began: float = field(default_factory=time.monotonic)
    steps: list[dict[str, Any]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def tell(self, who: str, what: str, **more: Any) -> None:
        """One line. ``more`` is for programs alone."""
        at = time.monotonic() - self.began
        self.steps.append({"at": round(at, 2), "who": who, "what": what, **more})
        line = Table.grid(padding=(0, 2))
        line.add_column(width=8, justify="right", style="dim")
        line.add_column(width=7, style="bold")
        line.add_column()
        line.add_row(f"{at:.1f} s", who, Text(what))
        self.console.print(line)

    def hears(self, who: str, phone: Handset, prompt: str, within: float = 15.0) -> None:
        """Waits until the prompt is heard."""
        phone.hears(prompt, within)
        self._told(who, (prompt,), prompts.text(prompt))

    def hears_words(self, who: str, phone: Handset, *sounds: str, figures: str = "", within: float = 15.0) -> None:
        """Waits until these sounds, and then the figures one by one, are heard behind each other."""
        all_of_it = (*sounds, *spoken.digits(figures)) if figures else sounds
        phone.hears_sequence(*all_of_it, within=within)
        self._told(who, all_of_it, " ".join((*map(prompts.text, sounds), *figures)))

    def presses(self, who: str, phone: Handset, keys: str, shown: str = "") -> None:
        """``shown`` is told instead of the keys: nothing secret is ever told or remembered."""
        phone.presses(keys)
        self.tell(who, shown or f"presses {keys}")

    def _told(self, who: str, sounds: tuple[str, ...], words: str) -> None:
        self.heard += sounds
        self.tell(who, f"hears “{words}”", heard=" ".join(sounds))
