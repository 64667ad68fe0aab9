"""Who is on call: a year against an independent calculation, and what is true of every rota."""

import calendar
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.model.rota import Engineer, Gap, HandOver, Layer, LevelRule, Override, Rota
from ivr.oncall import gaps, in_turn, levels, next_hand_over, nobody_on_call, on_duty, turn

NEW_YORK, BERLIN, LORD_HOWE = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")
ENGINEERS = tuple(Engineer(number, f"E{number}", number, True, (f"+1202555010{number}",)) for number in range(1, 5))
FIRST = date(2025, 12, 15)
HOURS = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(8760)]


def layer(**changes: object) -> Layer:
    made = Layer(1, 1, "primary", NEW_YORK, HandOver.DAILY, None, time(9), FIRST, None, (1, 2, 3))
    return replace(made, **changes)  # type: ignore[arg-type]


@cache
def hand_overs(zone: ZoneInfo, at: time) -> dict[date, datetime]:
    """Every day's hand-over, found by looking at a clock in that zone each quarter of an hour: the first time that it shows ``at``.

    On a day on which it never does, a day after the one before.
    """
    found: dict[date, datetime] = {}
    days: dict[date, None] = {}
    moment = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) - timedelta(days=2)
    while moment < HOURS[-1] + timedelta(days=1):
        clock = moment.astimezone(zone)
        days[clock.date()] = None
        if clock.time() == at:
            found.setdefault(clock.date(), moment)
        moment += timedelta(minutes=15)
    for before, day in zip(list(days)[1:], list(days)[2:], strict=False):
        if day not in found and before in found:
            found[day] = found[before] + timedelta(hours=24)
    return found


def walked(one: Layer) -> Iterator[int]:
    """The engineer of each hour of the year: the next one's turn begins with each hand-over after the layer's first."""
    wanted = [
        day for day in sorted(hand_overs(one.zone, one.at)) if one.weekday in (None, calendar.weekday(day.year, day.month, day.day) + 1)
    ]
    when = hand_overs(one.zone, one.at)
    later = [when[day] for day in wanted if day > one.valid_from]
    taken = 0
    for hour in HOURS:
        while taken < len(later) and later[taken] <= hour:
            taken += 1
        yield one.members[taken % len(one.members)]


@pytest.mark.parametrize("zone", [NEW_YORK, BERLIN, LORD_HOWE], ids=str)
@pytest.mark.parametrize("at", [time(9), time(0), time(1, 30), time(2, 15), time(2, 30)], ids=str)
@pytest.mark.parametrize("weekday", [None, 1, 7], ids=["daily", "Monday", "Sunday"])
def test_a_year_hour_by_hour(zone: ZoneInfo, at: time, weekday: int | None) -> None:
    """Two changes of the clocks, on Sundays, also at the very time of the hand-over: the same as counted by hand."""
    one = layer(zone=zone, at=at, weekday=weekday, hand_over=HandOver.WEEKLY if weekday else HandOver.DAILY)
    rota = Rota(ENGINEERS, layers=(one,))
    expected = list(walked(one))
    assert [on_duty(rota, 1, hour)[0].id for hour in HOURS] == expected
    assert set(expected) == {1, 2, 3}


@pytest.mark.parametrize(
    ("at", "day", "before"),
    [
        (time(9), date(2026, 3, 8), "2026-03-08T12:59:59Z"),  # 23 hours after the one before
        (time(2, 30), date(2026, 3, 8), "2026-03-08T07:29:59Z"),  # skipped: at 03:30 EDT
        (time(9), date(2026, 11, 1), "2026-11-01T13:59:59Z"),  # 25 hours
        (time(1, 30), date(2026, 11, 1), "2026-11-01T05:29:59Z"),  # comes twice: the first
    ],
)
def test_a_change_of_the_clocks_moves_no_turn(at: time, day: date, before: str) -> None:
    """In New York, to the second; it changes hands once that day."""
    one, last = layer(at=at), datetime.fromisoformat(before)
    number = (day - FIRST).days
    assert turn(one, last) == number - 1
    assert turn(one, last + timedelta(seconds=1)) == turn(one, last + timedelta(hours=3)) == number
    assert next_hand_over(one, last) == last + timedelta(seconds=1)


def test_the_first_turn_begins_with_the_first_day() -> None:
    """Before its first hand-over too; a week that has begun is the first engineer's until the weekday comes."""
    midnight = datetime(2026, 6, 3, tzinfo=NEW_YORK)  # a Wednesday
    daily = layer(valid_from=midnight.date())
    assert turn(daily, midnight - timedelta(seconds=1)) is None
    assert turn(daily, midnight) == turn(daily, midnight + timedelta(hours=32)) == 0
    assert turn(daily, midnight + timedelta(hours=33)) == 1
    weekly = replace(daily, hand_over=HandOver.WEEKLY, weekday=1)
    assert turn(weekly, midnight) == turn(weekly, datetime(2026, 6, 8, 8, 59, tzinfo=NEW_YORK)) == 0
    assert turn(weekly, datetime(2026, 6, 8, 9, tzinfo=NEW_YORK)) == 1


