"""The order in which phones are rung, for any ladder."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.ladder import Step, steps
from ivr.model.offer import FailsafePhone, Offer, Rung
from ivr.model.rota import Level

PHONES = [f"+1555555010{digit}" for digit in range(6)]
rungs = st.builds(Rung, engineer_id=st.integers(1, 4), name=st.just("x"), phone=st.sampled_from(PHONES))
levels = st.builds(
    Level,
    number=st.integers(1, 9),
    rungs=st.lists(rungs, max_size=6).map(tuple),
    together=st.booleans(),
    ring_seconds=st.none() | st.integers(5, 60),
)
ladders = st.lists(levels, max_size=4)
ANN, BEN, CLEO = (Rung(number, name, phone) for number, name, phone in zip((1, 2, 3), ("Ann", "Ben", "Cleo"), PHONES, strict=False))


def offer(engineer_id: int | None, phone: str) -> Offer:
    return Offer(7, 1001, engineer_id, "Ann", phone, "ess-offer-7", None, None)


def phones(found: list[Step]) -> list[str]:
    return [phone.phone for step in found for phone in step.phones]


@given(ladder=ladders, rounds=st.integers(1, 3))
def test_on_each_level_every_phone_rings_once_in_order(ladder: list[Level], rounds: int) -> None:
    once = [phone for level in ladder for phone in dict.fromkeys(rung.phone for rung in level.rungs)]
    assert phones(list(steps(ladder, rounds))) == once * rounds


@given(ladder=ladders)
def test_who_is_left_out_is_named_once_and_nobody_else_is(ladder: list[Level]) -> None:
    found = list(steps(ladder, 1))
    rung = [phone for step in found for phone in step.phones]
    left_out = [phone for step in found for phone in step.repeated]
    assert len(rung) + len(left_out) == sum(len(level.rungs) for level in ladder)


@given(ladder=ladders)
def test_a_level_rings_all_at_once_or_one_after_another_for_its_own_time(ladder: list[Level]) -> None:
    for level in ladder:
        found = list(steps([level], 1))
        assert all(step.seconds == level.ring_seconds for step in found)
        assert len(found) == (min(1, len(level.rungs)) if level.together else len({rung.phone for rung in level.rungs}))


@given(ladder=ladders, rounds=st.integers(1, 3))
def test_everybody_on_a_level_is_paged_as_it_begins(ladder: list[Level], rounds: int) -> None:
    paged = [sorted(step.paged) for step in steps(ladder, rounds) if step.paged]
    assert paged == [sorted({rung.engineer_id for rung in level.rungs}) for level in ladder if level.rungs] * rounds


@given(ladder=ladders, failsafe=st.lists(st.sampled_from(PHONES), unique=True, max_size=3))
def test_the_failsafe_phones_come_last_one_after_another(ladder: list[Level], failsafe: list[str]) -> None:
    found = list(steps(ladder, 1, failsafe))
    backup = [step.phones for step in found if isinstance(step.phones[0], FailsafePhone)]
    assert [number for (phone,) in backup for number in [phone.phone]] == failsafe
    assert found[len(found) - len(backup) :] == [Step(each) for each in backup]


@given(ladder=ladders, rounds=st.integers(1, 3))
def test_who_was_lost_is_called_first_on_the_phone_that_was_used(ladder: list[Level], rounds: int) -> None:
    found = list(steps(ladder, rounds, lost=offer(1, "+15555550199")))
    others = dict.fromkeys(rung.phone for level in ladder for rung in level.rungs if rung.engineer_id == 1)
    assert phones(found[: 1 + len(others)]) == ["+15555550199", *others]
    assert found[1 + len(others) :] == list(steps(ladder, rounds))


def test_the_holder_of_a_failsafe_phone_who_was_lost_is_called_first() -> None:
    found = list(steps([Level(1, (ANN,), together=False, ring_seconds=None)], 1, PHONES[4:5], lost=offer(None, PHONES[4])))
    assert phones(found) == [PHONES[4], PHONES[0], PHONES[4]]
    assert found[0].phones == (FailsafePhone("Ann", PHONES[4]),)


def test_an_empty_ladder_leaves_the_failsafe_phones() -> None:
    assert phones(list(steps([], 2, PHONES[:2]))) == PHONES[:2]


def test_phones_that_are_never_dialled_are_left_out_and_the_others_keep_their_names(caplog: pytest.LogCaptureFixture) -> None:
    """A premium number, a country that is not allowed; also of who was lost. An error in the log says why."""
    found = list(steps([], 1, ["+19005550100", PHONES[0], "+882161234567"], offer(1, "+19765550100"), prefixes=("+1",)))
    assert found == [Step((FailsafePhone("failsafe phone 2", PHONES[0]),))]
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 3
