"""Step 8: the goodbye, and what it says of time and money."""

from dataclasses import replace

import pytest

from ivr import call, spoken
from ivr.errors import CallerGone
from ivr.model.incident import Cover, EndReason
from ivr.model.money import Charge
from tests.unit.scripted import COVERED_CALL, HANG_UP, PAYS, MemoryRecords, ScriptedPhone, hotline, talking


@pytest.mark.parametrize("reason", [EndReason.RESOLVED, EndReason.STABILISED, EndReason.CALLER_STOPPED])
def test_the_engineers_key_decides_the_goodbye(records: MemoryRecords, reason: EndReason) -> None:
    phone = talking(records)
    records.key_reason, records.talked = reason, 130.0
    call.ending(hotline(records), phone)
    assert records.current.reason is reason
    assert phone.heard == [
        "you_talked",
        *spoken.minutes_of(130),
        "no_charge",
        "incident_number",
        *spoken.digits("1001"),
        *(["follow_up_created"] if reason is EndReason.STABILISED else []),
        f"goodbye_{reason}",
    ]
    assert phone.variables["IVR_DONE"] == "1"


COSTS = [
    (Charge(600, 15, 4059, 309), ["card_charged", *spoken.money(4059)]),
    (Charge(600, 10, 2000, 152), ["card_charged", *spoken.money(2000), "rest_released"]),
    (Charge(20, 0, 0, 0), ["nothing_charged"]),
    (None, ["amount_follows"]),
]


@pytest.mark.parametrize(("charge", "cost"), COSTS)
def test_the_goodbye_says_what_a_prepaid_call_costs(records: MemoryRecords, charge: Charge | None, cost: list[str]) -> None:
    """Exactly, by the one calculation; when the meter is late, that it will be exact."""
    records.coverages.clear()
    phone = ScriptedPhone({**COVERED_CALL, **PAYS})
    call.call(hotline(records), phone)
    phone.variables.update({"IVR_INCIDENT": "1001", "IVR_TALKING_TO": phone.variables["IVR_ENGINEER_CHANNEL"], "IVR_ENGINEER_CHANNEL": ""})
    phone.heard.clear()
    records.key_reason, records.charge = EndReason.RESOLVED, charge
    records.current = replace(records.current, cover=Cover.PREPAID)
    call.ending(hotline(records), phone)
    said = phone.heard[phone.heard.index("less_than_a_minute") + 1 : phone.heard.index("incident_number")]
    assert said == cost


def test_the_goodbye_waits_for_the_meter(records: MemoryRecords) -> None:
    """What was talked is written before the incident ends."""
    phone = talking(records)
    records.key_reason, records.open_looks = EndReason.RESOLVED, 3
    call.ending(hotline(records), phone)
    assert records.open_looks < 0
    assert records.current.reason is EndReason.RESOLVED


def test_a_meter_that_does_not_answer_is_not_waited_for_for_ever(records: MemoryRecords) -> None:
    phone = talking(records)
    records.key_reason, records.open_looks = EndReason.RESOLVED, 1_000_000
    call.ending(hotline(records), phone)
    assert phone.variables["IVR_DONE"] == "1"


def test_time_used_up_is_said(records: MemoryRecords) -> None:
    phone = talking(records)
    phone.variables["IVR_EXPIRED"] = "1"
    call.ending(hotline(records), phone)
    assert records.current.reason is EndReason.TIME_EXPIRED
    assert phone.heard[-1] == "goodbye_time_expired"


def test_a_goodbye_that_was_cut_is_said_again_and_nothing_is_asked(records: MemoryRecords) -> None:
    """The serve was killed in the goodbye: what was decided is over, and no engineer can be promised any more."""
    phone = talking(records)
    phone.answers.update({"engineer_left": ["2", "1"], "you_talked": [HANG_UP]})
    with pytest.raises(CallerGone):  # stands for the kill
        call.ending(hotline(records), phone)
    phone.heard.clear()
    call.ending(hotline(records), phone)
    assert "engineer_left" not in phone.heard
    assert phone.heard[-1] == "goodbye_caller_stopped"
    assert phone.variables["IVR_DONE"] == "1"
