"""The spoken ending: every reason with every cover says minutes, an amount or why nothing is charged, the number, and what follows."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from uuid import UUID

import pytest

from ivr import prompts, spoken
from ivr.farewell import farewell
from ivr.model.incident import Consent, Cover, EndReason, Incident, IncidentStatus
from ivr.model.money import Account, Charge, Hold, HoldStatus, Rate

RATE = Rate(id=1, price_cents=250, minimum_minutes=15, increment_minutes=1, currency="USD")
NUMBER = ("incident_number", "1", "0", "0", "1")
MINUTES = ("you_talked", *spoken.minutes(20))
HELD = Hold(UUID(int=1), 1001, 30, 7500, "USD", HoldStatus.HELD, "pi_1", None, 1, "visa ****4242", datetime(2026, 11, 23, tzinfo=UTC))
TALKED = (EndReason.RESOLVED, EndReason.STABILISED, EndReason.TIME_EXPIRED, EndReason.CALLER_STOPPED)
FREE = {"goodwill", "no_charge", "trunks_free", "nothing_charged", "nothing_due"}
"""Sentences that say that nothing is charged, and why."""

COSTS: dict[Cover | None, tuple[str, ...]] = {
    Cover.AGREEMENT: ("no_charge",),
    Cover.TRUNKS: ("trunks_free",),
    Cover.PREPAID: ("card_charged", *spoken.money(5000), "rest_released"),
    Cover.UNPAID: ("office_settles",),
    None: ("nothing_due",),
}
"""What twenty minutes cost. Unpaid is a debt of 50.00 that an administrator reviews first: no amount is promised."""


def incident(cover: Cover | None, *, consent: Consent | None = Consent.GIVEN, no_charge: bool = False) -> Incident:
    seconds = 1800 if cover in (Cover.PREPAID, Cover.AGREEMENT) else None
    return Incident(1001, IncidentStatus.ENDED, EndReason.RESOLVED, consent, 1, "pin", cover, seconds, no_charge=no_charge)


def account(cover: Cover | None, *, cents: int = 5000, consent: Consent | None = Consent.GIVEN, seconds: float = 1200.0) -> Account:
    """Twenty minutes were talked."""
    charge = Charge(int(seconds), 20 if cents else 0, cents if cover is Cover.PREPAID else 0, 0)
    holds = (HELD,) if cover is Cover.PREPAID else ()
    return Account(1001, IncidentStatus.ENDED, EndReason.RESOLVED, consent, cover, True, False, seconds, RATE, holds, charge)


@pytest.mark.parametrize(("reason", "cover"), [*product(TALKED, COSTS)])
def test_minutes_then_cost_then_number_then_what_follows(reason: EndReason, cover: Cover | None) -> None:
    """After a talk that was ended on purpose or by its limit."""
    left = ("follow_up_created",) if reason is EndReason.STABILISED else ()
    told = (*MINUTES, *COSTS[cover], *NUMBER, *left, f"goodbye_{reason}")
    assert farewell(incident(cover), reason, account(cover), 1200.0) == told


@pytest.mark.parametrize("cover", COSTS)
def test_an_engineer_who_was_lost_for_good(cover: Cover | None) -> None:
    """First that nobody could be reached and will call back, then what it came to."""
    assert farewell(incident(cover), EndReason.ENGINEER_LOST, account(cover), 1200.0) == ("no_engineer", *MINUTES, *COSTS[cover], *NUMBER)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (EndReason.REFUSED, ("not_an_emergency",)),
        (EndReason.PAYMENT_FAILED, ("payment_failed", *NUMBER)),
        (EndReason.NO_ENGINEER, ("no_engineer", "nothing_due", *NUMBER)),
        (EndReason.ABANDONED, ("nothing_due", *NUMBER, "goodbye")),
    ],
)
@pytest.mark.parametrize("cover", COSTS)
def test_without_an_engineer_nothing_is_due_whoever_was_to_pay(reason: EndReason, told: tuple[str, ...], cover: Cover | None) -> None:
    assert farewell(incident(cover), reason, None, 0.0) == told


@pytest.mark.parametrize(("reason", "cover"), [*product((*TALKED, EndReason.ENGINEER_LOST), COSTS)])
def test_what_the_engineer_made_free_is_said_to_be_free_whoever_was_to_pay(reason: EndReason, cover: Cover | None) -> None:
    """``*5``: one sentence about the money, and no amount."""
    told = farewell(incident(cover, no_charge=True), reason, account(cover, cents=0), 1200.0)
    assert [name for name in told if name in FREE | {"card_charged", "amount_follows"}] == ["goodwill"]


@pytest.mark.parametrize(("cents", "cost"), [(0, ("nothing_charged",)), (7500, ("card_charged", *spoken.money(7500)))])
def test_a_card_that_pays_nothing_or_everything(cents: int, cost: tuple[str, ...]) -> None:
    """Nothing of a hold that is used whole is released."""
    given = account(Cover.PREPAID, cents=cents)
    assert farewell(incident(Cover.PREPAID), EndReason.RESOLVED, given, 1200.0) == (*MINUTES, *cost, *NUMBER, "goodbye_resolved")


@pytest.mark.parametrize("never_held", [HoldStatus.SETTLING, HoldStatus.RELEASED])
def test_a_block_that_never_held_frees_nothing(never_held: HoldStatus) -> None:
    """The bank had refused the first; of the second all is used."""
    given = account(Cover.PREPAID, cents=7500)
    holds = (replace(HELD, status=never_held, capture_cents=0), replace(HELD, status=HoldStatus.SETTLING, capture_cents=7500))
    assert "rest_released" not in farewell(incident(Cover.PREPAID), EndReason.RESOLVED, replace(given, holds=holds), 1200.0)
    used = replace(account(Cover.PREPAID), holds=(holds[0], replace(holds[1], capture_cents=5000)))
    assert "rest_released" in farewell(incident(Cover.PREPAID), EndReason.RESOLVED, used, 1200.0)


def test_an_amount_that_is_not_decided_is_not_said() -> None:
    told = farewell(incident(Cover.PREPAID), EndReason.RESOLVED, None, 1200.0)
    assert told == (*MINUTES, "amount_follows", *NUMBER, "goodbye_resolved")


@pytest.mark.parametrize("decided", [account(Cover.UNPAID, consent=Consent.NONE), None])
def test_who_never_consented_owes_nothing(decided: Account | None) -> None:
    told = farewell(incident(Cover.UNPAID, consent=Consent.NONE), EndReason.RESOLVED, decided, 1200.0)
    assert told == (*MINUTES, "nothing_due", *NUMBER, "goodbye_resolved")


def test_an_unpaid_talk_too_short_to_cost_anything_is_said_to_be_free() -> None:
    told = farewell(incident(Cover.UNPAID), EndReason.RESOLVED, account(Cover.UNPAID, seconds=29.0), 29.0)
    assert "nothing_due" in told


def test_the_grace_is_not_among_the_minutes() -> None:
    """Thirty minutes were prepaid, and thirty and a half were talked."""
    told = farewell(incident(Cover.PREPAID), EndReason.TIME_EXPIRED, account(Cover.PREPAID, cents=7500), 1830.0)
    assert told[:3] == ("you_talked", *spoken.minutes(30))


@pytest.mark.parametrize(("reason", "cover", "no_charge"), [*product(EndReason, COSTS, (False, True))])
def test_every_sound_exists(reason: EndReason, cover: Cover | None, no_charge: bool) -> None:
    for given in (None, account(cover)):
        assert set(farewell(incident(cover, no_charge=no_charge), reason, given, 1200.0)) <= prompts.NAMES
