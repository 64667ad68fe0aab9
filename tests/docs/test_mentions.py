"""Every command that a page mentions exists, with its options, and so does every setting, every file and every function."""

import re
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from ivr.__main__ import app
from ivr.config import Settings
from ivr.embedded.ports import Ports, variable
from tests.docs.pages import ROOT, SHELL, blocks, commands, mentioned, pages

OURS = {f"IVR_{name.upper()}" for name in Settings.model_fields} | {variable(name) for name in Ports.__dataclass_fields__}
OF_THE_TESTS = {
    f"IVR_{name}" for name in re.findall(r'environ\.get\("IVR_(\w+)"', "".join(p.read_text() for p in ROOT.glob("tests/**/*.py")))
}
OF_COMPOSE = set(re.findall(r"\bIVR_[A-Z_]+\b", (ROOT / "docker-compose.yml").read_text()))
OF_THE_DIALPLAN = set(re.findall(r"\bIVR_[A-Z_]+\b", "".join(file.read_text() for file in (ROOT / "dialplan").glob("*.conf"))))
FILES = {f"/{file.relative_to(ROOT)}" for folder in ("ivr", "tests", "bench", "docker") for file in (ROOT / folder).rglob("*.py")}
OF_THE_READER = "tests/e2e/test_operator.py"
"""What a reader of docs/first-scenario.md writes."""
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))

all_pages = pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))


def unknown(line: str) -> str:
    """The first word of an ``ivr …`` or ``make …`` that does not exist; "" when all do. What stands in capitals or is … is the reader's."""
    words = line.replace("[", " ").replace("]", " ").split()
    if words[:1] == ["make"]:
        return next((word for word in words[1:] if re.fullmatch("[a-z-]+", word) and word not in TARGETS), "")
    command, rest = get_command(app), words[1:]
    while isinstance(command, typer.core.TyperGroup) and rest and rest[0] in command.commands:
        command = command.commands[rest.pop(0)]
    if isinstance(command, typer.core.TyperGroup) and rest and re.match("[a-z]", rest[0]):
        return rest[0]
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
    return next((word for word in rest if re.match("--[a-z]", word) and word.rstrip(",;") not in known), "")


def dead(said: str) -> list[str]:
    """The files, and the function as ``module.function()``, that are not there. Of a file the last part of its path may do."""
    files = [name for name in re.findall(r"[\w./-]*\w\.py\b", said) if name != OF_THE_READER]
    gone = [name for name in files if not any(file.endswith(f"/{name.lstrip('/')}") for file in FILES)]
    called = re.fullmatch(r"(\w+)\.([\w.]+)\(.*\)", said)
    if called is None or f"/ivr/{called[1]}.py" not in FILES:
        return gone
    places = (ROOT / "ivr" / "records").glob("*.py") if called[1] == "store" else (ROOT / "ivr" / f"{called[1]}.py",)
    text = "".join(place.read_text() for place in places)
    return gone + [said for name in called[2].split(".") if not re.search(rf"^ *(async def|def|class) {name}\b", text, re.M)]


def is_ours(line: str) -> bool:
    return re.match(r"(ivr|make) ", line) is not None


@all_pages
def test_every_command_that_is_mentioned_exists(page: Path) -> None:
    """Within sentences and tables, and in blocks, also in those that are not run."""
    in_blocks = [command.line for block in blocks(page) if block.language in SHELL for command in commands(block)]
    said = [line for line in (*mentioned(page), *in_blocks) if is_ours(line)]
    assert [f"{line}: {word}" for line in said if (word := unknown(line))] == []


@all_pages
def test_every_setting_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"\bIVR_[A-Z][A-Z_]*[A-Z]\b", page.read_text()))
    assert named - OURS - OF_THE_TESTS - OF_THE_DIALPLAN - OF_COMPOSE == set()


@pytest.mark.parametrize("page", [page for page in pages() if page.name != "CHANGELOG.md"], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_and_function_that_is_named_exists(page: Path) -> None:
    """But in the changelog, which tells of the past."""
    assert [name for said in mentioned(page) for name in dead(said)] == []


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("ivr/call.py", []), ("call.py", []), ("ivr/cal.py", ["ivr/cal.py"]), ("all.py", ["all.py"]), ("call.call()", []),
        ("call.cal()", ["call.cal()"]), ("unit/test_call.py::test_any", []), ("store.accept()", []), ("store.acept()", ["store.acept()"]),
        ("waiting.Companion.turn()", []), ("caller.hears(2)", []),
    ],
)  # fmt: skip
def test_a_name_that_is_dead_is_found(said: str, names: list[str]) -> None:
    assert dead(said) == names


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("ivr incident list --json", ""), ("ivr incident lists", "lists"), ("ivr rota check --day 60", "--day"), ("make demos", "demos"),
        ("ivr who-rings [--at TIME]", ""), ("ivr money refund 1001 --cents 500", ""), ("make PYTHON=python3.11 up", ""),
        ("ivr customer import FILE --dry-run", ""),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_found(line: str, word: str) -> None:
    assert unknown(line) == word
