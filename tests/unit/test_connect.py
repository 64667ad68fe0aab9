"""Ringing and waiting, against a scripted phone and switchboard: who is rung, who is let go, what the caller hears meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ivr import spoken, waiting
from ivr.config import Settings
from ivr.connect import Wanted, connect
from ivr.errors import CallerGone, IllegalChange, StoreUnavailable, SwitchboardDown
from ivr.ladder import Step
from ivr.model import IncidentStatus, Occasion, Offer, OfferEnd, Rung
from ivr.rota import Level
from ivr.waiting import Company
from tests.unit.scripted import HANG_UP, MemoryRecords, ScriptedPhone, ScriptedSwitchboard

ANN, BEN, CLEO = Rung(1, "Ann", "+15555550101"), Rung(2, "Ben", "+15555550102"), Rung(3, "Cleo", "+15555550103")
BACKUP = "+15555550191"


@pytest.fixture
def records() -> MemoryRecords:
    return MemoryRecords(rungs=[ANN, BEN])


def line(records: MemoryRecords, *outcomes: OfferEnd, failsafe: tuple[str, ...] = (), ticks: int = 2) -> Any:
    settings = SimpleNamespace(
        ring_seconds=25,
        progress_seconds=15.0,
        ladder_rounds=1,
        did="+18552528788",
        failsafe_phones=failsafe,
        dial_prefixes=("+1",),
        country="US",
        resume_seconds=900,
    )
    switchboard = ScriptedSwitchboard(records, list(outcomes) or [OfferEnd.ACCEPTED], ticks)
    return SimpleNamespace(settings=settings, store=records, switchboard=switchboard)


def together(records: MemoryRecords, *rungs: Rung) -> None:
    records.ladder_levels = [Level(1, rungs, together=True, ring_seconds=40)]


def ends(records: MemoryRecords) -> list[tuple[str, OfferEnd | None]]:
    return [(offer.engineer_name, offer.end) for offer in records.offers]


def notes(records: MemoryRecords) -> list[tuple[str, str]]:
    return [(detail["engineer"], detail["why"]) for kind, detail in records.events if kind == "not_rung"]


def test_all_of_a_level_ring_at_once_and_the_others_are_let_go(records: MemoryRecords) -> None:
    together(records, ANN, BEN, CLEO)
    hotline = line(records, OfferEnd.NO_ANSWER, OfferEnd.ACCEPTED, OfferEnd.NO_ANSWER)
    hotline.switchboard.ticks = 3
    hotline.switchboard.slower = {"Ann": 99, "Cleo": 99}
    found = connect(hotline, ScriptedPhone(), records.current)
    assert isinstance(found, Offer)
    assert found.engineer_name == "Ben"
    assert ends(records) == [("Ann", OfferEnd.TAKEN), ("Ben", OfferEnd.ACCEPTED), ("Cleo", OfferEnd.TAKEN)]
    assert hotline.switchboard.released == [("ess-offer-1", False), ("ess-offer-3", False)]
    assert hotline.switchboard.seconds == [40] * 3


def test_everybody_on_a_level_is_paged_when_it_begins_to_ring(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also who talks and is not rung; who is behind a level that was not reached is not."""
    pages: list[tuple[object, ...]] = []
    monkeypatch.setattr("ivr.connect.notify.page", lambda store, *page: pages.append(page))
    together(records, ANN, BEN)
    records.ladder_levels = [*(records.ladder_levels or []), Level(2, (CLEO,), together=False, ring_seconds=None)]
    records.busy = {2}
    hotline = line(records, OfferEnd.NO_ANSWER, OfferEnd.NO_ANSWER)
    connect(hotline, ScriptedPhone({"connecting": ["9"]}), records.current)
    assert pages == [(1001, Occasion.RINGING, (1, 2))]
    assert hotline.switchboard.rung == ["Ann"]


def test_two_press_one_at_the_same_moment_and_one_has_the_call(records: MemoryRecords) -> None:
    together(records, ANN, BEN)
    hotline = line(records)
    hotline.switchboard.answered = True
    found = connect(hotline, ScriptedPhone(), records.current)
    assert isinstance(found, Offer)
    assert ends(records).count(("Ann", OfferEnd.ACCEPTED)) + ends(records).count(("Ben", OfferEnd.ACCEPTED)) == 1


def test_who_listens_is_told_and_who_has_said_no_is_not(records: MemoryRecords) -> None:
    """The engineer who pressed 2 a moment ago hears thanks from their own script, and must not be sent elsewhere."""
    together(records, ANN, BEN, CLEO)
    hotline = line(records)
    hotline.switchboard.answered = True
    hotline.switchboard.slower = {"Ann": 99, "Cleo": 99}
    phone = ScriptedPhone()
    phone.on_tick = lambda: (records.end_offer(1, OfferEnd.DECLINED), None)[1]
    hotline.switchboard.ticks = 9
    connect(hotline, phone, records.current)
    assert hotline.switchboard.released == [("ess-offer-3", True)]


