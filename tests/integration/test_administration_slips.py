"""What an administrator does by mistake: nothing is lost, revived or shortened without a word."""

import json
from pathlib import Path
from typing import Any

import pytest

from ivr import name_sounds
from ivr.config import Settings
from ivr.errors import IllegalChange
from ivr.store import Store
from tests.integration.administering import AGREEMENT, RATE, data, ivr, words
from tests.integration.conftest import Sql

LAYER = ("rota", "add-layer", "primary", "--engineer", "Ann", "--zone", "America/New_York", "--from", "2026-01-01")
SHARED = "+12025550177"


def table(tmp_path: Path, text: str) -> str:
    """A file with this table."""
    path = tmp_path / "table.csv"
    path.write_text(text)
    return str(path)


def test_with_every_level_ended_nobody_on_call_is_a_gap(settings: Settings) -> None:
    ivr(settings, *LAYER)
    assert ivr(settings, "rota", "end-layer", "primary", "--on", "2026-06-01").returncode == 0
    assert ivr(settings, "rota", "end-level", "1").returncode == 0
    checked = ivr(settings, "rota", "check")
    assert checked.returncode == 1
    assert "Nobody is on call on any level" in checked.stdout
    assert "Nobody is on call on any level" in ivr(settings, "who-rings").stderr


def test_ending_a_layer_never_makes_it_longer(settings: Settings) -> None:
    ivr(settings, *LAYER, "--until", "2190-01-01")
    assert data(settings, "rota", "end-layer", "primary", "--on", "2191-01-01")["valid_until"] == "2190-01-01"
    assert data(settings, "rota", "end-layer", "primary", "--on", "2026-06-01")["valid_until"] == "2026-06-01"
    again = ivr(settings, "rota", "end-layer", "primary", "--on", "2191-01-01")
    assert (again.returncode, "is over since 2026-06-01" in again.stderr) == (2, True)


def test_a_refused_layer_makes_no_level(settings: Settings, sql: Sql) -> None:
    ivr(settings, *LAYER)
    before = sql("SELECT number, ended FROM rota_level ORDER BY number")
    assert ivr(settings, *LAYER, "--level", "5").returncode == 1
    assert sql("SELECT number, ended FROM rota_level ORDER BY number") == before


def test_what_is_wholly_in_the_past_is_refused(settings: Settings) -> None:
    ivr(settings, *LAYER)
    times = ("--from", "2025-12-05T18:00", "--until", "2025-12-06T08:00")
    assert "has passed" in ivr(settings, "rota", "override", "1", "Ben", *times, "--reason", "a wedding").stderr
    assert "would be over" in ivr(settings, *LAYER[:2], "backup", *LAYER[3:], "--until", "2026-02-01").stderr


def test_the_mending_of_a_wrong_phone_keeps_the_good_ones(settings: Settings, sql: Sql) -> None:
    sql("INSERT INTO engineer_phone (engineer_id, position, phone) SELECT id, 9, '+19005550100' FROM engineer WHERE name = 'Ann'")
    good = " ".join(f"--phone {one}" for one in data(settings, "engineer", "show", "Ann")["phones"] if one != "+19005550100")
    [mend] = {one["mend"] for one in _problems(settings) if "+19005550100" in one["text"]}
    assert mend == f"ivr engineer change Ann {good} --phone NUMBER"


def test_what_stays_as_it_was_is_no_change(settings: Settings, sql: Sql) -> None:
    """One line for the position, none for phones that stand; one for the layer's time, none for its members."""
    ivr(settings, *LAYER)
    [before] = sql("SELECT max(id) FROM audit")[0]
    ivr(settings, "engineer", "change", "Ann", "--position", "7")
    ivr(settings, "rota", "change-layer", "primary", "--at", "08:00")
    assert sql("SELECT entity, action FROM audit WHERE id > %s ORDER BY id", before) == [("engineer", "change"), ("rota_layer", "change")]


