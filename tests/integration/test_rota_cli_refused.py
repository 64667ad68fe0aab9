"""``ivr who-rings``, ``ivr rota`` and ``ivr engineer`` with fingers too fast (bad input 12): refused in words, and nothing is changed."""

from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from ivr.__main__ import app
from ivr.store import Store
from tests.integration.administering import LAYER, Said, ivr

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


def typed(*words: str) -> Said:
    """What is refused before any setting is read."""
    return ivr(None, *words, COLUMNS="200", TERM="dumb")


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
        run("rota", "add-layer", "secondary", "--engineer", "Ben", "--zone", "UTC", "--level", "2", "--from", "2026-01-01").returncode == 0
    )
    before = store.rota()
    for option, value in ((option, value) for option, values in WRONG.items() if option.startswith(group) for value in values):
        *command, name = option.split()
        result = run(*command, *without(FITTING.get(" ".join(command), ()), name), f"{name}={value}")
        assert (result.returncode in (1, 2), result.stdout) == (True, ""), (option, value, result.stderr)
        assert result.stderr.strip(), (option, value)
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
    assert result.returncode == 2
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
    assert result.returncode == 2


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
    assert run(*LAYER).returncode == 0
    result = run(*words)
    assert result.returncode in (1, 2)
    assert said in " ".join(result.stderr.split())
