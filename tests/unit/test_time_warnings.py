"""What both sides of a talk are told of its time: the rule over whole talks, and what is done about one talk."""

from dataclasses import dataclass, field, replace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.errors import StoreUnavailable, SwitchboardDown
from ivr.meter import Meter
from ivr.model.leg import TalkLimit
from ivr.store import Store
from ivr.switchboard import Switchboard
from ivr.time_warnings import Said, TimeWarnings, due

GRACE = 30
TALK = TalkLimit(7, 1001, "PJSIP/trunk-00000001", 900, False, 0.0, frozenset())


@pytest.mark.parametrize(
    ("left", "now"),
    [
        (301, None), (300, Said.FIVE_MINUTES), (240.5, Said.FIVE_MINUTES), (240, None), (61, None), (60, Said.ONE_MINUTE),
        (0.5, Said.ONE_MINUTE), (0, Said.TIME_IS_UP), (-20, Said.TIME_IS_UP),
    ],
)  # fmt: skip
def test_what_is_due_with_so_many_seconds_left(left: float, now: Said | None) -> None:
    """Of a quarter of an hour. "Five minutes" is not said any more when four are left."""
    assert due(900, 900 - left, frozenset()) is now


@pytest.mark.parametrize(("allotted", "talked"), [(300, 0.0), (300, 5.0), (60, 0.0), (45, 0.0)])
def test_no_warning_is_as_long_as_the_whole_time(allotted: int, talked: float) -> None:
    assert due(allotted, talked, frozenset()) is None


@given(allotted=st.integers(1, 7200), step=st.integers(3, 10), before=st.integers(0, 400))
def test_each_sentence_is_said_at_the_first_look_at_which_it_is_true(allotted: int, step: int, before: int) -> None:
    """Of any talk, looked at from ``before`` its end on (another process took over), each third of a second to each second."""
    looks = [tenths / 10 for tenths in range(max(0, allotted - before) * 10, (allotted + GRACE) * 10, step)]
    told: dict[str, float] = {}
    for talked in looks:
        if (now := due(allotted, talked, frozenset(told))) is not None:
            told[now] = talked
    assert told == {
        said: first
        for said, most, least in (("five_minutes_left", 300, 240), ("one_minute_left", 60, 0), ("time_is_up", 0, -GRACE - 1))
        if allotted > most and (first := next((talked for talked in looks if least < allotted - talked <= most), None)) is not None
    }


@dataclass
class Partners:
    """The records, Asterisk and the meter of one talk."""

    talk: TalkLimit = TALK
    talked: float = 0.0
    more: int = 0
    connected: bool = True
    key_runs: bool = False
    asked: int = 0
    limits_set: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def running(self) -> dict[int, float]:
        return {self.talk.talk_id: self.talked - self.talk.before}

    def limits(self, talk_ids: list[int]) -> list[TalkLimit]:
        assert talk_ids == [self.talk.talk_id]
        self.asked += 1
        return [self.talk]

    def claim_warning(self, incident_id: int, prompt: str) -> bool:
        if prompt in self.taken:
            return False
        self.taken.add(prompt)
        self.talk = replace(self.talk, said=frozenset(self.taken))
        return True

    def extend_reservation(self, incident_id: int, known: int) -> int:
        more, self.more = self.more, 0
        self.talk = replace(self.talk, allotted=(self.talk.allotted or 0) + more)
        return more

    def limit(self, channel: str, seconds: float) -> bool:
        if self.key_runs:
            return False
        self.limits_set.append(seconds)
        return True

    def announce(self, channel: str, prompt: str) -> None:
        assert channel == TALK.channel
        self.said.append(prompt)


def watching(partners: Partners) -> TimeWarnings:
    return TimeWarnings(cast(Store, partners), cast(Switchboard, partners), cast(Meter, partners), grace=GRACE)


def test_a_whole_talk() -> None:
    """The limit is set once, with the grace; each sentence is said once."""
    partners = Partners()
    watch = watching(partners)
    for partners.talked in range(930):
        watch.look()
    assert partners.said == ["five_minutes_left", "one_minute_left", "time_is_up"]
    assert partners.limits_set == [930]


def test_what_earlier_talks_of_the_incident_used_counts() -> None:
    partners = Partners(talk=replace(TALK, before=500.0), talked=610.0)
    watching(partners).look()
    assert (partners.said, partners.limits_set) == (["five_minutes_left"], [320])


