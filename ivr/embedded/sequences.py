"""Spoken numbers: short sounds that are not told apart alone, but are as an expected sequence, one after the other."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from ivr.embedded.hearing import SLACK, Template, correlations, follow, near
from ivr.embedded.recording import RATE, Sound
from ivr.embedded.searching import peaks

GAP: Final = RATE
"""At most this much silence between two sounds of a sequence."""
HEARD: Final = 0.75
"""The median correlation that a sound of the sequence needs."""


class SequenceSearch:
    """A sequence looked for from sample ``floor`` on in growing sound."""

    def __init__(self, names: Sequence[str], templates: Mapping[str, Template], floor: int) -> None:
        self.names = names
        self.templates = templates
        self._searched = self._floor = max(0, floor)
        self._starts: list[int] = []
        self.nearest: list[str] = []

    def advance(self, sound: Sound, received: int | None = None) -> tuple[int, int] | None:
        """Where the sequence began and ended; None when it was not, or not yet, heard whole. ``nearest`` tells how far it got.

        ``received``: samples that will not change any more, all by default; what follows them is searched again.
        """
        first = self.templates[self.names[0]].opening[0]
        scores = correlations(sound[self._searched :], first)
        likely = [peak for peak in peaks(scores) if scores[peak] > HEARD]
        self._starts += [max(self._floor, self._searched + peak - first.offset) for peak in likely]
        self._searched = max(self._searched, (len(sound) if received is None else received) - len(first.wave) + 1)
        for start in self._starts:
            end = self._align(sound, start)
            if end is not None:
                return start, end
        return None

    def _align(self, sound: Sound, start: int) -> int | None:
        place, heard = start, list[str]()
        for name in self.names:
            begin = place if not heard else self._next(sound, name, place)
            if begin is None or not self._is(sound, name, begin, heard):
                break
            place = begin + self.templates[name].length
        if len(heard) > len(self.nearest):
            self.nearest = heard
        return place if len(heard) == len(self.names) and heard[-1] == self.names[-1] else None

    def _next(self, sound: Sound, name: str, expected: int) -> int | None:
        """Where the next sound begins: the first good fit of its first chunk between 60 ms before and a second after ``expected``.

        Not the best one: a digit may come again within the second. The best one when none is good.
        """
        first = self.templates[name].opening[0]
        begin = max(0, expected + first.offset - SLACK)
        scores = correlations(sound[begin : begin + SLACK + GAP + len(first.wave)], first)
        if not len(scores):
            return None
        good = [peak for peak in peaks(scores) if scores[peak] > HEARD]
        return begin + (good[0] if good else int(np.argmax(scores))) - first.offset

    def _is(self, sound: Sound, name: str, begin: int, heard: list[str]) -> bool:
        """Is it this sound, and no other short one fits better? Notes what it is in ``heard``."""
        score = self._score(sound, self.templates[name], begin)
        if score is None or score < HEARD:
            return False
        rivals = {other: self._rival(sound, template, begin) for other, template in self.templates.items() if other != name}
        best = max(rivals, key=lambda other: rivals[other], default=name)
        heard.append(best if rivals.get(best, 0.0) > score else name)
        return heard[-1] == name

    def _score(self, sound: Sound, template: Template, begin: int) -> float | None:
        scores = follow(sound, template.opening, begin)
        return float(np.median(scores)) if len(scores) == len(template.opening) else None

    def _rival(self, sound: Sound, template: Template, begin: int) -> float:
        """How well another short sound fits there; a longer one can't be meant."""
        if template.distinctive or near(sound, template.opening[0], begin + template.opening[0].offset)[0] < HEARD:
            return 0.0
        return self._score(sound, template, begin) or 0.0
