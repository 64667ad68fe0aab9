"""``ivr who-rings``, ``ivr rota`` and ``ivr engineer`` as an administrator runs them, also with fingers too fast."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from ivr.__main__ import app
from ivr.config import Settings
from ivr.config import settings as settings_of_this_process
from ivr.store import Store
from tests.integration.administering import ivr, own_process
from tests.integration.conftest import Sql

LAYER = ("rota", "add-layer", "primary", "--engineer", "Ann", "--engineer", "ben", "--zone", "America/New_York", "--from", "2026-01-01")
GROUPS = ("rota", "engineer")
WRONG = {
    "who-rings --at": ("nonsense", "2026-13-01", "25:00", "12", "", "0001-01-01"),
    "rota check --days": ("0", "-1", "x", "1.5", "99999999999999999999"),
    "rota level --ring-seconds": ("4", "121", "long", "-5"),
    "rota add-layer --engineer": ("Zoe", "99", ""),
    "rota add-layer --zone": ("New_York", "Mars/Olympus", "../etc/passwd", "", "+05:00"),
    "rota add-layer --every": ("mo", "sometimes", "", "8"),
    "rota add-layer --at": ("9", "24:00", "09:60", "nine", "-1:00", "\u0660\u0669:\u0660\u0660"),
    "rota add-layer --level": ("0", "100", "first"),
    "rota add-layer --from": ("tomorrow", "2026-02-30", "9999-01-01"),
    "rota add-layer --until": ("2025-12-31", "2026-01-01", "never"),
    "rota change-layer --rename": ("", " ", "a\nb", "a\u202eb", "x" * 101),
    "rota change-layer --engineer": ("Zoe", ""),
    "rota change-layer --zone": ("EDT", "x"),
    "rota change-layer --every": ("x",),
    "rota change-layer --at": ("x",),
    "rota change-layer --level": ("-1",),
    "rota change-layer --from": ("x",),
    "rota change-layer --until": ("x", "2020-01-01"),
    "rota end-layer --on": ("x", "yesterday"),
    "rota override --from": ("x", "2096-12-25T00:00"),
    "rota override --until": ("x", "2026-01-01"),
    "rota override --reason": ("", "\x1b[31m"),
    "rota end-override --at": ("x",),
    "engineer add --phone": ("911", "+19005550100", "+442071838750", "x", "", "+1202&PJSIP/x", "${SHELL(id)}"),
    "engineer add --position": ("-1", "first", "100001"),
    "engineer change --rename": ("", "Ben", "BEN", "\u0007", "=1+1"),
    "engineer change --phone": ("12", "+19765550100"),
    "engineer change --position": ("-1",),
}
"""What is wrong for each option that takes a value, as “command --option”. A new option fails the tests until it stands here."""

FITTING = {
    "rota level": ("1",),
    "rota add-layer": LAYER[2:],
    "rota change-layer": ("secondary",),
    "rota end-layer": ("secondary",),
    "rota override": ("2", "Ann", "--from", "2096-12-24", "--until", "2096-12-25", "--reason", "x"),
    "rota end-override": ("1",),
    "engineer add": ("Cleo", "--phone", "+12025550103"),
    "engineer change": ("Ann",),
}


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The command line in this process; its result."""
    values = {
        "IVR_DATABASE_URL": str(settings.database_url),
        "IVR_PIN_PEPPER": "p",
        "IVR_AMI_SECRET": "s",
        "COLUMNS": "200",
        "TERM": "dumb",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings_of_this_process.cache_clear()
    yield lambda *words, typed=None: CliRunner().invoke(app, list(words), input=typed)
    settings_of_this_process.cache_clear()


def typed(*words: str) -> Any:
    """The command line in this process, for what it refuses before it reads any setting; its result."""
    return CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(app, list(words))


def options() -> Iterator[tuple[str, Any]]:
    """Every option of these commands but help, as “command --option” with what the library knows of it."""
    root: Any = get_command(app)
    for group in GROUPS:
        for name, command in root.commands[group].commands.items():
            yield from ((f"{group} {name} {one.opts[0]}", one) for one in command.params if one.opts[0].startswith("--"))
    yield from ((f"who-rings {one.opts[0]}", one) for one in root.commands["who-rings"].params)


def test_bad_input_12_every_option_with_a_value_is_tried_wrong() -> None:
    assert {name for name, one in options() if not one.is_flag} == set(WRONG)


@pytest.mark.parametrize("group", ["who-rings", "rota", "engineer"])
def test_bad_input_12_a_wrong_value_is_refused(run: Any, store: Store, group: str) -> None:
    """In words, not zero, without a traceback, and nothing is changed."""
    assert (
        run("rota", "add-layer", "secondary", "--engineer", "Ben", "--zone", "UTC", "--level", "2", "--from", "2026-01-01").exit_code == 0
    )
    before = store.rota()
    for option, value in ((option, value) for option, values in WRONG.items() if option.startswith(group) for value in values):
        *command, name = option.split()
        result = run(*command, *without(FITTING.get(" ".join(command), ()), name), f"{name}={value}")
        assert (result.exit_code in (1, 2), result.stdout) == (True, ""), (option, value, result.output)
        assert result.stderr.strip(), (option, value)
        assert isinstance(result.exception, SystemExit), (option, value)
        assert "\x1b" not in result.stderr, (option, value)
        assert store.rota() == before, (option, value)


def without(words: tuple[str, ...], option: str) -> tuple[str, ...]:
    """The words without this option and its value; an engineer who fits may stay beside one who doesn't."""
    if option not in words or option == "--engineer":
        return words
    place = words.index(option)
    return (*words[:place], *words[place + 2 :])


@pytest.mark.parametrize("option", [name for name, one in options() if not one.multiple and not one.is_flag])
def test_bad_input_12_an_option_given_twice_is_refused(option: str) -> None:
    """Not the last of them taken."""
    *command, name = option.split()
    result = typed(*command, name, "1", name, "2")
    assert result.exit_code == 2
    assert "Give it once" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("rota",), ("engineer",), ("rota", "nonsense"), ("rota", "show", "x"), ("rota", "level"), ("rota", "level", "0"),
        ("rota", "level", "one"), ("rota", "add-layer"), LAYER[:3], LAYER[:5], ("rota", "override", "1", "Ann"),
        ("rota", "end-override"), ("rota", "end-override", "x"), ("rota", "change-layer"), ("rota", "end-layer"), ("engineer", "add"),
        ("engineer", "add", "Zed"), ("engineer", "show"), ("engineer", "end"), ("who-rings", "--at"), ("who-rings", "now"),
        ("rota", "level", "1", "--ring-default", "--ring-seconds", "20"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_bad_input_12_what_is_missing_or_too_much_is_refused(words: tuple[str, ...]) -> None:
    """Exit code 2 and how to use it."""
    result = typed(*words)
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rota", "override", "7", "Ann", "--from", "now", "--until", "2100-01-01", "--reason", "x"), "There is no level 7. There are 1."),
        (("rota", "override", "1", "Zoe", "--from", "now", "--until", "2100-01-01", "--reason", "x"), "There are 'Ann' (2), 'Ben' (1)."),
        (("rota", "override", "1", "Off Duty", "--from", "now", "--until", "2100-01-01", "--reason", "x"), "Off Duty has left"),
        (("rota", "end-override", "99999999999999999999"), "There is no override 9"),
        (("rota", "change-layer", "nights"), "There is no layer 'nights'. There are 'primary'."),
        (LAYER, "There is a layer named primary already."),
        (("engineer", "show", "Zoe"), "There is no engineer 'Zoe'."),
        (("engineer", "add", "ann", "--phone", "+12025550103"), "There is an engineer named Ann already (number 2)."),
        (("engineer", "add", "Off Duty", "--phone", "+12025550103"), "engineer change 3 --active"),
        (("rota", "add-layer", "x", "--engineer", "Ann", "--zone", "Berlin"), "Did you mean Europe/Berlin?"),
    ],
)
def test_who_is_not_there_is_named_with_who_is(run: Any, words: tuple[str, ...], said: str) -> None:
    assert run(*LAYER).exit_code == 0
    result = run(*words)
    assert result.exit_code in (1, 2)
    assert said in " ".join(result.stderr.split())


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
    assert run("rota", "check").exit_code == 0
    assert run(*LAYER).exit_code == 0
    checked = run("rota", "check", "--days", "365")
    assert (checked.exit_code, checked.stdout) == (0, "Somebody is on call on every level for the next 365 days.\n")
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
    assert checked.exit_code == 1
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
    assert (refused.exit_code, refused.stderr) == (2, "Level 2 still has the layer nights. End that first.\n")
    run("rota", "end-layer", "nights")
    assert run("rota", "check").exit_code == 1
    assert json.loads(run("rota", "end-level", "2", "--json").stdout) == {"level": 2, "ended": True}
    assert run("rota", "check").exit_code == 0
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
    assert changed.exit_code == 0
    assert "token" not in changed.output
    assert sql("SELECT page_urls FROM engineer WHERE name = 'Ann'") == [(["json://token@example.com/x", "mailto://y:z@example.com"],)]