def test_talking_engineers_and_the_same_phone_twice_are_not_rung_and_the_timeline_says_so(records: MemoryRecords) -> None:
    records.busy = {1}
    records.ladder_levels = [Level(1, (ANN, BEN, replace(CLEO, phone=BEN.phone)), together=False, ring_seconds=None)]
    hotline = line(records, OfferEnd.NO_ANSWER)
    assert connect(hotline, ScriptedPhone(), records.current) is None
    assert hotline.switchboard.rung == ["Ben"]
    assert notes(records) == [("Cleo", "same_phone"), ("Ann", "talking")]


@pytest.mark.parametrize("end", [OfferEnd.BUSY, OfferEnd.UNREACHABLE, OfferEnd.DECLINED])
def test_busy_unreachable_declined_move_on_without_a_word_in_between(records: MemoryRecords, end: OfferEnd) -> None:
    """Fault 22: three phones that can't be rung cost the caller no sentence each."""
    records.rungs = [ANN, BEN, CLEO]
    hotline = line(records, end, end, OfferEnd.ACCEPTED, ticks=1)
    phone = ScriptedPhone()
    found = connect(hotline, phone, records.current)
    assert isinstance(found, Offer)
    assert hotline.switchboard.rung == ["Ann", "Ben", "Cleo"]
    assert "still_trying" not in phone.heard


def test_nobody_on_the_ladder_leads_to_the_failsafe_phones(records: MemoryRecords) -> None:
    hotline, phone = line(records, OfferEnd.NO_ANSWER, OfferEnd.NO_ANSWER, OfferEnd.ACCEPTED, failsafe=(BACKUP,)), ScriptedPhone()
    found = connect(hotline, phone, records.current)
    assert isinstance(found, Offer)
    assert (found.engineer_id, found.phone) == (None, BACKUP)


def test_the_caller_is_told_of_the_backup_once(records: MemoryRecords) -> None:
    hotline, phone = line(records, OfferEnd.NO_ANSWER, failsafe=(BACKUP, "+15555550192"), ticks=20), ScriptedPhone()
    assert connect(hotline, phone, records.current) is None
    assert phone.heard.count("calling_backup") == 1
    assert phone.heard[-1] == "no music"


def test_what_a_waiting_caller_hears_first(records: MemoryRecords) -> None:
    hotline, phone = line(records, ticks=30), ScriptedPhone()
    connect(hotline, phone, records.current)
    assert phone.heard[:8] == ["connecting", "incident_number", *spoken.digits("1001"), "wait_menu", "music"]


@pytest.mark.parametrize("prompt", ["connecting", "incident_number", "wait_menu"])
def test_nine_in_any_prompt_is_a_message_and_nobody_rings_any_more(records: MemoryRecords, prompt: str) -> None:
    hotline = line(records, OfferEnd.NO_ANSWER, ticks=50)
    assert connect(hotline, ScriptedPhone({prompt: ["9"]}), records.current) is Wanted.MESSAGE
    assert ends(records) == [("Ann", OfferEnd.MESSAGE)]
    assert hotline.switchboard.released == [("ess-offer-1", False)]


def test_nine_in_the_music_is_a_message_and_other_keys_are_nothing(records: MemoryRecords) -> None:
    hotline, phone = line(records, OfferEnd.NO_ANSWER, ticks=50), ScriptedPhone()
    keys = iter("1#*")
    phone.on_tick = lambda: phone._typed.append(next(keys, "9"))
    assert connect(hotline, phone, records.current) is Wanted.MESSAGE
    assert phone.heard[-2:] == ["music", "no music"]


def test_nine_a_moment_after_the_accept_is_too_late(records: MemoryRecords) -> None:
    """An engineer is better than a message: the records decide."""
    hotline, phone = line(records, OfferEnd.NO_ANSWER, ticks=50), ScriptedPhone({"wait_menu": ["9"]})
    phone.on_play = {"wait_menu": lambda: records.accept(1, "PJSIP/ann")}
    found = connect(hotline, phone, records.current)
    assert isinstance(found, Offer)
    assert hotline.switchboard.released == []


@pytest.mark.parametrize("answered", [True, False])
def test_a_caller_who_leaves_stops_every_phone(records: MemoryRecords, answered: bool) -> None:
    together(records, ANN, BEN)
    hotline = line(records, OfferEnd.NO_ANSWER, ticks=50)
    hotline.switchboard.answered = answered
    with pytest.raises(CallerGone):
        connect(hotline, ScriptedPhone({"connecting": [HANG_UP]}), records.current)
    assert ends(records) == [("Ann", OfferEnd.CALLER_GONE), ("Ben", OfferEnd.CALLER_GONE)]
    assert hotline.switchboard.released == [("ess-offer-1", answered), ("ess-offer-2", answered)]


