"""What must be true of the money after every scenario is missed when it is not. (``tests/e2e/invariants.py``)"""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from ivr.model.incident import Consent, Cover, EndReason, IncidentStatus
from ivr.model.money import Account, Charge, Hold, HoldStatus, Rate
from tests.e2e.invariants import captured_twice, objections


def test_a_second_capture_is_found() -> None:
    """Another key is another capture; the same key again is a replay."""
    first = {"path": "/v1/payment_intents/pi_1/capture", "status": 200, "key": "a-capture"}
    assert captured_twice([first, first, first | {"status": 409, "key": "b"}, first | {"path": "/v1/payment_intents/pi_2/capture"}]) == []
    assert captured_twice([first, first | {"key": "a-capture-again-1"}]) == ["pi_1 was captured 2 times"]


RATE = Rate(1, 250, 15, 1, "USD", (15, 30), 825)
HOLD = Hold(uuid4(), 1, 30, 8119, "USD", HoldStatus.CAPTURED, "pi_1", 4059, 1, "visa ****4242", datetime.now(UTC))
PAID = Account(
    1, IncidentStatus.ENDED, EndReason.RESOLVED, Consent.GIVEN, Cover.PREPAID, accepted=True, counting=False, seconds=100.0, rate=RATE,
    holds=(HOLD,), charge=Charge(100, 15, 4059, 309),
)  # fmt: skip


def test_a_rightly_settled_incident_is_not_objected_to() -> None:
    assert list(objections(PAID, owed=False)) == []


@pytest.mark.parametrize(
    ("planted", "words"),
    [
        (replace(PAID, consent=Consent.NONE), "without a consent"),
        (replace(PAID, consent=None), "without a consent"),
        (replace(PAID, accepted=False), "no engineer has accepted"),
        (replace(PAID, cover=Cover.UNPAID), "for a call that is unpaid"),
        (replace(PAID, holds=(replace(HOLD, capture_cents=8120),)), "8120 of 8119 cents"),
        (replace(PAID, holds=(replace(HOLD, capture_cents=4060),)), "4060 cents were captured of a charge of 4059"),
        (replace(PAID, holds=(HOLD, HOLD)), "8118 cents were captured of a charge of 4059"),
        (replace(PAID, holds=(replace(HOLD, status=HoldStatus.SETTLING),)), "is settling: neither captured nor released"),
        (replace(PAID, holds=(replace(HOLD, status=HoldStatus.EXPIRED),)), "nobody asks for the 4059 cents"),
    ],
)
def test_what_must_not_be_is_objected_to(planted: Account, words: str) -> None:
    assert any(words in objection for objection in objections(planted, owed=False))


def test_a_lapsed_hold_with_its_debt_is_in_order() -> None:
    assert list(objections(replace(PAID, holds=(replace(HOLD, status=HoldStatus.EXPIRED),)), owed=True)) == []
