"""What serve does every so many seconds: again after a failure, and not after its stop."""

from threading import Event

import pytest

from ivr.periodic import Periodic


class Failing(Periodic):
    """Fails at its first turn."""

    def __init__(self) -> None:
        super().__init__("failing", 0.01)
        self.turns = 0
        self.twice = Event()

    def turn(self) -> None:
        self.turns += 1
        if self.turns == 1:
            raise RuntimeError("the first one")
        self.twice.set()


def test_a_turn_that_fails_is_reported_and_the_next_one_comes(caplog: pytest.LogCaptureFixture) -> None:
    failing = Failing()
    failing.start()
    assert failing.twice.wait(5)
    failing.stop()
    assert [record.message for record in caplog.records] == ["failing: this turn failed; the next one comes in 0.01 s"]


def test_nothing_comes_after_the_stop() -> None:
    failing = Failing()
    failing.start()
    assert failing.twice.wait(5)
    failing.stop()
    turns = failing.turns
    failing.twice.clear()
    assert not failing.twice.wait(0.1)
    assert failing.turns == turns


def test_it_may_be_stopped_without_a_start() -> None:
    Failing().stop()