def test_an_accept_whose_event_was_lost_is_found_in_the_records(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.ringers.RECORDS_EVERY", 0.0)
    hotline, phone = line(records, OfferEnd.NO_ANSWER, ticks=10_000), ScriptedPhone()
    phone.on_tick = lambda: (records.accept(1, "PJSIP/ann"), None)[1]
    found = connect(hotline, phone, records.current)
    assert isinstance(found, Offer)
    assert found.channel == "PJSIP/ann"


def test_an_engineer_whom_another_process_rang_may_accept(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first serve was killed while a phone rang; the second one rings on, and the first one's engineer is quicker."""
    records.current = replace(records.current, status=IncidentStatus.CONNECTING)
    old = records.make_offer(1001, CLEO)
    real = records.make_offer

    def too_late(incident_id: int, rung: Any) -> Offer:
        records.accept(old.id, "PJSIP/cleo")
        if records.current.status is not IncidentStatus.CONNECTING:
            raise IllegalChange("no offer can be made")
        return real(incident_id, rung)

    monkeypatch.setattr(records, "make_offer", too_late)
    found = connect(line(records), ScriptedPhone(), records.current)
    assert isinstance(found, Offer)
    assert found.engineer_name == "Cleo"


def test_offers_that_the_records_forbid_leave_the_caller_to_the_dialplan(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "make_offer", _raising(IllegalChange("ended")))
    with pytest.raises(IllegalChange):
        connect(line(records), ScriptedPhone(), records.current)


def test_a_switchboard_that_goes_down_while_phones_ring_lets_go_of_them(records: MemoryRecords) -> None:
    """The second phone can't be rung: the first must not ring on for nobody."""
    together(records, ANN, BEN)
    hotline = line(records, OfferEnd.NO_ANSWER)
    ring = hotline.switchboard.ring
    hotline.switchboard.ring = lambda offer, *rest, **more: (
        ring(offer, *rest, **more) if offer.id == 1 else _raising(SwitchboardDown("cut"))()
    )
    with pytest.raises(SwitchboardDown):
        connect(hotline, ScriptedPhone(), records.current)
    assert ends(records) == [("Ann", OfferEnd.CALLER_GONE), ("Ben", OfferEnd.UNREACHABLE)]
    assert hotline.switchboard.released == [("ess-offer-1", False)]


def test_losers_who_can_not_be_let_go_do_not_cost_the_caller_the_engineer(records: MemoryRecords) -> None:
    together(records, ANN, BEN)
    hotline = line(records, OfferEnd.ACCEPTED, OfferEnd.NO_ANSWER)
    hotline.switchboard.slower = {"Ben": 99}
    hotline.switchboard.release = _raising(SwitchboardDown("cut"))
    assert isinstance(connect(hotline, ScriptedPhone(), records.current), Offer)


def test_who_had_the_incident_is_called_first_and_the_number_is_not_said_again(records: MemoryRecords) -> None:
    records.current = replace(records.current, status=IncidentStatus.CONNECTING)
    records.accept(records.make_offer(1001, BEN).id, "PJSIP/ben")
    records.engineer_lost(1001)
    hotline, phone = line(records, OfferEnd.NO_ANSWER, ticks=30), ScriptedPhone()
    connect(hotline, phone, records.current)
    assert hotline.switchboard.rung == ["Ben", "Ann", "Ben"]
    assert "incident_number" not in phone.heard
    assert phone.heard[:2] == ["connecting", "wait_menu"]


def test_records_that_go_down_leave_the_caller_to_the_dialplan(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.ringers.RECORDS_EVERY", 0.0)
    hotline, phone = line(records, OfferEnd.NO_ANSWER, ticks=10_000), ScriptedPhone()

    def cut() -> None:
        records.down = True

    phone.on_tick = cut
    with pytest.raises(StoreUnavailable):
        connect(hotline, phone, records.current)
    assert hotline.switchboard.released  # also without the records: nobody's phone rings for nobody


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
        company = Company(phone, progress)
        company.tell("connecting")
        for turn in range(600):
            company.turn(listening=listening[turn // 10 % len(listening)])
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
        company, phone = (lambda phone: (Company(phone, 6.0), phone))(TimedPhone(clock, 2.0))
        while clock.now < 16:
            company.turn(listening=True)
        assert "still_trying" not in phone.heard
        company.turn(listening=False)
        assert phone.heard[-1] == "still_trying"


def test_the_next_phone_is_told_of_when_it_rings_and_not_when_it_is_busy() -> None:
    """One that is busy at once is passed without a word, which would only hold up the next."""
    clock = Clock()
    step = Step((ANN,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "monotonic", clock)
        phone = TimedPhone(clock, 2.0)
        company = Company(phone, 15.0)
        company.begins(step)
        company.tell("connecting")
        while clock.now < 8:
            company.turn(listening=False)
        assert phone.heard == ["connecting", "music"]
        for _ in range(3):  # busy, one after another
            company.begins(step)
            company.turn(listening=False)
        assert phone.heard == ["connecting", "music"]
        company.begins(step)
        for _ in range(9):
            company.turn(listening=False)
        company.begins(step)
        for _ in range(9):
            company.turn(listening=False)
        assert phone.heard == ["connecting", "music", "no music", "still_trying", "music"]


def test_who_waits_long_is_told_of_the_message_again_however_quickly_phones_change() -> None:
    """Phones that ring for six seconds each leave no pause of fifteen, after which it would be said in any case."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "monotonic", clock)
        phone = TimedPhone(clock, 1.0)
        company = Company(phone, 15.0)
        while clock.now < 80:
            company.begins(Step((ANN,)))
            until = clock.now + 6
            while clock.now < until:
                company.turn(listening=False)
        assert phone.heard.count("wait_menu") == 2
        assert phone.heard.count("still_trying") > 8


def _raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


def test_who_listens_for_long_may_still_accept_while_the_next_one_rings(records: MemoryRecords) -> None:
    """The ladder goes on; nobody has taken the call until somebody presses 1."""
    hotline = line(records, OfferEnd.ACCEPTED, OfferEnd.NO_ANSWER)
    hotline.switchboard.slow, hotline.switchboard.slower = {"Ann"}, {"Ann": 3, "Ben": 99}
    found = connect(hotline, ScriptedPhone(), records.current)
    assert hotline.switchboard.rung == ["Ann", "Ben"]
    assert isinstance(found, Offer)
    assert found.engineer_name == "Ann"
    assert ends(records) == [("Ann", OfferEnd.ACCEPTED), ("Ben", OfferEnd.TAKEN)]


def test_who_listens_for_long_is_told_when_the_next_one_accepts(records: MemoryRecords) -> None:
    hotline = line(records, OfferEnd.NOT_ACCEPTED, OfferEnd.ACCEPTED)
    hotline.switchboard.slow, hotline.switchboard.slower = {"Ann"}, {"Ann": 99}
    connect(hotline, ScriptedPhone(), records.current)
    assert ends(records) == [("Ann", OfferEnd.TAKEN), ("Ben", OfferEnd.ACCEPTED)]
    assert hotline.switchboard.released == [("ess-offer-1", True)]


def test_who_is_talking_is_passed_before_the_caller_hears_a_word(records: MemoryRecords) -> None:
    """Or the next phone would ring two seconds later, after "connecting"."""
    records.busy = {1}
    hotline, phone = line(records, OfferEnd.ACCEPTED), ScriptedPhone()
    heard_before: list[list[str]] = []
    ring = hotline.switchboard.ring

    def listened(*arguments: Any, **named: Any) -> Any:
        heard_before.append(list(phone.heard))
        return ring(*arguments, **named)

    hotline.switchboard.ring = listened
    connect(hotline, phone, records.current)
    assert hotline.switchboard.rung == ["Ben"]
    assert heard_before == [[]]
    assert notes(records) == [("Ann", "talking")]


@pytest.mark.parametrize("rounds", [1, 2])
def test_who_listens_for_long_is_waited_for_when_there_is_nobody_else(records: MemoryRecords, rounds: int) -> None:
    """And is not rung once more while they listen."""
    records.rungs = [ANN]
    hotline = line(records, OfferEnd.ACCEPTED)
    hotline.settings.ladder_rounds = rounds
    hotline.switchboard.slow, hotline.switchboard.slower = {"Ann"}, {"Ann": 9}
    assert isinstance(connect(hotline, ScriptedPhone(), records.current), Offer)
    assert hotline.switchboard.rung == ["Ann"]


def test_who_listens_for_long_is_rung_again_only_after_that(records: MemoryRecords) -> None:
    """A level of several: the others ring, the phone that is still listening does not."""
    records.ladder_levels = [
        Level(1, (ANN,), together=False, ring_seconds=None), Level(2, (ANN, BEN), together=True, ring_seconds=None)
    ]  # fmt: skip
    hotline = line(records, OfferEnd.NOT_ACCEPTED, OfferEnd.ACCEPTED)
    hotline.switchboard.slow, hotline.switchboard.slower = {"Ann"}, {"Ann": 99}
    connect(hotline, ScriptedPhone(), records.current)
    assert hotline.switchboard.rung == ["Ann", "Ben"]
