"""``ivr customer``, ``agreement``, ``rate`` and ``block`` as an administrator runs them."""

import pytest

from ivr.config import Settings
from ivr.model.customer import Customer
from ivr.pins import check_pin
from ivr.store import Store
from tests.integration.administering import AGREEMENT, RATE, data, ivr
from tests.integration.cast import agreed
from tests.integration.conftest import Sql

# customers


def test_a_customer_is_entered_and_the_pin_shown_once(settings: Settings, store: Store, sql: Sql) -> None:
    """Phones in any form are one; the PIN fits; it is not shown again; the account is known to the flow."""
    made = data(settings, "customer", "add", "2001", "--name", "Quay & Sons", "--phone", "(202) 555-0142", "--email", "a@example.com")
    assert made["phones"] == ["+12025550142"]
    assert check_pin(made["pin"], sql("SELECT pin_hash FROM customer WHERE account = '2001'")[0][0], settings.pin_pepper)
    shown = ivr(settings, "customer", "show", "2001")
    assert made["pin"] not in shown.stdout
    assert "Quay & Sons" in shown.stdout
    known = store.customer_by_phone("+12025550142")
    assert known is not None
    assert known.account == "2001"


def test_a_typed_pin_obeys_the_rules(settings: Settings, store: Store) -> None:
    """Read from the standard input; a trivial one is refused, said why, not repeated, and changes nothing."""
    done = ivr(settings, "customer", "add", "2001", "--name", "X", "--pin", "-", typed="4826\n")
    assert done.returncode == 0, done.stderr
    assert "4826" not in done.stdout
    customer = store.customer_by_account("2001")
    assert customer is not None
    assert check_pin("4826", customer.pin_hash, settings.pin_pepper)
    for pin in ("4321", "8888", "2001", "123456789", ""):
        refused = ivr(settings, "customer", "change", "2001", "--pin", "-", typed=f"{pin}\n")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "PIN" in refused.stderr
        assert not pin or pin not in refused.stderr
    assert store.customer_by_account("2001") == customer


def test_a_change_touches_only_what_is_named(settings: Settings, store: Store) -> None:
    """The rest stays; phones come and go one by one; a shared phone is warned of."""
    done = ivr(settings, "customer", "change", "1001", "--phone", "+12025550106", "--drop-phone", "+12025550101", "--no-trunks")
    assert done.returncode == 0, done.stderr
    assert "1006 too" in done.stderr
    record = store.customer_record("1001")
    assert (record.name, record.phones, record.trunks) == ("Covered Dental", ("+12025550102", "+12025550106"), False)
    assert ivr(settings, "customer", "change", "1001", "--drop-phone", "+12025550101").returncode == 1
    assert ivr(settings, "customer", "change", "1001").returncode == 2


def test_a_customer_s_language_is_english_until_it_is_changed(settings: Settings, store: Store) -> None:
    """By the command and by what a call looks up; another change leaves it."""
    assert [store.customer_record("1006").language, found(store).language] == ["en", "en"]
    assert ivr(settings, "customer", "change", "1006", "--language", "es").returncode == 0
    assert ivr(settings, "customer", "change", "1006", "--trunks").returncode == 0
    assert [store.customer_record("1006").language, found(store).language] == ["es", "es"]
    assert "Spanish" in ivr(settings, "customer", "show", "1006").stdout


def found(store: Store) -> Customer:
    """As a call from their phone finds them."""
    customer = store.customer_by_phone("+12025550106")
    assert customer is not None
    return customer


def test_an_ended_customer_is_recognised_no_more_and_what_was_stands(settings: Settings, store: Store) -> None:
    """Neither by account nor by phone; incidents stay; the account is not free; --reopen takes it back."""
    incident = agreed(store)
    store.identified(incident.id, 6, how="pin")
    assert ivr(settings, "customer", "end", "1006").returncode == 1, "without --yes, with nobody to ask"
    assert data(settings, "customer", "end", "1006", "--yes")["closed_at"]
    assert store.customer_by_account("1006") is None
    assert store.customer_by_phone("+12025550106") is None
    assert store.report(incident.id).summary.account == "1006"
    assert "--reopen" in ivr(settings, "customer", "add", "1006", "--name", "Another").stderr
    assert [one["account"] for one in data(settings, "customer", "list")] == ["1001", "1002", "1003", "1004", "1005"]
    assert len(data(settings, "customer", "list", "--ended")) == 6
    data(settings, "customer", "change", "1006", "--reopen")
    assert store.customer_by_account("1006") is not None


@pytest.mark.parametrize(
    "name", ["'; DROP TABLE call;--", "${SHELL(id)}", "$(id)", "&PJSIP/x@trunk/1900", "a, b|c", "[red]Müller ☎[/red]", "{}"]
)
def test_a_hostile_name_is_only_a_name(settings: Settings, store: Store, name: str) -> None:
    """Bad input 2: stored and shown as it is, run by nobody."""
    assert data(settings, "customer", "add", "2001", "--name", name)["name"] == name
    assert name in ivr(settings, "customer", "list").stdout
    assert len(store.customers()) == 7


# agreements


