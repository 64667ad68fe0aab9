"""Guesses at accounts and PINs: what the records let through, whoever asks, however many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.config import Settings
from ivr.errors import UnknownRecord
from ivr.model.customer import GuessLimits
from ivr.store import Store
from tests.integration.cast import BARE, COVERED, LAPSED, called
from tests.integration.conftest import Sql

LIMITS = GuessLimits(caller=10, account=5, seconds=3600)
SOMEBODY, ELSE = "+12025550177", "+12025550178"
RULE = "ALTER TABLE pin_try {} TRIGGER pin_try_rule"


def later(sql: Sql, seconds: float) -> None:
    """Time passes: every try is older by so many seconds."""
    sql(RULE.format("DISABLE"))
    sql("UPDATE pin_try SET at = at - %s * interval '1 second'", seconds)
    sql(RULE.format("ENABLE"))


def wrong(store: Store, incident: int, caller: str | None, customer: int | None, times: int = 1) -> int:
    """So many wrong guesses; how many of them were let through."""
    guesses = [store.guess(incident, caller, customer, LIMITS) for _ in range(times)]
    for guess in guesses:
        if guess is not None:
            store.guessed(guess, fits=False)
    return sum(guess is not None for guess in guesses)


def test_five_wrong_pins_lock_an_account_for_everybody(store: Store) -> None:
    """From whatever number they come; other accounts are not touched. Bad input 3: a spoofed number gets no further."""
    one = called(store).id
    assert wrong(store, one, SOMEBODY, COVERED, 3) + wrong(store, one, ELSE, COVERED, 3) == 5
    assert store.guesses_locked("+12025550101", COVERED, LIMITS)
    assert not store.guesses_locked(SOMEBODY, BARE, LIMITS)


def test_ten_wrong_guesses_lock_a_caller_for_every_account(store: Store) -> None:
    """Account numbers that are nobody's count too; other callers are not touched."""
    one = called(store).id
    assert wrong(store, one, SOMEBODY, None, 6) + wrong(store, one, SOMEBODY, COVERED, 4) == 10
    assert wrong(store, one, SOMEBODY, BARE, 1) == 0
    assert not store.guesses_locked(ELSE, BARE, LIMITS)


def test_a_lock_lasts_an_hour_from_the_last_wrong_guess(store: Store, sql: Sql) -> None:
    """What is refused does not make it longer, and after it one wrong guess does not lock again."""
    one = called(store).id
    wrong(store, one, SOMEBODY, COVERED, 4)
    later(sql, 3000)
    assert wrong(store, one, SOMEBODY, COVERED, 2) == 1
    later(sql, 3500)
    assert wrong(store, one, ELSE, COVERED) == 0
    later(sql, 101)
    assert wrong(store, one, SOMEBODY, COVERED) == 1
    assert not store.guesses_locked(SOMEBODY, COVERED, LIMITS)


def test_a_right_pin_frees_the_account_but_not_the_caller(store: Store) -> None:
    """Who has an account of their own could else guess at others for ever."""
    one = called(store).id
    wrong(store, one, SOMEBODY, COVERED, 4)
    right = store.guess(one, SOMEBODY, COVERED, LIMITS)
    assert right is not None
    store.guessed(right, fits=True)
    assert wrong(store, one, ELSE, COVERED, 9) == 5
    assert wrong(store, one, SOMEBODY, BARE, 9) == 5  # an account's limit, the ninth of this caller
    assert wrong(store, one, SOMEBODY, LAPSED, 9) == 1


def test_an_unfinished_guess_counts_as_wrong(store: Store) -> None:
    """Whoever hangs up, or whose process is killed, before the answer is written has guessed all the same."""
    one = called(store).id
    assert [store.guess(one, SOMEBODY, COVERED, LIMITS) is not None for _ in range(6)] == [True] * 5 + [False]


def test_hidden_callers_share_one_count(store: Store) -> None:
    one = called(store).id
    assert wrong(store, one, None, None, 12) == 10
    assert store.guesses_locked(None, BARE, LIMITS)
    assert not store.guesses_locked(SOMEBODY, BARE, LIMITS)


@pytest.mark.parametrize(("customer", "most"), [(COVERED, 5), (None, 10)])
def test_calls_at_once_get_no_guess_more(store: Store, settings: Settings, sql: Sql, customer: int | None, most: int) -> None:
    """Twenty callers press the last digit at the same moment, in two processes; fifteen times."""
    incidents, gate = [called(store).id for _ in range(20)], Barrier(20)
    with Store(settings) as second, ThreadPoolExecutor(20) as threads:

        def guess(place: int) -> bool:
            gate.wait()
            caller = SOMEBODY if customer is None else f"+120255502{place:02}"
            return (store, second)[place % 2].guess(incidents[place], caller, customer, LIMITS) is not None

        for _ in range(15):
            sql("TRUNCATE pin_try")
            assert sum(threads.map(guess, range(20))) == most


