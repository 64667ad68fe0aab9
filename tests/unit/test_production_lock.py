"""The images' packages: those that the project needs, in the very versions that the tests ran with."""

import re
import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


def locked(name: str) -> dict[str, str]:
    """Package → version."""
    return dict(re.findall(r"^([a-z0-9.-]+)==([^ ;\\]+)", (ROOT / "requirements" / f"{name}.txt").read_text(), re.MULTILINE))


def test_every_package_is_one_that_is_tested() -> None:
    assert locked("production").items() <= locked("embedded").items()


def test_every_dependency_is_there_and_nothing_of_the_embedded_stack() -> None:
    """``make lock`` was run after the last change of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[\[>=<~! ]", line)[0].lower() for line in project["dependencies"]}
    assert needed <= set(locked("production"))
    embedded = {re.split(r"[\[>=<~! ]", line)[0].lower() for line in project["optional-dependencies"]["embedded"]}
    assert not embedded & set(locked("production"))


def test_every_package_is_checked_by_its_hash() -> None:
    text = (ROOT / "requirements/production.txt").read_text()
    assert all("--hash=sha256:" in entry for entry in re.split(r"^(?=[a-z0-9.-]+==)", text, flags=re.MULTILINE)[1:])
