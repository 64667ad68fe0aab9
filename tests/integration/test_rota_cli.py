"""``ivr who-rings``, ``ivr rota`` and ``ivr engineer`` as an administrator runs them."""

import json
from typing import Any

from ivr.config import Settings
from tests.integration.administering import LAYER, ivr, own_process
from tests.integration.conftest import Sql


def test_from_an_empty_rota_to_who_rings(settings: Settings) -> None:
    """The way of a Monday: engineers, a layer, an override; each command says what it did, and who-rings why it is they."""
    assert "there is no rota: all are rung" in ivr(settings, "who-rings").stdout
    assert ivr(settings, "engineer", "add", "Cleo", "--phone", "(202) 555-0103").stdout.startswith(
        "Engineer 4: Cleo, position 3, +12025550103"
    )
    made = ivr(settings, *LAYER, "--every", "monday", "--at", "08:30")
    assert made.stdout.startswith("Layer primary on level 1: Ann, Ben in turn, Monday 08:30 America/New_York, from 2026-01-01.")
    times = ("--from", "2096-06-01T18:00-04:00", "--until", "2096-06-02T00:00-04:00")
    given = own_process(settings, "rota", "override", "1", "Cleo", *times, "--reason", "a fair", TZ="Europe/Berlin")
    assert given.stdout == "Override 1: Cleo on level 1 from Sat 2096-06-02 00:00 CEST to Sat 2096-06-02 06:00 CEST.\n"
    shown = own_process(settings, "who-rings", "--at", "2096-06-02T03:00", TZ="Europe/Berlin").stdout
    for words in ("At Sat 2096-06-02 03:00 CEST:", "Cleo", "+12025550103", "override 1 until", "a fair", "one by one, 25 s"):
        assert words in shown
    assert "Ann" not in shown
    assert "a fair" in ivr(settings, "rota", "show").stdout


def test_json_is_for_programs(run: Any) -> None:
    """On each command: only JSON on the standard output, the same words as the options."""
    layer = json.loads(run(*LAYER, "--json").stdout)
    assert (layer["engineers"], layer["hand_over"], layer["at"], layer["zone"]) == (["Ann", "Ben"], "daily", "09:00", "America/New_York")
    assert json.loads(run("rota", "change-layer", "PRIMARY", "--at", "10:15", "--json").stdout)["at"] == "10:15"
    level = json.loads(run("rota", "level", "1", "--together", "--ring-seconds", "15", "--json").stdout)
    assert (level["together"], level["ring_seconds"]) == (True, 15)
    given = json.loads(
        run("rota", "override", "1", "Ben", "--from", "2096-06-01T00:00Z", "--until", "2096-06-02T00:00Z", "--reason", "x", "--json").stdout
    )
    assert (given["id"], given["engineer"], given["from"]) == (1, "Ben", "2096-06-01T00:00:00+00:00")
    rung = json.loads(run("who-rings", "--at", "2096-06-01T12:00Z", "--json").stdout)
    assert rung["levels"] == [
        {
            "level": 1,
            "together": True,
            "ring_seconds": 15,
            "engineers": [{"id": 1, "name": "Ben", "phones": ["+12025550181"], "because": rung["levels"][0]["engineers"][0]["because"]}],
        }
    ]
    assert json.loads(run("rota", "end-override", "1", "--json").stdout)["id"] == 1
    assert json.loads(run("engineer", "add", "Cleo", "--phone", "+12025550103", "--json").stdout)["phones"] == ["+12025550103"]
    assert json.loads(run("engineer", "change", "Cleo", "--rename", "Clea", "--position", "0", "--json").stdout)["name"] == "Clea"
    assert [one["name"] for one in json.loads(run("engineer", "list", "--json").stdout)] == ["Clea", "Ann", "Ben"]
    assert json.loads(run("engineer", "end", "Clea", "--json").stdout)["active"] is False
    assert json.loads(run("engineer", "show", "Clea", "--json").stdout)["active"] is False
    assert [one["name"] for one in json.loads(run("engineer", "list", "--all", "--json").stdout)] == ["Off Duty", "Clea", "Ann", "Ben"]
    assert json.loads(run("engineer", "change", "Clea", "--active", "--json").stdout)["active"] is True
    assert json.loads(run("rota", "end-layer", "primary", "--on", "2030-01-01", "--json").stdout)["valid_until"] == "2030-01-01"
    shown = json.loads(run("rota", "show", "--json").stdout)
    assert [[one["name"] for one in shown["layers"]], [one["level"] for one in shown["levels"]], shown["overrides"]] == [
        ["primary"],
        [1],
        [],
    ]