def test_an_agreement_is_entered_shown_changed_and_ended(settings: Settings, store: Store) -> None:
    """The flow is covered by it from the first to the last, and others at the same time are named."""
    made = data(settings, "agreement", "add", "1006", *AGREEMENT, "--period", "month", "--carry-over", "--increment", "6")
    assert (made["starts_at"], made["ends_at"]) == ("2026-01-01 05:00:00+00:00", "2199-12-31 05:00:00+00:00")
    assert (made["period"], made["carry_over"], made["increment_minutes"], made["overlaps"]) == ("month", True, 6, [])
    number = str(made["id"])
    coverage = store.coverage(6)
    assert coverage is not None
    assert (coverage.agreement_id, coverage.seconds_left) == (made["id"], 7200)
    assert data(settings, "agreement", "change", number, "--minutes", "unlimited", "--no-carry-over")["minutes"] is None
    coverage = store.coverage(6)
    assert coverage is not None
    assert coverage.seconds_left is None
    data(settings, "agreement", "change", number, "--no-emergencies", "--yes")
    assert store.coverage(6) is None
    data(settings, "agreement", "change", number, "--emergencies")
    same = (*AGREEMENT[:-1], "unlimited", "--period", "month", "--increment", "6")
    assert "The very same" in ivr(settings, "agreement", "add", "1006", *same).stderr
    assert data(settings, "agreement", "add", "1006", *AGREEMENT)["overlaps"] == [made["id"]]
    assert ivr(settings, "agreement", "end", number).returncode == 1
    assert data(settings, "agreement", "end", number, "--yes")["is_valid"] is False
    assert "by itself" in ivr(settings, "agreement", "end", number, "--yes").stderr


def test_an_agreement_that_has_not_begun_is_removed(settings: Settings, store: Store) -> None:
    """It covered nobody, so nothing is lost; one that has begun is never removed."""
    [later] = [one for one in store.agreement_records("1003") if one.starts_at > one.ends_at.now(one.ends_at.tzinfo)]
    assert data(settings, "agreement", "end", str(later.id), "--yes") == {"removed": later.id}
    assert store.withdraw_agreement(1) is False
    assert len(store.agreement_records("1003")) == 1


# rates


def test_a_new_rate_is_said_from_its_moment_and_never_changes_the_past(settings: Settings, store: Store) -> None:
    """What is agreed to stays; a rate to come can be taken back, one that was said cannot."""
    agreed(store)
    now = data(settings, "rate", "show")
    assert (now["price_cents"], now["incidents"]) == (250, 1)
    made = data(settings, "rate", "add", *RATE)
    assert (made["price_cents"], made["tax_basis_points"], made["blocks"]) == (275, 825, [15, 30, 60])
    assert store.current_rate().price_cents == 275
    later = data(settings, "rate", "add", *RATE, "--from", "2150-01-01T00:00Z", "--blocks", "15,45")
    assert [one["until"] is None for one in data(settings, "rate", "list")] == [False, False, False, False, True]
    assert "stays as it is" in ivr(settings, "rate", "end", str(now["id"]), "--yes").stderr
    assert data(settings, "rate", "end", str(later["id"]), "--yes") == {"removed": later["id"]}
    assert ivr(settings, "rate", "add", *RATE, "--from", "2020-01-01").returncode == 2
    assert ivr(settings, "rate", "add", *RATE[:-1]).returncode == 1, "without --yes, with nobody to ask"


# blocks


def test_a_block_stands_until_it_ends(settings: Settings, store: Store) -> None:
    """In any form of the number; a customer's own phone only after a yes; twice is said so."""
    assert data(settings, "block", "add", "(202) 555-0199", "--reason", "nuisance")[0]["phone"] == "+12025550199"
    assert store.is_blocked("+12025550199")
    assert "blocked already" in ivr(settings, "block", "add", "+12025550199", "--reason", "again").stderr
    assert "1001" in ivr(settings, "block", "add", "+12025550101", "--reason", "x").stderr
    assert not store.is_blocked("+12025550101")
    data(settings, "block", "add", "+12025550101", "--reason", "x", "--until", "2150-01-01", "--yes")
    assert [one["phone"] for one in data(settings, "block", "list")] == ["+12025550101", "+12025550199"]
    changed = data(settings, "block", "change", "+12025550199", "--reason", "worse", "--until", "2150-01-01")[0]
    assert (changed["reason"], changed["until"][:10]) == ("worse", "2150-01-01")
    data(settings, "block", "end", "+12025550199")
    assert not store.is_blocked("+12025550199")
    for command in (("end", "+12025550199"), ("change", "+12025550199", "--reason", "x")):
        assert "is not blocked" in ivr(settings, "block", *command).stderr
    assert len(data(settings, "block", "show", "+12025550199")) == 1
    assert len(data(settings, "block", "list")) == 1
    assert len(data(settings, "block", "list", "--ended")) == 2


def test_a_block_that_is_over_blocks_nobody(store: Store, sql: Sql) -> None:
    """Nor does one that begins later."""
    sql("INSERT INTO blocked_caller (phone, reason, since, until, by) VALUES ('+12025550190', 'x', now() - interval '2 h', now(), 'x')")
    sql("INSERT INTO blocked_caller (phone, reason, since, by) VALUES ('+12025550191', 'x', now() + interval '2 h', 'x')")
    assert not store.is_blocked("+12025550190")
    assert not store.is_blocked("+12025550191")
