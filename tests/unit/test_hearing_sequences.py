"""Spoken numbers are heard as the sequence that was said, and not as any other."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ivr.embedded.hearing import Template
from ivr.embedded.recording import RATE, Sound, read_wav
from ivr.embedded.sequences import SequenceSearch

SOUNDS = Path(__file__).parents[2] / "ivr" / "prompts" / "sounds" / "en"
ALL = {path.stem: Template(path.stem, read_wav(path)) for path in sorted(SOUNDS.glob("*.wav"))}
ATOMS = [name for name, template in ALL.items() if not template.distinctive]
DIGITS = [str(digit) for digit in range(10)]


def said(*names: str, gap: float = 0.03) -> Sound:
    """The sounds one after the other, with the small pauses that playing files leaves, between two prompts."""
    pause = np.zeros(int(gap * RATE), dtype=np.int16)
    parts = [part for name in names for part in (ALL[name].sound, pause)]
    return np.concatenate([ALL["incident_number"].sound, pause, *parts, np.zeros(RATE, dtype=np.int16)])


def heard(sound: Sound, *names: str) -> bool:
    return SequenceSearch(names, ALL, 0).advance(sound) is not None


@pytest.mark.parametrize("number", ["1042", "7", "0000", "9987", "3516"])
@pytest.mark.parametrize("gap", [0.0, 0.05, 0.4])
def test_a_spoken_number_is_heard(number: str, gap: float) -> None:
    """Digit by digit, with or without pauses."""
    assert heard(said(*number, gap=gap), *number)


@pytest.mark.parametrize("code", ["2082", "8298", "3503", "6126"])
def test_a_digit_that_comes_again_is_not_taken_for_its_first_time(code: str) -> None:
    """Also when the line was worse the first time, so that the second one fits better."""
    sound = said(*code, gap=0.0).astype(np.float64)
    worse = slice(0, len(ALL["incident_number"].sound) + len(ALL[code[0]].sound))
    sound[worse] += np.random.default_rng(7).normal(0, 80, worse.stop)
    assert heard(sound.astype(np.int16), "incident_number", *code)


@pytest.mark.parametrize("place", range(4))
def test_a_number_with_one_other_digit_is_not_heard(place: int) -> None:
    """No digit passes for another one at any place."""
    sound = said(*"1042")
    wrong = [digit for digit in DIGITS if digit != "1042"[place]]
    assert [digit for digit in wrong if heard(sound, *"1042"[:place], digit, *"1042"[place + 1 :])] == []


def test_no_short_sound_passes_for_another() -> None:
    """Each pair of neighbours in the list of atoms: heard as said, not the other way round."""
    for one, other in pairwise(ATOMS):
        assert heard(said(one, other), one, other), f"{one} {other}"
        assert not heard(said(one, other), other, one), f"{other} {one}"


def test_what_came_nearest_is_told() -> None:
    """A failed expectation can say how far it was met, and what came instead."""
    search = SequenceSearch("1052", ALL, 0)
    assert search.advance(said(*"1042")) is None
    assert search.nearest[:2] == ["1", "0"]


def test_a_number_still_being_spoken_is_heard_when_it_is_complete() -> None:
    """Sound arrives in tenths of seconds."""
    sound, search = said(*"1042"), SequenceSearch("1042", ALL, 0)
    ends = [end for end in range(0, len(sound), RATE // 10) if search.advance(sound[:end])]
    assert ends[0] >= len(sound) - RATE - int(0.2 * RATE)


def test_prices_and_minutes_are_sequences_too() -> None:
    """“five dollars a minute”, with words of several sizes."""
    assert heard(said("5", "dollars", "a_minute"), "5", "dollars", "a_minute")
    assert not heard(said("5", "dollars", "a_minute"), "5", "cents", "a_minute")
