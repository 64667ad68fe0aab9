"""How the rhythm and the time of a hand-over are typed."""

from datetime import time

import pytest

from ivr.administration.hand_overs import WEEKDAYS, Rhythm, clock, rhythm
from ivr.model.rota import HandOver


@pytest.mark.parametrize(("text", "at"), [("09:00", time(9)), ("9:05", time(9, 5)), (" 23:59 ", time(23, 59)), ("00:00", time(0))])
def test_a_time_of_day(text: str, at: time) -> None:
    assert clock(text) == at


@pytest.mark.parametrize("text", ["", "9", "24:00", "12:60", "1:5", "-1:00", "12:00:00", "noon", "\u0661\u0662:00", "12:00\n12:00"])
def test_no_time_of_day(text: str) -> None:
    with pytest.raises(ValueError, match="Write it like 09:00"):
        clock(text)


def test_every_weekday_by_its_name_or_its_beginning() -> None:
    """In any case, from three letters on."""
    for number, name in enumerate(WEEKDAYS, 1):
        for text in (name, name.upper(), name[:3].lower(), f" {name} "):
            assert rhythm(text) == Rhythm(HandOver.WEEKLY, number)
    assert rhythm("Daily") == Rhythm(HandOver.DAILY, None)


@pytest.mark.parametrize("text", ["", "t", "mo", "day", "weekly", "mondays", "1", "montag"])
def test_no_rhythm(text: str) -> None:
    with pytest.raises(ValueError, match="Write daily, or the weekday"):
        rhythm(text)
