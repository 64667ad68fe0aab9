"""``*4``: the engineer confirms who was named, and what that makes of the money."""

from dataclasses import replace

import pytest

from ivr import call
from ivr.errors import CallerGone
from ivr.model.customer import Coverage
from ivr.model.incident import Cover, Incident, IncidentStatus
from tests.unit.scripted import ACME, ANN, HANG_UP, MemoryRecords, ScriptedPhone, hotline

WITH_TRUNKS = replace(ACME, trunks=True)


def claimed(records: MemoryRecords, **more: object) -> None:
    """A caller who named ACME and talks, unpaid."""
    changes = {"status": IncidentStatus.TALKING, "claimed_id": ACME.id, "identified_how": "locked", "cover": Cover.UNPAID, **more}
    records.current = replace(records.current, **changes)  # type: ignore[arg-type]


def pressed(records: MemoryRecords, *answers: str) -> ScriptedPhone:
    """The engineer's ``*4``, and what is pressed when asked."""
    phone = ScriptedPhone({"confirm_verified": list(answers)}, argument="verified", variables={"IVR_INCIDENT": "1001"})
    call.key(hotline(records), phone)
    return phone


def people(*, coverage: Coverage | None = None, trunks: bool = False) -> MemoryRecords:
    customer = WITH_TRUNKS if trunks else ACME
    return MemoryRecords(customers=[customer], coverages={7: coverage} if coverage else {}, rungs=[ANN])


def outcome(incident: Incident) -> tuple[int | None, str | None, Cover | None]:
    return incident.customer_id, incident.identified_how, incident.cover


def test_one_more_key_makes_the_named_customer_the_customer() -> None:
    """Covered from now on, as with the PIN."""
    records = people(coverage=Coverage(1, None))
    claimed(records)
    phone = pressed(records, "1")
    assert outcome(records.current) == (7, "engineer", Cover.AGREEMENT)
    assert phone.heard == ["confirm_verified", "verified_noted"]
    assert not phone.hung_up
    assert phone.variables["IVR_DONE"] == "1"


@pytest.mark.parametrize("keys", [(), ("5",), ("2",)])
def test_without_that_key_nothing_changes(keys: tuple[str, ...]) -> None:
    """Silence and wrong keys leave it open."""
    records = people(coverage=Coverage(1, None))
    claimed(records)
    phone = pressed(records, *keys)
    assert phone.heard[-1] == "not_confirmed"
    assert outcome(records.current) == (None, "locked", Cover.UNPAID)


def test_hanging_up_at_the_question_changes_nothing() -> None:
    records = people()
    claimed(records)
    with pytest.raises(CallerGone):
        pressed(records, HANG_UP)
    assert outcome(records.current) == (None, "locked", Cover.UNPAID)


@pytest.mark.parametrize("how", ["pin", "guest", "none"])
def test_where_nobody_was_named_there_is_nothing_to_confirm(how: str) -> None:
    """A customer with a PIN is known already; a guest has named nobody, whatever the engineer presses."""
    records = people(coverage=Coverage(1, None))
    claimed(records, claimed_id=None, identified_how=how, customer_id=7 if how == "pin" else None, cover=Cover.PREPAID)
    before = records.current
    assert pressed(records, "1").heard == ["nothing_to_verify"]
    assert records.current == before


@pytest.mark.parametrize(
    ("left", "talked", "cover"),
    [(None, 7200.0, Cover.AGREEMENT), (3600, 0.0, Cover.AGREEMENT), (160, 100.0, Cover.AGREEMENT), (159, 100.0, Cover.UNPAID),
     (59, 0.0, Cover.UNPAID), (0, 0.0, Cover.UNPAID)],
)  # fmt: skip
def test_the_agreement_pays_for_the_whole_talk_or_not_at_all(left: int | None, talked: float, cover: Cover) -> None:
    """What it has left must reach for what was talked and a minute more; else the talk stays owed, for an administrator to review."""
    records = people(coverage=Coverage(1, left))
    claimed(records)
    records.talked = talked
    pressed(records, "1")
    assert outcome(records.current) == (7, "engineer", cover)


def test_without_an_agreement_it_stays_owed() -> None:
    records = people()
    claimed(records)
    assert pressed(records, "1").heard[-1] == "verified_noted"
    assert outcome(records.current) == (7, "engineer", Cover.UNPAID)


@pytest.mark.parametrize(
    ("trunks", "claim", "cover"), [(True, True, Cover.TRUNKS), (False, True, Cover.UNPAID), (True, False, Cover.UNPAID)]
)
def test_our_own_trunks_are_free_once_it_is_known_whose_they_are(trunks: bool, claim: bool, cover: Cover) -> None:
    """The claim alone, or the trunks alone, free nobody."""
    records = people(trunks=trunks)
    claimed(records, trunk_claim=claim)
    pressed(records, "1")
    assert records.current.cover is cover


def test_pressed_again_it_finishes_what_a_killed_process_began() -> None:
    """The customer stands in the records, but not yet who pays; nobody is asked again."""
    records = people(coverage=Coverage(1, None))
    claimed(records, customer_id=7, identified_how="engineer")
    assert pressed(records).heard == ["verified_noted"]
    assert records.current.cover is Cover.AGREEMENT


def test_pressed_twice_it_changes_nothing_more() -> None:
    records = people(coverage=Coverage(1, None))
    claimed(records)
    pressed(records, "1")
    after = records.current
    assert pressed(records, "1").heard == ["verified_noted"]
    assert records.current == after


def test_a_talk_that_is_over_confirms_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller's line went while the engineer was asked."""
    records = people(coverage=Coverage(1, None))
    claimed(records)
    monkeypatch.setattr(MemoryRecords, "confirm_claim", lambda *_: None)
    assert pressed(records, "1").heard[-1] == "not_confirmed"
    assert records.current.cover is Cover.UNPAID