def test_a_day_that_a_zone_left_out_is_nobodys_turn() -> None:
    """Apia had no 30 December 2011: one hand-over, and the turns go on by the calendar."""
    one = layer(zone=ZoneInfo("Pacific/Apia"), valid_from=date(2011, 12, 29))
    assert turn(one, datetime(2011, 12, 30, 18, 59, tzinfo=UTC)) == 0
    assert turn(one, datetime(2011, 12, 30, 19, tzinfo=UTC)) == 2


def test_without_any_layer_every_active_engineer_is_a_level() -> None:
    """By position, whatever the order of the rows; the rules of a level count here too."""
    left = replace(ENGINEERS[0], id=9, active=False)
    mute = replace(ENGINEERS[0], id=8, phones=())
    rota = Rota((*reversed(ENGINEERS), left, mute), levels=(LevelRule(2, together=True, ring_seconds=40),))
    found = levels(rota, HOURS[0])
    assert [(level.number, [rung.engineer_id for rung in level.rungs]) for level in found] == [(n, [n]) for n in range(1, 5)]
    assert [(level.together, level.ring_seconds) for level in found] == [(False, None), (True, 40), (False, None), (False, None)]


def test_nobody_on_call_still_rings_everybody() -> None:
    """The gap is found, and a caller in it reaches a human all the same."""
    rota = Rota(ENGINEERS, layers=(layer(valid_until=date(2026, 1, 2)),))
    after = datetime(2026, 1, 3, tzinfo=UTC)
    assert nobody_on_call(rota, after)
    assert [level.rungs[0].engineer_id for level in levels(rota, after)] == [1, 2, 3, 4]
    assert not nobody_on_call(rota, HOURS[0])
    assert gaps(rota, HOURS[0], after) == [Gap(1, datetime(2026, 1, 2, 5, tzinfo=UTC), after)]


def test_who_cannot_be_rung_is_stood_in_for_by_the_next() -> None:
    """Left, or without a phone: the other turns stay where they are."""
    rota = Rota((ENGINEERS[0], replace(ENGINEERS[1], active=False), replace(ENGINEERS[2], phones=())), layers=(layer(),))
    assert {on_duty(rota, 1, hour)[0].id for hour in HOURS[:100]} == {1}
    rota = Rota((ENGINEERS[0], replace(ENGINEERS[1], active=False), ENGINEERS[2]), layers=(layer(),))
    whole = Rota(ENGINEERS, layers=(layer(),))
    for hour in HOURS[:200]:
        planned = on_duty(whole, 1, hour)[0].id
        assert on_duty(rota, 1, hour)[0].id == (3 if planned == 2 else planned)


def test_an_ended_level_has_no_gaps_and_is_rung_all_the_same() -> None:
    """Whoever still stands on it is rung: an oversight must not silence anybody."""
    rota = Rota(ENGINEERS, (LevelRule(2, ended=True), LevelRule(1)), (layer(), layer(id=2, level=2, valid_until=date(2026, 1, 2))))
    assert gaps(rota, HOURS[0], HOURS[100]) == []
    assert [level.number for level in levels(rota, HOURS[0])] == [1, 2]
    assert gaps(replace(rota, levels=()), HOURS[0], HOURS[100])[0].level == 2


def test_no_rota_and_no_engineer_is_one_gap() -> None:
    assert gaps(Rota(()), HOURS[0], HOURS[1]) == [Gap(None, HOURS[0], HOURS[1])]
    assert gaps(Rota(ENGINEERS), HOURS[0], HOURS[1]) == []
    assert levels(Rota(()), HOURS[0]) == []


days = st.dates(date(2026, 1, 1), date(2026, 4, 30))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 4, 30), timezones=st.just(UTC))
staff = st.lists(
    st.builds(Engineer, id=st.integers(1, 4), name=st.just("x"), position=st.integers(0, 3), active=st.booleans(),
              phones=st.sampled_from([(), ("+12025550101",), ("+12025550102", "+12025550103")])),
    max_size=4, unique_by=lambda engineer: engineer.id,
).map(tuple)  # fmt: skip


@st.composite
def layers_of(draw: st.DrawFn, number: int) -> Layer:
    weekday = draw(st.none() | st.integers(1, 7))
    begin = draw(days)
    end = draw(st.none() | days.filter(lambda day: day >= begin))
    return Layer(
        number, draw(st.integers(1, 3)), f"layer {number}", draw(st.sampled_from([NEW_YORK, BERLIN, LORD_HOWE])),
        HandOver.WEEKLY if weekday else HandOver.DAILY, weekday, draw(st.times().map(lambda at: at.replace(second=0, microsecond=0))),
        begin, end, tuple(draw(st.lists(st.integers(1, 4), max_size=4))),
    )  # fmt: skip


