"""How long, how often and under which key a request is repeated."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr import stripe_retry
from ivr.errors import StripeUnavailable
from ivr.stripe_retry import Deadline, LookFirst, SameKeyAgain, insist, read


class Server:
    """Does one thing once, whatever the keys, and loses answers as ``faults`` say, one for each request."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        self.done = 0
        self.answers: dict[str, str] = {}
        self.keys: list[str] = []

    def send(self, key: str) -> str:
        """As Stripe does it: an answer is kept under its key, also an error; a request that is done is not done again."""
        self.keys.append(key)
        fault = self.faults.pop(0) if self.faults else ""
        if fault in ("busy", "lost before"):
            raise SameKeyAgain(fault)
        if key not in self.answers:
            if fault != "error before":
                self.done = 1
            self.answers[key] = "error" if fault.startswith("error") else "done"
        if fault == "lost after":
            raise SameKeyAgain(fault)
        if self.answers[key] == "error":
            raise LookFirst("500", replayed=self.keys.count(key) > 1)
        return key

    def look(self) -> str | None:
        """What is done, unless this request is struck too."""
        if (self.faults.pop(0) if self.faults else "").startswith(("lost", "busy", "error")):
            raise SameKeyAgain("look")
        return "found" if self.done else None


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_retry, "sleep", lambda seconds: None)


def outcome(server: Server) -> str:
    """What comes of insisting for as long as it takes."""
    return insist(server.send, server.look, key="k", deadline=Deadline(60))


@settings(max_examples=500)
@given(st.lists(st.sampled_from(["busy", "lost before", "lost after", "error before", "error after", ""]), max_size=12))
def test_whatever_is_lost_it_is_done_once_and_known(faults: list[str]) -> None:
    """Any order of faults ends with the thing done; keys count up, and a new one only follows an error."""
    server = Server(list(faults))
    outcome(server)
    assert server.done == 1
    steps = [0 if key == "k" else int(key.removeprefix("k-again-")) for key in server.keys]
    assert all(later - earlier in (0, 1) for earlier, later in pairwise(steps))
    assert steps[0] == 0
    assert steps[-1] <= sum(fault.startswith("error") for fault in faults)


@pytest.mark.parametrize(
    ("faults", "keys"),
    [
        ([], ["k"]),
        (["busy", "busy"], ["k", "k", "k"]),
        (["lost after"], ["k", "k"]),
        (["error after"], ["k"]),
        (["error before"], ["k", "k-again-1"]),
        (["error before", "lost", "lost"], ["k", "k-again-1"]),
        (["error before", "", "lost after"], ["k", "k-again-1", "k-again-1"]),
        (["error before", "", "error before"], ["k", "k-again-1", "k-again-2"]),
    ],
)
def test_the_same_key_until_an_error_then_a_look_and_a_new_one(faults: list[str], keys: list[str]) -> None:
    """Rule 3."""
    server = Server(faults)
    outcome(server)
    assert server.keys == keys


def test_a_look_that_finds_it_ends_the_matter() -> None:
    """What was done before an error is not sent again."""
    server = Server(["error after"])
    assert outcome(server) == "found"


def test_an_outcome_is_not_repeated() -> None:
    """Any other exception is the outcome."""
    sent = []

    def send(key: str) -> str:
        sent.append(key)
        raise ValueError("declined")

    with pytest.raises(ValueError, match="declined"):
        insist(send, lambda: None, key="k", deadline=Deadline(60))
    assert sent == ["k"]


def fails(error: Exception) -> Callable[..., str]:
    """Always raises ``error``."""

    def fail(*_: str) -> str:
        raise error

    return fail


@pytest.mark.parametrize("error", [SameKeyAgain("cut"), LookFirst("500"), LookFirst("500", replayed=True)])
def test_it_ends_with_the_deadline(error: Exception) -> None:
    """Also with keys that are all burnt; the text says what was last heard, and carries no other exception."""
    with pytest.raises(StripeUnavailable, match=str(error)) as caught:
        insist(fails(error), lambda: None, key="k", deadline=Deadline(0.05))
    assert caught.value.__context__ is None
    with pytest.raises(StripeUnavailable):
        insist(lambda key: None, fails(error), key="k", deadline=Deadline(0.05))
    with pytest.raises(StripeUnavailable):
        read(fails(error), Deadline(0.05))


def test_pauses_grow_and_fit_into_a_callers_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most 12 tries in the shipped 10 seconds, at least 6."""
    now = [0.0]
    monkeypatch.setattr(stripe_retry, "monotonic", lambda: now[0])
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(stripe_retry, "sleep", sleep)
    with pytest.raises(StripeUnavailable):
        insist(fails(SameKeyAgain("429")), lambda: None, key="k", deadline=Deadline(10))
    assert 6 <= len(pauses) + 1 <= 12
    assert max(pauses) <= stripe_retry.LONGEST_PAUSE
    assert pauses[0] <= stripe_retry.FIRST_PAUSE
    assert now[0] <= 10
