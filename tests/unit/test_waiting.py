"""What a caller hears while phones ring, when, and the key that leaves a message instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ivr import spoken, waiting
from ivr.config import Settings
from ivr.connect import Wanted
from ivr.ladder import Step
from ivr.model.offer import Offer, OfferEnd
from ivr.waiting import Companion
from tests.unit.scripted import ANN, BEN, MemoryRecords, ScriptedPhone, hotline
from tests.unit.scripted.hotline import connect
from tests.unit.scripted.offers import ends


def test_what_a_waiting_caller_hears_first(records: MemoryRecords) -> None:
    line, phone = hotline(records, ticks=30), ScriptedPhone()
    connect(line, phone)
    assert phone.heard[:8] == ["connecting", "incident_number", *spoken.digits("1001"), "wait_menu", "music"]


@pytest.mark.parametrize("prompt", ["connecting", "incident_number", "wait_menu"])
def test_nine_in_any_prompt_is_a_message_and_nobody_rings_any_more(records: MemoryRecords, prompt: str) -> None:
    line = hotline(records, OfferEnd.NO_ANSWER, ticks=50)
    assert connect(line, ScriptedPhone({prompt: ["9"]})) is Wanted.MESSAGE
    assert ends(records) == [("Ann", OfferEnd.MESSAGE)]
    assert line.switchboard.released == [("ess-offer-1", False)]


def test_nine_in_the_music_is_a_message_and_other_keys_are_nothing(records: MemoryRecords) -> None:
    line, phone = hotline(records, OfferEnd.NO_ANSWER, ticks=50), ScriptedPhone()
    keys = iter("1#*")
    phone.on_tick = lambda: phone._typed.append(next(keys, "9"))
    assert connect(line, phone) is Wanted.MESSAGE
    assert phone.heard[-2:] == ["music", "no music"]


def test_nine_a_moment_after_the_accept_is_too_late(records: MemoryRecords) -> None:
    """An engineer is better than a message: the records decide."""
    line, phone = hotline(records, OfferEnd.NO_ANSWER, ticks=50), ScriptedPhone({"wait_menu": ["9"]})
    phone.on_play = {"wait_menu": lambda: records.accept(1, "PJSIP/ann")}
    found = connect(line, phone)
    assert isinstance(found, Offer)
    assert line.switchboard.released == []


class Clock:
    """Seconds that pass only while something is played or waited for."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class TimedPhone(ScriptedPhone):
    """Each sound takes ``seconds``; notes when music began and ended."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        super().__init__()
        self.clock, self.seconds, self.words = clock, seconds, list[tuple[float, float]]()

    def play_until_key(self, *sounds: str, keys: str = "0123456789*#") -> str:
        self.words.append((self.clock.now, self.clock.now + self.seconds * len(sounds)))
        self.clock.now += self.seconds * len(sounds)
        return super().play_until_key(*sounds, keys=keys)

    def key(self, seconds: float) -> str:
        self.clock.now += seconds
        return ""


@given(
    progress=st.floats(1, 18), seconds=st.floats(0.3, 8), listening=st.lists(st.booleans(), min_size=1, max_size=40), late=st.floats(0, 1.5)
)
def test_a_waiting_caller_is_never_twenty_seconds_without_a_word(
    progress: float, seconds: float, listening: list[bool], late: float
) -> None:
    """Whatever the prompts last, whoever listens to a whisper, however slow a look at the records is (its deadline is 1.5 s)."""
    clock = Clock()
    phone = TimedPhone(clock, seconds)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "monotonic", clock)
        companion = Companion(phone, progress)
        companion.tell("connecting")
        for turn in range(600):
            companion.turn(listening=listening[turn // 10 % len(listening)])
            clock.now += late if turn % 50 == 0 else 0.0
    gaps = [later[0] - before[1] for before, later in zip(phone.words, phone.words[1:], strict=False)]
    assert max(gaps) < 20
    assert phone.heard.count("wait_menu") >= 1


def test_the_setting_can_not_break_that_promise() -> None:
    needed = {"database_url": "postgresql://nobody@127.0.0.1/none", "pin_pepper": "p", "ami_secret": "s"}
    assert Settings.model_validate(needed | {"progress_seconds": 18}).progress_seconds == 18
    with pytest.raises(ValidationError, match="progress_seconds"):
        Settings.model_validate(needed | {"progress_seconds": 18.5})


def test_nobody_talks_into_a_whisper_before_it_is_needed() -> None:
    """An accept during a prompt has to wait for its end."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "monotonic", clock)
        companion, phone = (lambda phone: (Companion(phone, 6.0), phone))(TimedPhone(clock, 2.0))
        while clock.now < 16:
            companion.turn(listening=True)
        assert "still_trying" not in phone.heard
        companion.turn(listening=False)
        assert phone.heard[-1] == "still_trying"


def test_the_next_phone_is_told_of_when_it_rings_and_not_when_it_is_busy() -> None:
    """One that is busy at once is passed without a word, which would only hold up the next."""
    clock = Clock()
    step = Step((ANN,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "monotonic", clock)
        phone = TimedPhone(clock, 2.0)
        companion = Companion(phone, 15.0)
        companion.begins(step)
        companion.tell("connecting")
        while clock.now < 8:
            companion.turn(listening=False)
        assert phone.heard == ["connecting", "music"]
        for _ in range(3):  # busy, one after another
            companion.begins(step)
            companion.turn(listening=False)
        assert phone.heard == ["connecting", "music"]
        for _ in range(2):
            companion.begins(step)
            until = clock.now + 1.3
            while clock.now < until:
                companion.turn(listening=False)
        assert phone.heard == ["connecting", "music", "no music", "still_trying", "music"]


@pytest.mark.parametrize(("listening", "longest"), [(False, 0.5), (True, 0.15)])
def test_phones_that_only_ring_are_looked_at_less_often(listening: bool, longest: float) -> None:
    """An accept comes from somebody who listens."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "monotonic", clock)
        companion = Companion(TimedPhone(clock, 1.0), 15.0)
        for _ in range(6):
            before = clock.now
            companion.turn(listening=listening)
            assert clock.now - before == pytest.approx(longest)


@pytest.mark.parametrize("progress", [7.3, 15.0])
def test_a_word_comes_when_it_is_due_and_not_a_tick_later(progress: float) -> None:
    """When the next phone rings, and after so much music."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "monotonic", clock)
        phone = TimedPhone(clock, 1.0)
        companion = Companion(phone, progress)
        companion.begins(Step((ANN,)))
        while not phone.words:
            companion.turn(listening=False)
        assert progress <= phone.words[-1][0] < progress + 0.2
        while clock.now < progress + 6:
            companion.turn(listening=False)
        said, began = len(phone.words), clock.now
        companion.begins(Step((BEN,)))
        while len(phone.words) == said:
            companion.turn(listening=False)
        assert 0.6 <= phone.words[-1][0] - began < 0.8


def test_who_waits_long_is_told_of_the_message_again_however_quickly_phones_change() -> None:
    """Phones that ring for six seconds each leave no pause of fifteen, after which it would be said in any case."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "monotonic", clock)
        phone = TimedPhone(clock, 1.0)
        companion = Companion(phone, 15.0)
        while clock.now < 80:
            companion.begins(Step((ANN,)))
            until = clock.now + 6
            while clock.now < until:
                companion.turn(listening=False)
        assert phone.heard.count("wait_menu") == 2
        assert phone.heard.count("still_trying") > 8