@st.composite
def overrides_of(draw: st.DrawFn, number: int) -> Override:
    since, until = sorted(draw(st.lists(moments, min_size=2, max_size=2, unique=True)))
    return Override(number, draw(st.integers(1, 3)), draw(st.integers(1, 4)), since, until, "x")


@st.composite
def rotas(draw: st.DrawFn) -> Rota:
    made = [draw(layers_of(number)) for number in range(draw(st.integers(0, 4)))]
    over = [draw(overrides_of(number)) for number in range(draw(st.integers(0, 3)))]
    return Rota(draw(staff), (), tuple(made), tuple(over))


def able(rota: Rota) -> set[int]:
    return {engineer.id for engineer in rota.engineers if engineer.can_be_rung}


@given(rota=rotas(), at=moments)
def test_a_layer_in_force_has_exactly_one(rota: Rota, at: datetime) -> None:
    """Unless none of its members can be rung; never one who isn't a member."""
    for one in rota.layers:
        local = at.astimezone(one.zone).date()
        in_force = one.valid_from <= local and (one.valid_until is None or local < one.valid_until)
        engineer = in_turn(rota, one, at)
        assert (engineer is not None) == (in_force and bool(able(rota) & set(one.members)))
        assert engineer is None or (engineer.id in one.members and engineer.can_be_rung)


@given(rota=rotas(), at=moments)
def test_an_override_wins(rota: Rota, at: datetime) -> None:
    """All that run, and nobody else; one whose engineer can't be rung changes nothing."""
    for number in range(1, 4):
        running = {one.engineer_id for one in rota.overrides if one.level == number and one.since <= at < one.until} & able(rota)
        found = {engineer.id for engineer in on_duty(rota, number, at)}
        without = {engineer.id for engineer in on_duty(replace(rota, overrides=()), number, at)}
        assert found == (running or without)


def test_several_layers_of_a_level_are_rung_in_the_order_of_their_making() -> None:
    """Each engineer once, with all phones; the same when the rows come the other way round."""
    first, second, third, again = (layer(id=number, members=(one,)) for number, one in enumerate((3, 1, 2, 3)))
    for layers in ((first, second, third, again), (again, third, second, first)):
        [level] = levels(Rota(ENGINEERS, layers=layers), HOURS[0])
        assert [rung.engineer_id for rung in level.rungs] == [3, 1, 2]


@given(rota=rotas(), at=moments, random=st.randoms())
def test_the_order_of_rows_means_nothing(rota: Rota, at: datetime, random: st.DataObject) -> None:
    def mixed(rows: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(random.sample(rows, len(rows)))  # type: ignore[attr-defined]

    other = Rota(mixed(rota.engineers), mixed(rota.levels), mixed(rota.layers), mixed(rota.overrides))  # type: ignore[arg-type]
    assert levels(other, at) == levels(rota, at)
    assert gaps(other, HOURS[0], HOURS[2000]) == gaps(rota, HOURS[0], HOURS[2000])


@settings(max_examples=200)
@given(rota=rotas(), at=moments, span=st.lists(moments, min_size=2, max_size=2, unique=True))
def test_a_moment_is_in_a_gap_if_and_only_if_nobody_is_on_duty(rota: Rota, at: datetime, span: list[datetime]) -> None:
    """At any moment, and at the edges of each gap to the microsecond; what touches is one gap."""
    since, until = sorted(span)
    found = gaps(rota, since, until)
    if not rota.layers:
        assert found == ([] if able(rota) else [Gap(None, since, until)])
        return
    numbers = {one.level for one in rota.layers} | {one.level for one in rota.overrides}
    instants = [at, since, *(gap.since for gap in found), *(gap.since - timedelta(microseconds=1) for gap in found)]
    instants += [*(gap.until for gap in found), *(gap.until - timedelta(microseconds=1) for gap in found)]
    for number in numbers:
        own = [gap for gap in found if gap.level == number]
        assert all(one.until < two.since for one, two in pairwise(own))
        for instant in instants:
            if since <= instant < until:
                assert any(gap.since <= instant < gap.until for gap in own) == (not on_duty(rota, number, instant))


@given(rota=rotas(), at=moments)
def test_whoever_can_be_rung_at_all_keeps_the_ladder_from_being_empty(rota: Rota, at: datetime) -> None:
    found = levels(rota, at)
    assert bool(found) == bool(able(rota))
    assert all(level.rungs for level in found)
    assert [level.number for level in found] == sorted({level.number for level in found})


@given(one=layers_of(1), at=moments)
def test_the_next_hand_over_is_the_first_moment_of_the_next_turn(one: Layer, at: datetime) -> None:
    now, after = turn(one, at), next_hand_over(one, at)
    if now is None or after is None:
        return
    assert after > at
    assert turn(one, after - timedelta(microseconds=1)) == now
    assert turn(one, after) == now + 1
