"""The order of offers."""

from hypothesis import given
from hypothesis import strategies as st

from ivr.model import Rung
from ivr.oncall import climb

rungs = st.lists(st.builds(Rung, engineer_id=st.integers(1, 9), name=st.just("x"), phone=st.just("+15555550101")), max_size=6)


@given(ladder=rungs, rounds=st.integers(1, 4))
def test_the_whole_ladder_so_many_times_in_order(ladder: list[Rung], rounds: int) -> None:
    assert list(climb(ladder, rounds)) == ladder * rounds


@given(ladder=rungs, rounds=st.integers(1, 4), first=st.integers(1, 9))
def test_who_was_cut_off_is_called_first_then_everybody(ladder: list[Rung], rounds: int, first: int) -> None:
    offers = list(climb(ladder, rounds, first))
    own = [rung for rung in ladder if rung.engineer_id == first]
    assert offers == own + ladder * rounds
