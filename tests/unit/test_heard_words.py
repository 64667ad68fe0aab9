"""What `make hear` counts: a line as lossy as it says, and words as a person would count them. No recogniser is needed here."""

import re

import numpy as np
import pytest

from ivr.embedded.recording import FRAME, Sound
from tests.voice import sentences
from tests.voice.line import concealed, lost_frames, mu_law, over_the_line
from tests.voice.words import mistakes, spoken_words

LOUD: Sound = (12_000 * np.sin(np.arange(8000) / 5)).astype(np.int16)


def test_the_same_frames_are_lost_each_time() -> None:
    """So that two runs can be compared; about as many as asked for."""
    lost = lost_frames(8000 * 600, 0.02, seed=1)
    assert lost == lost_frames(8000 * 600, 0.02, seed=1)
    assert lost != lost_frames(8000 * 600, 0.02, seed=2)
    assert 0.018 < len(lost) / (50 * 600) < 0.022


def test_mu_law_is_near_and_not_exact() -> None:
    """G.711 keeps about 38 dB between speech and its own noise, and its levels are kept as they are."""
    noise = mu_law(LOUD).astype(float) - LOUD
    assert 30 < 10 * np.log10(np.mean(LOUD.astype(float) ** 2) / np.mean(noise**2)) < 45
    assert (mu_law(mu_law(LOUD)) == mu_law(LOUD)).all()


def test_a_lost_frame_is_the_one_before_at_half_its_level() -> None:
    """Of two in a row the second is half as loud again; the first of all is silence."""
    heard = concealed(LOUD, [0, 5, 6])
    frames = heard.reshape(-1, FRAME)
    assert not frames[0].any()
    assert (frames[5] == frames[4] // 2).all()
    assert (frames[6] == frames[4] // 2 // 2).all()
    assert (frames[7] == LOUD.reshape(-1, FRAME)[7]).all()


def test_a_line_without_loss_loses_nothing() -> None:
    assert (over_the_line(LOUD, 0.0, seed=1) == mu_law(LOUD)).all()


@pytest.mark.parametrize(
    ("said", "heard", "wrong"),
    [
        ("Press one.", "press ONE", 0),
        ("press one", "press two", 1),
        ("press one", "press", 1),
        ("press one", "to press one", 1),
        ("All right, there is time.", "Alright, there's time", 0),
        ("one two three", "", 3),
        ("the five digits of the zip code", "the five digits that coat", 4),
    ],
)
def test_mistakes_are_words_replaced_left_out_or_added(said: str, heard: str, wrong: int) -> None:
    assert mistakes(spoken_words(said), spoken_words(heard)) == wrong


def test_every_prompt_is_put_before_the_recogniser() -> None:
    """But the English numbers that stand in for another language's; figures are words by then."""
    assert all(re.fullmatch("2[1-9]|[1-9]00|1_counted|21_counted|tens_and|100_and", name) for name in sentences.unheard())
    assert not any(sign.isdigit() for sentence in sentences.everything().values() for sign in sentences.text(sentence))