def test_two_processes_say_it_once() -> None:
    """Both have read that it was not said; the records let one of them say it."""
    partners = Partners(talked=850.0)
    partners.taken.add("one_minute_left")
    watching(partners).look()
    assert partners.said == []


def test_a_process_that_takes_over_says_only_what_is_still_true() -> None:
    partners = Partners(talked=700.0)
    watching(partners).look()
    assert (partners.said, partners.limits_set) == ([], [230])


def test_an_agreement_with_more_time_gives_it_instead_of_a_warning() -> None:
    """And warns before the new end, when there is no more."""
    partners = Partners(talk=replace(TALK, covered=True), more=600)
    watch = watching(partners)
    for partners.talked in range(1530):
        watch.look()
    assert partners.said == ["five_minutes_left", "one_minute_left", "time_is_up"]
    assert partners.limits_set == [930, 1530 - 601]


def test_an_agreement_is_asked_before_time_is_up_too() -> None:
    """What it had left was too short for a warning; another call may have given its minutes back since."""
    partners = Partners(talk=replace(TALK, covered=True, allotted=60), talked=60.5, more=30)
    watch = watching(partners)
    watch.look()
    assert partners.said == []
    partners.talked = 90.5
    watch.look()
    assert (partners.said, partners.limits_set) == (["time_is_up"], [29.5, 29.5])


def test_a_prepaid_talk_is_never_extended() -> None:
    partners = Partners(talked=650.0, more=600)
    watching(partners).look()
    assert (partners.said, partners.more) == (["five_minutes_left"], 600)


def test_a_limit_that_did_not_take_is_set_again() -> None:
    """A key's script has put the leg's limit aside, and puts it back."""
    partners = Partners(key_runs=True)
    watch = watching(partners)
    watch.look()
    partners.key_runs, partners.talked = False, 1.0
    watch.look()
    watch.look()
    assert partners.limits_set == [929]


def test_a_limit_that_changes_in_the_records_changes_in_asterisk() -> None:
    """Raised, lowered, and lifted."""
    partners = Partners()
    watch = watching(partners)
    for allotted in (900, 1800, 60, None):
        partners.talk = replace(partners.talk, allotted=allotted)
        watch.look()
    assert partners.limits_set == [930, 1830, 90, 86400]


def test_a_talk_without_a_limit_is_left_alone() -> None:
    partners = Partners(talk=replace(TALK, allotted=None), talked=5000.0)
    watching(partners).look()
    assert (partners.said, partners.limits_set) == ([], [])


def test_the_records_are_asked_rarely_about_talks_without_a_limit() -> None:
    """At once about a new one, and each second about one that has a limit; one that gets a limit has it within five seconds."""
    partners = Partners(talk=replace(TALK, allotted=None))
    watch = watching(partners)
    for _ in range(11):
        watch.look()
    assert partners.asked == 3
    partners.talk = replace(partners.talk, talk_id=partners.talk.talk_id + 1)
    watch.look()
    assert partners.asked == 4
    partners.talk = replace(partners.talk, allotted=900)
    for _ in range(5):
        watch.look()
    assert partners.limits_set == [930]
    asked = partners.asked
    for _ in range(5):
        watch.look()
    assert partners.asked == asked + 5


def test_nothing_is_claimed_while_asterisk_is_away() -> None:
    """A claimed sentence that nobody can say would be said by nobody."""
    partners = Partners(talked=880.0, connected=False)
    watching(partners).look()
    assert partners.taken == set()


@pytest.mark.parametrize("error", [StoreUnavailable("away"), SwitchboardDown("away")])
def test_an_outage_does_not_end_the_thread(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks again each second, and says what is due when both are back."""
    monkeypatch.setattr("ivr.time_warnings.LOOK_SECONDS", 0.001)
    partners = Partners(talked=880.0)
    failing = 5
    read = partners.limits

    def limits(talk_ids: list[int]) -> list[TalkLimit]:
        nonlocal failing
        failing -= 1
        if failing >= 0:
            raise error
        if partners.said:
            watch._stopping.set()
        return read(talk_ids)

    monkeypatch.setattr(partners, "limits", limits)
    watch = watching(partners)
    watch.start()
    watch._thread.join(5)
    assert partners.said == ["one_minute_left"]
