"""Finds a prompt in sound that is still growing, and makes sure that no other prompt fits the same place."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from ivr.embedded.hearing import CHUNK, FOUND, SLACK, Chunk, Template, Wave, correlations_of, fits, follow, near
from ivr.embedded.recording import Sound

ANCHORS: Final = 3
"""A prompt is looked for by its first chunks: one may be torn by a lost frame, hardly three."""
LIKENESS: Final = 0.3
"""Half of ``FOUND``: what a torn first chunk of the right prompt still has, and most other prompts have not."""
TELLING: Final = 3
"""So many chunks that only one of two prompts has decide between them."""


class AmbiguousMatch(AssertionError):
    """Two prompts fit the same place: they share an opening, and nothing that was heard tells them apart."""


class Search:
    """One template, looked for from sample ``floor`` on. Each sample is searched once, however often more sound arrives."""

    def __init__(self, template: Template, floor: int) -> None:
        self.template = template
        self.floor = floor
        self._searched = max(0, floor)
        self._starts: list[int] = []

    def advance(self, sound: Sound, received: int | None = None) -> int | None:
        """Where the template began, as far as ``sound`` (everything so far) shows; None when it was not, or not yet, recognised.

        ``received``: samples that will not change any more, all by default; what follows them is searched again.
        """
        anchors = self.template.opening[:ANCHORS]
        for anchor, scores in zip(anchors, correlations_of(sound[self._searched :], anchors), strict=True):
            for peak in peaks(scores):
                self._suppose(self._searched + peak - anchor.offset)
        sure = sound[:received]
        self._searched = max(self._searched, len(sure) - CHUNK + 1)
        verdicts = {start: fits(self.template, sure, start) for start in sorted(self._starts)}
        if len(sure) < len(sound):  # a silence that may only be late can confirm what was heard, not refute it
            verdicts = {
                start: verdict if verdict is not None else fits(self.template, sound, start) or None for start, verdict in verdicts.items()
            }
        self._starts = [start for start, verdict in verdicts.items() if verdict is not False]
        return next((start for start, verdict in verdicts.items() if verdict), None)

    def refuse(self, start: int) -> None:
        """Another template was played at ``start``."""
        self._starts.remove(start)

    def _suppose(self, start: int) -> None:
        if start >= self.floor - SLACK and all(abs(start - other) > SLACK for other in self._starts):
            self._starts.append(start)


def peaks(scores: Wave) -> list[int]:
    """The best place of each run of places above ``FOUND``."""
    high = np.flatnonzero(scores > FOUND)
    if not len(high):
        return []
    runs = np.split(high, np.flatnonzero(np.diff(high) > SLACK) + 1)
    return [int(run[np.argmax(scores[run])]) for run in runs]


def outdone(template: Template, others: Iterable[Template], sound: Sound, start: int) -> bool | None:
    """Was it another template with the same opening? None while too little has been received to tell. Raises ``AmbiguousMatch``."""
    alike = _alike([other for other in others if other is not template], sound, start + template.opening[0].offset)
    rivals = [other for other in alike if fits(other, sound, same_place(template, other, start))]
    verdicts = [_stronger(template, rival, sound, start) for rival in rivals]
    if any(verdict is False for verdict in verdicts):
        return True
    return None if None in verdicts else False


def _alike(templates: list[Template], sound: Sound, place: int) -> list[Template]:
    """Those whose first loud chunk bears some likeness to what was heard at ``place``, or may: only they are worth a closer look."""
    heard = sound[max(0, place - SLACK) : place + CHUNK + SLACK]
    scores = correlations_of(heard, [template.opening[0] for template in templates]) if templates else []
    return [template for template, score in zip(templates, scores, strict=True) if not len(score) or score.max() > LIKENESS]


def same_place(template: Template, other: Template, start: int) -> int:
    """Where ``other`` began if its first loud chunk is the first one of ``template``, which began at ``start``."""
    return start + template.opening[0].offset - other.opening[0].offset


def _stronger(template: Template, rival: Template, sound: Sound, start: int) -> bool | None:
    """Does what only one of the two has speak for ``template``? None while it has not been received."""
    shift = same_place(template, rival, 0)
    mine, theirs = telling(template, rival, -shift), telling(rival, template, shift)
    if not mine and not theirs:
        raise AmbiguousMatch(f"{template.name} and {rival.name} are the same sound")
    for_me = _share(template, mine, sound, start)
    for_them = _share(rival, theirs, sound, start + shift)
    if for_me is None or for_them is None:
        return None
    if (for_me > 0.5 or not mine) and for_them < 0.5:
        return True
    if (for_them > 0.5 or not theirs) and for_me < 0.5:
        return False
    raise AmbiguousMatch(f"{template.name} and {rival.name} both fit what was heard from {start / 8000:.1f} s on")


def telling(template: Template, rival: Template, shift: int) -> list[Chunk]:
    """The first chunks of ``template`` that ``rival`` does not have at the same place."""
    own = [chunk for chunk in template.chunks if near(rival.sound, chunk, chunk.offset - shift)[0] <= FOUND]
    return own[:TELLING]


def _share(template: Template, chunks: list[Chunk], sound: Sound, start: int) -> float | None:
    """The share of these chunks that was heard; None while the last of them has not been received."""
    if not chunks:
        return 0.0
    last = template.chunks.index(chunks[-1]) + 1
    scores = follow(sound, template.chunks[:last], start)
    if len(scores) < last:
        return None
    return sum(scores[template.chunks.index(chunk)] > FOUND for chunk in chunks) / len(chunks)
