"""The matcher hears every prompt among all prompts, through µ-law and lost frames, and none where none is."""

from pathlib import Path

import numpy as np
import pytest

from ivr.embedded.hearing import Template, fits, follow, found
from ivr.embedded.loops import Loop, LoopSearch, voice
from ivr.embedded.raw_sip import MU_LAW
from ivr.embedded.recording import FRAME, RATE, Sound, read_wav
from ivr.embedded.searching import AmbiguousMatch, Search, outdone
from tests.long import and_long

SOUNDS = Path(__file__).parents[2] / "ivr" / "prompts" / "sounds" / "en"
GAP = np.zeros(RATE // 2 + 37, dtype=np.int16)
ALL = {path.stem: Template(path.stem, read_wav(path)) for path in sorted(SOUNDS.glob("*.wav"))}
PROMPTS = [name for name, template in ALL.items() if template.distinctive]


def through_mu_law(sound: Sound) -> Sound:
    """Coded to G.711 and back: each sample becomes the nearest of 256."""
    levels = np.sort(MU_LAW.astype(np.int32))
    above = np.clip(np.searchsorted(levels, sound), 1, 255)
    lower = sound - levels[above - 1] < levels[above] - sound
    return levels[above - lower].astype(np.int16)


def with_losses(sound: Sound, share: float, *, silenced: bool = False) -> Sound:
    """Frames of 20 ms left out (the rest comes earlier) or silenced, the same ones each time."""
    dice = np.random.default_rng(7)
    frames = [sound[place : place + FRAME] for place in range(0, len(sound), FRAME)]
    kept = [frame if dice.random() > share else frame[: 0 if not silenced else None] * 0 for frame in frames]
    return np.concatenate(kept)


def everything_played() -> tuple[Sound, dict[str, int]]:
    """All prompts (their first three seconds) after one another, and where each begins."""
    places, parts, length = dict[str, int](), list[Sound](), 0
    for name in PROMPTS:
        places[name] = length + len(GAP)
        parts += [GAP, ALL[name].sound[: 3 * RATE]]
        length = places[name] + len(parts[-1])
    return through_mu_law(np.concatenate([*parts, GAP])), places


PLAYED, PLACES = everything_played()


def music() -> Sound:
    """Half a minute of chords with a melody."""
    beat = np.arange(RATE // 2) / RATE
    dice = np.random.default_rng(3)
    chords = [sum(np.sin(2 * np.pi * 110 * 2 ** (note / 12) * beat) for note in dice.choice(36, 4)) * np.exp(-2 * beat) for _ in range(60)]
    return (np.concatenate(chords) * 4000).astype(np.int16)


def starts(template: Template, sound: Sound) -> list[int]:
    """Every place where the template is recognised."""
    places, search = list[int](), Search(template, 0)
    while (start := search.advance(sound)) is not None:
        places.append(start)
        search.refuse(start)
    return places


@pytest.mark.parametrize("name", and_long(PROMPTS, often=PROMPTS[::6]))
def test_each_prompt_among_all_is_heard_once_and_where_it_was(name: str) -> None:
    """A prompt is recognised in a recording of all of them exactly once, to 60 ms, and no rival fits there."""
    places = starts(ALL[name], PLAYED)
    assert places == [pytest.approx(PLACES[name], abs=RATE * 0.06)]
    assert outdone(ALL[name], [ALL[other] for other in PROMPTS], PLAYED, places[0]) is False


@pytest.mark.parametrize("silenced", [False, True], ids=["left out", "silenced"])
@pytest.mark.parametrize("name", PROMPTS)
def test_each_prompt_survives_two_percent_of_lost_frames(name: str, silenced: bool) -> None:
    """With 2 % of its frames lost most of a prompt's chunks are still found, and it is recognised."""
    received = with_losses(through_mu_law(np.concatenate([GAP, ALL[name].sound[: 3 * RATE], GAP])), 0.02, silenced=silenced)
    scores = follow(received, ALL[name].opening, len(GAP))
    assert found(scores) >= 0.7 * len(scores)
    assert starts(ALL[name], received)


def test_right_prompts_stand_far_apart_from_wrong_ones() -> None:
    """At 2 % loss four of five chunks of a right prompt are found on average, and over 95 % of prompts reach that each."""
    shares = []
    for name in PROMPTS:
        scores = follow(with_losses(through_mu_law(ALL[name].sound), 0.02), ALL[name].opening, 0)
        shares.append(found(scores) / len(scores))
    assert np.mean([share >= 0.8 for share in shares]) > 0.95


NO_PROMPTS = {
    "silence": np.zeros(RATE * 8, dtype=np.int16),
    "music": music()[: RATE * 8],
    "voice": np.tile(voice("+15555550101"), 2),
    "noise": np.random.default_rng(1).normal(0, 3000, RATE * 8).astype(np.int16),
}


@pytest.mark.parametrize("sound", NO_PROMPTS.values(), ids=NO_PROMPTS)
def test_no_prompt_is_heard_where_none_is(sound: Sound) -> None:
    """Silence, music, voices and noise hold no prompt."""
    assert [name for name in PROMPTS if starts(ALL[name], sound)] == []


def test_a_prompt_is_recognised_live_in_little_more_than_its_first_second() -> None:
    """Sound arrives in tenths of seconds; four chunks decide."""
    template = ALL["disclosure_menu"]
    received, search = np.concatenate([GAP, template.sound]), Search(template, 0)
    noticed = next(end for end in range(0, len(received), RATE // 10) if search.advance(received[:end]) is not None)
    assert noticed - len(GAP) - template.opening[0].offset < 1.6 * RATE


@pytest.mark.parametrize("begun", [0.0, 0.3, 0.9])
def test_a_prompt_that_comes_late_is_recognised_where_silence_was_supposed(begun: float) -> None:
    """The frames of a busy machine wait in a socket: what was taken for silence becomes a prompt."""
    template = ALL["disclosure_menu"]
    heard = np.concatenate([GAP, template.sound])
    received, search = len(GAP) + int(begun * RATE), Search(template, 0)
    supposed = np.concatenate([heard[:received], np.zeros(3 * RATE, dtype=np.int16)])
    assert search.advance(supposed, received) is None
    assert search.advance(heard, len(heard)) is not None


def test_a_prompt_cut_by_a_key_is_not_heard() -> None:
    """Half a second is not enough to be sure."""
    cut = np.concatenate([GAP, ALL["main_menu"].sound[: RATE // 2], GAP, GAP, GAP, GAP])
    assert starts(ALL["main_menu"], cut) == []


def test_nothing_is_decided_before_enough_was_received() -> None:
    """With two chunks received the answer is open."""
    template = ALL["main_menu"]
    assert fits(template, template.sound[: template.opening[2].offset], 0) is None


def test_prompts_with_the_same_opening_are_told_apart_by_what_follows() -> None:
    """Two seconds alike, then not: undecided until the difference was received, then right."""
    opening, one, two = (ALL[name].sound for name in ("main_menu", "ask_pin", "no_engineer"))
    first = Template("first", np.concatenate([opening[: 2 * RATE], one]))
    second = Template("second", np.concatenate([opening[: 2 * RATE], two]))
    assert outdone(first, [second], first.sound[: 2 * RATE], 0) is None
    assert outdone(first, [second], first.sound, 0) is False
    assert outdone(first, [second], second.sound, 0) is True


def test_a_prompt_that_begins_another_is_told_apart_by_its_end() -> None:
    """The shorter one is heard only if silence follows."""
    long = ALL["disclosure_terms"]
    short = Template("short", long.sound[: 3 * RATE])
    assert outdone(short, [long], np.concatenate([short.sound, GAP, GAP, GAP]), 0) is False
    assert outdone(short, [long], long.sound, 0) is True


def test_the_same_sound_under_two_names_is_an_error() -> None:
    """Nothing could tell which of them was played."""
    twin = Template("twin", ALL["main_menu"].sound)
    with pytest.raises(AmbiguousMatch, match="main_menu and twin"):
        outdone(ALL["main_menu"], [twin], PLAYED, PLACES["main_menu"])


def test_a_voice_is_heard_from_any_point_on_and_no_other_for_it() -> None:
    """Voices are told apart though they say nothing, also through µ-law and losses."""
    numbers = [f"+155555501{number:02d}" for number in range(12)]
    loops = {number: Loop(number, voice(number)) for number in numbers}
    spoken = with_losses(through_mu_law(np.tile(voice(numbers[3]), 3)[12_345:]), 0.02)
    assert [number for number in numbers if LoopSearch([loops[number]], 0).advance(spoken) is not None] == [numbers[3]]


def test_no_voice_and_no_music_is_heard_in_prompts() -> None:
    """What the hotline says is nobody's voice."""
    loops = [Loop("ann", voice("+15555550101")), Loop("music", music(), repeats=False)]
    assert LoopSearch(loops, 0).advance(PLAYED[: 60 * RATE]) is None


def test_music_is_heard_from_its_middle() -> None:
    """Music on hold need not start at its beginning."""
    piece = music()
    search = LoopSearch([Loop("music", piece, repeats=False)], 0)
    assert search.advance(through_mu_law(piece[54_321 : 54_321 + 2 * RATE])) == 0