def test_those_who_guess_crosswise_do_not_wait_for_each_other_for_ever(store: Store, settings: Settings) -> None:
    """Two callers at two accounts, in every order: no deadlock, so no caller is thrown to the failsafe."""
    one = called(store).id
    with Store(settings) as second, ThreadPoolExecutor(8) as threads:

        def guess(place: int) -> object:
            return (store, second)[place % 2].guess(one, (SOMEBODY, ELSE)[place % 2], (COVERED, BARE)[place // 2 % 2], LIMITS)

        assert len(list(threads.map(guess, range(200)))) == 200


def test_a_try_stays_as_it_was(store: Store, sql: Sql) -> None:
    """The first answer counts, and nothing else of the row can be changed or taken away."""
    guess = store.guess(called(store).id, SOMEBODY, COVERED, LIMITS)
    assert guess is not None
    store.guessed(guess, fits=False)
    store.guessed(guess, fits=True)
    assert sql("SELECT fits FROM pin_try") == [(False,)]
    for change in ("UPDATE pin_try SET fits = NULL", "UPDATE pin_try SET at = now()", "DELETE FROM pin_try"):
        with pytest.raises(psycopg.DatabaseError, match="stays as it was"):
            sql(change)


def test_a_guess_for_nobody_is_refused(store: Store) -> None:
    with pytest.raises(UnknownRecord):
        store.guess(called(store).id, SOMEBODY, 99, LIMITS)
    with pytest.raises(UnknownRecord):
        store.guess(2**40, SOMEBODY, None, LIMITS)


STEP = st.tuples(
    st.integers(1, 2400), st.sampled_from(["", SOMEBODY]), st.sampled_from([None, COVERED]), st.sampled_from(["wrong", "right", "open"])
)
"""Seconds that pass, who guesses, at what, and how it comes out."""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=40), account=st.integers(1, 4), caller=st.integers(1, 5))
def test_the_lock_against_a_model(store: Store, sql: Sql, steps: list[tuple[int, str, int | None, str]], account: int, caller: int) -> None:
    """Whatever comes in whatever order: let through exactly when the rule, written anew in Python, says so."""
    sql("TRUNCATE pin_try")
    incident, now = called(store).id, datetime(2026, 1, 1, tzinfo=UTC)
    model = Model(account, caller)
    for seconds, who, customer, outcome in steps:
        now += timedelta(seconds=seconds)
        guess, answer = uuid4(), {"wrong": False, "right": True, "open": None}[outcome]
        taken = sql(
            "SELECT take_guess(%s, %s, %s, %s, %s, %s, interval '1 hour', %s)", guess, incident, who, customer, caller, account, now
        )  # fmt: skip
        assert taken == [(model.may(now, who, customer),)], (now, who, customer)
        if taken == [(True,)]:
            sql("UPDATE pin_try SET fits = %s WHERE id = %s", answer, guess)
            model.guesses.append((now, who, customer, answer))


class Model:
    """The rule in words: as soon as N wrong guesses lie within an hour, nothing more is let through for an hour after the last one."""

    def __init__(self, account: int, caller: int) -> None:
        self.account, self.caller = account, caller
        self.guesses: list[tuple[datetime, str, int | None, bool | None]] = []

    def may(self, now: datetime, who: str, customer: int | None) -> bool:
        mine = [at for at, caller, _, fits in self.guesses if caller == who and not fits]
        if customer is None:
            return not self._locked(mine, self.caller, now)
        freed = max((place for place, guess in enumerate(self.guesses) if guess[2] == customer and guess[3]), default=-1)
        its = [at for place, (at, _, whose, fits) in enumerate(self.guesses) if whose == customer and not fits and place > freed]
        return not self._locked(mine, self.caller, now) and not self._locked(its, self.account, now)

    @staticmethod
    def _locked(wrong: list[datetime], most: int, now: datetime) -> bool:
        hour, last = timedelta(hours=1), wrong[-most:]
        return len(last) == most and last[-1] - last[0] < hour and now < last[-1] + hour


# what is down


def test_what_is_down_is_asked_once(store: Store) -> None:
    """Also when nothing was answered: whoever goes on with the call must not ask again."""
    incident = called(store)
    assert not incident.category_asked
    store.category(incident.id, None, trunk_claim=False)
    store.trunks_asked(incident.id, down=True)
    after = store.incident(incident.id)
    assert (after.category, after.category_asked, after.trunks_asked, after.trunk_claim) == (None, True, True, True)