def test_only_what_apprise_knows_is_an_address_for_pages(settings: Settings) -> None:
    refused = ivr(settings, "engineer", "change", "Ann", "--pages", "--position", "7", typed="json://127.0.0.1/x\nmailtoo//s3cret\n")
    assert (refused.returncode, "address 2" in refused.stderr, "s3cret" in refused.stderr + refused.stdout) == (2, True, False)
    assert (data(settings, "engineer", "show", "Ann")["pages"], data(settings, "engineer", "show", "Ann")["position"] == 7) == (0, False)
    assert ivr(settings, "engineer", "change", "Ann", "--pages", typed="json://127.0.0.1/x\n").returncode == 0
    assert data(settings, "engineer", "show", "Ann")["pages"] == 1


def test_a_disk_that_takes_no_sound_loses_no_pin(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The PIN is shown before the sound is made, and what fails then is a hint."""

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/names")

    monkeypatch.setattr(name_sounds, "make", refused)
    monkeypatch.setattr(name_sounds, "forget", refused)
    made = ivr(settings, "customer", "add", "7777", "--name", "Mill")
    assert (made.returncode, "The PIN is " in made.stdout, "Permission denied" in made.stderr) == (0, True, True)
    assert ivr(settings, "customer", "change", "7777", "--name", "Mill Street").returncode == 0


def test_a_table_shows_its_pins_though_old_sounds_stay(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/names")

    monkeypatch.setattr(name_sounds, "forget", refused)
    assert data(settings, "customer", "import", table(tmp_path, "account,name\n7001,Mill\n"))["pins"].keys() == {"7001"}


def test_a_shared_phone_is_warned_of_wherever_it_comes_from(settings: Settings, tmp_path: Path) -> None:
    file = table(tmp_path, f"account,name,phones\n7001,A,{SHARED}\n7002,B,{SHARED}\n")
    for more in (("--dry-run",), ()):
        assert f"{SHARED} is a phone of 7001, 7002" in ivr(settings, "customer", "import", file, *more).stderr
    ivr(settings, "customer", "end", "7001", "--yes")
    assert f"{SHARED} is a phone of 7002 too" in ivr(settings, "customer", "change", "7001", "--reopen").stderr


def test_a_change_that_takes_cover_away_asks(settings: Settings) -> None:
    number = str(data(settings, "agreement", "add", "1006", *AGREEMENT)["id"])
    for change in (("--last-day", "2198-12-30"), ("--last-day", "2026-01-02"), ("--no-emergencies",)):
        asked = ivr(settings, "agreement", "change", number, *change)
        assert (asked.returncode, "Nothing was changed" in asked.stderr) == (1, True), change
        assert ivr(settings, "agreement", "change", number, *change, "--yes").returncode == 0
    assert ivr(settings, "agreement", "change", number, "--last-day", "2198-12-30", "--emergencies").returncode == 0


def test_no_table_brings_an_ended_agreement_back(settings: Settings, tmp_path: Path) -> None:
    file = table(tmp_path, "account,first_day,last_day,zone,minutes\n1006,2026-01-01,2199-12-30,UTC,60\n")
    assert ivr(settings, "agreement", "import", file).returncode == 0
    [number] = [one["id"] for one in data(settings, "agreement", "list", "--account", "1006") if one["minutes"] == 60]
    ivr(settings, "agreement", "end", str(number), "--yes")
    again = ivr(settings, "agreement", "import", file)
    assert again.returncode != 0
    assert f"agreement {number} is over since" in again.stderr
    assert f"ivr agreement change {number} --last-day 2199-12-30" in again.stderr


def test_what_a_table_cannot_do_is_said_as_it_is(settings: Settings, tmp_path: Path) -> None:
    """Of who left, and of minutes that would be carried over without a number."""
    head = "account,first_day,last_day,zone,minutes,period,carry_over\n"
    assert ivr(settings, "agreement", "import", table(tmp_path, head + "1006,2027-01-01,2027-12-31,UTC,60,month,yes\n")).returncode == 0
    unlimited = ivr(settings, "agreement", "import", table(tmp_path, head + "1006,2027-01-01,2027-12-31,UTC,unlimited,,\n"))
    assert (unlimited.returncode, "say no in the column carry_over" in unlimited.stderr) == (1, True)
    ivr(settings, "customer", "end", "1006", "--yes")
    left = ivr(settings, "agreement", "import", table(tmp_path, head + "1006,2028-01-01,2028-12-31,UTC,60,month,\n"))
    assert (left.returncode, "customer 1006 left" in left.stderr) == (1, True)


def test_only_the_very_same_agreement_is_left_out(settings: Settings) -> None:
    """60 minutes a month are not 60 minutes in all."""
    data(settings, "agreement", "add", "1006", *AGREEMENT)
    assert ivr(settings, "agreement", "add", "1006", *AGREEMENT).returncode == 1
    assert data(settings, "agreement", "add", "1006", *AGREEMENT, "--period", "month")["period"] == "month"


def test_a_day_whose_midnight_is_skipped_is_a_whole_day(settings: Settings) -> None:
    """In Chile the clocks go from 00:00 to 01:00 on 6 September 2026."""

    for first, last in (("2026-01-01", "2026-09-05"), ("2026-09-06", "2026-12-31")):
        given = ("--first-day", first, "--last-day", last, "--zone", "America/Santiago", "--minutes", "5")
        assert f"{first} to {last}, America/Santiago" in ivr(settings, "agreement", "add", "1006", *given).stdout


def test_a_zone_that_this_machine_does_not_know_hides_no_agreement(settings: Settings, sql: Sql) -> None:
    number = str(data(settings, "agreement", "add", "1006", *AGREEMENT[:3], "2198-12-30", *AGREEMENT[4:])["id"])
    sql("UPDATE agreement SET zone = 'Mars/Olympus' WHERE id = %s", number)
    for command in (("agreement", "list"), ("customer", "show", "1006"), ("agreement", "change", number, "--minutes", "5")):
        assert ivr(settings, *command).returncode == 0, command
    shown = ivr(settings, "agreement", "show", number).stdout
    assert "Mars/Olympus (unknown here: counts as UTC)" in shown


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--increment", "15"), "no prompt says another step"),
        (("--blocks", "15,15,30"), "stands there twice"),
        (("--blocks", "60,15,60"), "stands there twice"),
    ],
)
def test_a_rate_that_cannot_be_said_as_it_is_is_refused(settings: Settings, options: tuple[str, str], said: str) -> None:
    refused = ivr(settings, "rate", "add", *RATE, *options)
    assert (refused.returncode, said in words(refused.stderr)) == (2, True)


def test_a_long_price_is_warned_of(settings: Settings) -> None:
    long = ivr(settings, "rate", "add", "--cents", "77777", "--minimum", "101", "--blocks", "101", "--yes")
    assert (long.returncode, "Warning: telling it takes" in long.stderr) == (0, True)
    assert "Warning" not in ivr(settings, "rate", "add", "--cents", "200", *RATE[2:]).stderr


def test_a_refusal_of_the_records_never_shows_a_row(store: Store) -> None:
    """PostgreSQL's DETAIL would: the hash of a PIN stands in it."""
    with pytest.raises(IllegalChange) as refused:
        store.write_customers([{"account": "2002", "name": "", "pin_hash": "s3cret"}], "both")
    assert "s3cret" not in str(refused.value)
    assert "DETAIL" not in str(refused.value)


@pytest.mark.parametrize(
    "command",
    [
        ("money", "refund", "1001", "--cents", "5", "--cents", "5000", "--reason", "x"),
        ("incident", "list", "--limit", "5", "--limit", "6"),
        ("follow-up", "list", "--all", "--all"),
        ("message", "list", "--json", "--json"),
    ],
)
def test_an_option_given_twice_is_refused_everywhere(settings: Settings, command: tuple[str, ...]) -> None:
    done = ivr(settings, *command)
    assert (done.returncode, "Give it once" in words(done.stderr)) == (2, True)


def _problems(settings: Settings) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ivr(settings, "rota", "check", "--json").stdout)
    return found