def test_a_rota_without_fault_is_checked_with_exit_code_0(run: Any) -> None:
    assert run("rota", "check").returncode == 0
    assert run(*LAYER).returncode == 0
    checked = run("rota", "check", "--days", "365")
    assert (checked.returncode, checked.stdout) == (0, "Somebody is on call on every level for the next 365 days.\n")
    assert json.loads(run("rota", "check", "--json").stdout) == []


def test_fault_31_the_check_finds_it_before_a_caller_does(run: Any, sql: Sql) -> None:
    """A gap with its times, a layer without engineers, who left, phones that are never dialled; exit code 1."""
    run(*LAYER)
    run(
        "rota", "add-layer", "nights", "--level", "2", "--engineer", "Ben", "--zone", "UTC", "--from", "2026-01-01", "--until", "2100-01-01"
    )
    run("rota", "override", "1", "Ben", "--from", "now", "--until", "2100-01-01", "--reason", "x")
    run("rota", "end-layer", "nights")
    sql("DELETE FROM rota_layer_member WHERE layer_id = 1 AND position = 2")
    run("rota", "add-layer", "bare", "--engineer", "Ann", "--zone", "UTC", "--from", "2026-01-01")
    sql("DELETE FROM rota_layer_member WHERE layer_id = 3")
    sql("INSERT INTO engineer_phone VALUES (2, 9, '+19005550100')")
    sql("UPDATE engineer SET active = false WHERE name = 'Ben'")
    checked = run("rota", "check", "--json")
    assert checked.returncode == 1
    found = json.loads(checked.stdout)
    assert [one["kind"] for one in found] == ["gap", "phone", "layer", "override"]
    assert found[0]["gap"]["level"] == 2
    assert "'+19005550100': it is a premium-rate number" in found[1]["text"]
    assert "bare has no engineers" in found[2]["text"]
    assert found[3]["mend"] == "ivr rota end-override 1"
    shown = run("rota", "check").stdout
    for one in found:
        assert one["text"].split()[0] in shown
    assert "Nobody is on call on level 2" in run("who-rings").stderr


def test_a_level_that_is_no_longer_wanted_is_ended(run: Any) -> None:
    """Only when nothing stands on it; then nobody on it is no fault, and a new layer begins it again."""
    run(*LAYER)
    nights = ("rota", "add-layer", "nights", "--level", "2", "--engineer", "Ben", "--zone", "UTC", "--from", "2026-01-01")
    run(*nights)
    refused = run("rota", "end-level", "2")
    assert (refused.returncode, refused.stderr) == (2, "Level 2 still has the layer nights. End that first.\n")
    run("rota", "end-layer", "nights")
    assert run("rota", "check").returncode == 1
    assert json.loads(run("rota", "end-level", "2", "--json").stdout) == {"level": 2, "ended": True}
    assert run("rota", "check").returncode == 0
    shown = run("rota", "show").stdout
    assert ("primary" in shown, "nights" in shown, "nights" in run("rota", "show", "--all").stdout) == (True, False, True)
    again = run("rota", "override", "2", "Ann", "--from", "now", "--until", "2100-01-01", "--reason", "x")
    assert "There is no level 2. There are 1." in again.stderr
    run("rota", "change-layer", "nights", "--until", "2027-01-02")
    assert json.loads(run("rota", "show", "--json").stdout)["levels"][1]["ended"] is False


def test_an_engineer_who_leaves_and_stands_in_the_rota_is_said_so(run: Any) -> None:
    """The one who comes next is on call at once."""
    run(*LAYER)
    ended = run("engineer", "end", "ann")
    assert "Still in the rota: primary." in ended.stdout
    assert {one["name"] for one in json.loads(run("who-rings", "--json").stdout)["levels"][0]["engineers"]} == {"Ben"}


def test_where_to_send_pages_is_read_and_never_shown(run: Any, sql: Sql) -> None:
    """From the standard input: an address holds a token."""
    changed = run("engineer", "change", "Ann", "--pages", typed="json://token@example.com/x\n\nmailto://y:z@example.com\n")
    assert changed.returncode == 0
    assert "token" not in changed.stdout + changed.stderr
    assert sql("SELECT page_urls FROM engineer WHERE name = 'Ann'") == [(["json://token@example.com/x", "mailto://y:z@example.com"],)]
