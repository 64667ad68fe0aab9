"""Every command that a page mentions exists, with its options, and so does every setting."""

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
