"""docs/first-scenario.md, as a newcomer follows it: what it says to write is written, run as it says, and fails as it says."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, mentioned
from tests.e2e.running import FIRST_PORT, WIDTH

PAGE = ROOT / "docs" / "first-scenario.md"
PORTS = FIRST_PORT + 8 * WIDTH
"""Of nobody else in this run."""


@pytest.fixture
def written() -> Iterator[Path]:
    """The file of step 1, there as long as the test."""
    text = PAGE.read_text()
    named = re.search(r"`(tests/e2e/test_\w+\.py)`:", text)
    assert named is not None
    file = ROOT / named[1]
    assert not file.exists(), f"{file} is there already"
    file.write_text(next(block.text for block in blocks(PAGE) if block.language == "python"))
    yield file
    file.unlink()


def run() -> tuple[int, str]:
    """Step 2, with ports of its own: the exit status and what was printed."""
    line = next(block.text for block in blocks(PAGE) if block.language == "sh")
    _, *arguments = shlex.split(line)
    environment = {**os.environ, "IVR_TEST_PORTS": str(PORTS)}
    command = [sys.executable, *arguments, "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=400, check=False)
    return done.returncode, done.stdout


def test_what_the_page_names_is_there() -> None:
    """Ways through the call, what phones can do, faults and records."""
    worlds = [f"tests/e2e/{file}.py" for file in ("world", "stage", "ways", "faults", "records")]
    sources = "".join((ROOT / file).read_text() for file in (*worlds, "ivr/embedded/phones.py", "ivr/embedded/handset.py"))
    named = {name for code in mentioned(PAGE) for name in re.findall(r"^(?:with )?(?:(?:world|caller)\.)?([a-z_]+)\b(?=\(|$)", code)}
    assert {"connected", "hangs_up", "stopped", "rung", "wait_hung_up"} <= named
    known = {"print", "world"}
    assert [name for name in sorted(named - known) if not re.search(rf"\b(def {name}\(|self\.{name}\b)", sources)] == []


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_first_scenario_passes_and_fails_as_the_page_says(written: Path) -> None:
    """It passes; with key 7 for key 0 the assertion says what the page says that it says, but for the seconds."""
    status, printed = run()
    assert status == 0, printed
    written.write_text(written.read_text().replace('presses("0")', 'presses("7")'))
    status, printed = run()
    assert status == 1
    shown = next(block.text for block in blocks(PAGE) if "AssertionError" in block.text)
    said = re.sub(r"[\d.]+ s", "N s", shown.splitlines()[-1].removeprefix("E").strip().partition(" (now")[0])
    assert said in re.sub(r"[\d.]+ s", "N s", printed)
