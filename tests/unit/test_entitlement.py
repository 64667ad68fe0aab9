"""Step 4: an agreement, our own trunks, a card or nobody pays."""

from dataclasses import replace

import pytest

from ivr import call, spoken
from ivr.model.customer import Coverage
from ivr.model.incident import Consent, Cover, EndReason, IncidentStatus
from tests.unit.scripted import ACME, COVERED_CALL, PAYS, MemoryRecords, ScriptedPhone, hotline


def test_an_exhausted_agreement_is_prepaid(records: MemoryRecords) -> None:
    records.coverages[7] = Coverage(1, 0)
    phone = ScriptedPhone({**COVERED_CALL, **PAYS})
    call.call(hotline(records), phone)
    assert phone.heard.index("agreement_used_up") < phone.heard.index("prepay")
    assert phone.heard.index("card_approved") < phone.heard.index("connecting")
    assert records.current.status is IncidentStatus.TALKING


@pytest.mark.parametrize(("taken", "said"), [(1800, 30), (3600, None), (3541, None), (0, 60)])
def test_what_another_call_took_meanwhile_is_not_promised(records: MemoryRecords, taken: int, said: int | None) -> None:
    """Fault 28: the minutes that are said are those that were reserved; under a minute is prepaid instead."""
    records.coverages[7], records.quicker = Coverage(1, 3600), [taken]
    phone = ScriptedPhone({**COVERED_CALL, **PAYS})
    call.call(hotline(records), phone)
    if said is None:
        assert phone.heard.index("agreement_used_up") < phone.heard.index("prepay")
        assert "card_approved" in phone.heard
    else:
        at = phone.heard.index("minutes_left_before")
        assert phone.heard[at + 1 : at + 3] == list(spoken.minutes(said))
        assert records.current.seconds_left == said * 60


def test_minutes_left_are_said_and_limit_the_talk(records: MemoryRecords) -> None:
    records.coverages[7] = Coverage(1, 3600)
    phone = ScriptedPhone(COVERED_CALL)
    call.call(hotline(records), phone)
    at = phone.heard.index("minutes_left_before")
    assert phone.heard[at + 1 : at + 3] == list(spoken.minutes(60))
    assert phone.variables["IVR_TALK_SECONDS"] == "3630"  # the grace is the dialplan's own


def test_who_does_not_pay_hears_so_and_nobody_is_rung(records: MemoryRecords) -> None:
    records.coverages.clear()
    line, phone = hotline(records), ScriptedPhone({**COVERED_CALL, **PAYS, "ask_code": []})
    line.settings.payment_unanswered = "refuse"
    call.call(line, phone)
    assert records.current.reason is EndReason.PAYMENT_FAILED
    assert phone.heard[-6:] == ["payment_failed", "incident_number", *spoken.digits("1001")]
    assert line.switchboard.rung == []


def test_who_would_not_pay_is_not_asked_for_a_card_after_the_end(records: MemoryRecords) -> None:
    records.coverages.clear()
    records.current = replace(
        records.current, status=IncidentStatus.ENDED, reason=EndReason.PAYMENT_FAILED, consent=Consent.GIVEN,
        category_asked=True, identified_how="guest",
    )  # fmt: skip
    phone = ScriptedPhone()
    call.call(hotline(records), phone)
    assert phone.heard == ["payment_failed", "incident_number", *spoken.digits("1001")]


def test_without_consent_nobody_is_asked_for_money(records: MemoryRecords) -> None:
    phone = ScriptedPhone()
    call.call(hotline(records), phone)
    assert "prepay" not in phone.heard
    assert records.current.cover is Cover.UNPAID
    assert records.current.status is IncidentStatus.TALKING


@pytest.mark.parametrize("coverage", [{}, {7: Coverage(1, None)}])
def test_our_own_trunks_outage_is_never_charged(records: MemoryRecords, coverage: dict[int, Coverage]) -> None:
    records.customers[0] = replace(ACME, trunks=True)
    records.coverages = coverage
    phone = ScriptedPhone({**COVERED_CALL, "ask_trunks": ["1"]})
    call.call(hotline(records), phone)
    assert records.current.cover is Cover.TRUNKS
    assert "prepay" not in phone.heard


def test_other_troubles_of_a_customer_with_trunks_are_paid_as_usual(records: MemoryRecords) -> None:
    records.customers[0], records.coverages = replace(ACME, trunks=True), {}
    phone = ScriptedPhone({**COVERED_CALL, **PAYS, "ask_trunks": ["2"]})
    call.call(hotline(records), phone)
    assert "card_approved" in phone.heard
