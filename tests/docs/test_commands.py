"""Every command of the documentation is run, and prints what the page says that it prints.

``sh`` and ``console`` blocks, in their order, page by page, on a stack with the cast and three incidents (:mod:`tests.docs.story`).
``make …`` is only looked up, ``ivr serve`` and its like are asked for their help. What can't be run here says why, in a comment
above it: ``<!-- not run: … -->``. What is shown while something is wrong says so too: ``<!-- while: … -->`` (:mod:`tests.docs.situations`).
"""

import re
from pathlib import Path

import pytest

from tests.docs.conftest import Place
from tests.docs.pages import ROOT, SHELL, Block, Command, blocks, commands, pages
from tests.docs.shell import difference
from tests.docs.situations import SITUATIONS

OTHERS = frozenset({"text", "python", "ini", "asterisk", "mermaid", "sql", "json", "yaml", "toml"})
RUN = [page for page in pages() if any(block.language in SHELL and not block.not_run for block in blocks(page))]


def faults(place: Place, block: Block) -> list[str]:
    """What went otherwise than the block says."""
    changed = SITUATIONS[block.situation](place.store, place.gateway) if block.situation else {}
    found = []
    for command in commands(block):
        status, printed = place.shell.run(command.line, changed)
        allowed = (0,) if command.prints is None else (0, 1)
        if status not in allowed or difference(command, printed):
            found.append(f"{block.where}: {command.line}\nends with {status} and prints\n{printed}")
    return found


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", RUN, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_of_a_page_do_what_it_says(page: Path, place: Place) -> None:
    wrong = [fault for block in blocks(page) if block.language in SHELL and not block.not_run for fault in faults(place, block)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_says_what_it_is(page: Path) -> None:
    """So that no command escapes: a block of another language shows no prompt, and a mark is one that is known."""
    for block in blocks(page):
        assert block.language in SHELL | OTHERS, f"{block.where} is “{block.language}”"
        assert block.language in SHELL or not re.search(r"^\$ ", block.text, re.M), block.where
        assert block.language != "console" or list(commands(block)), block.where
        assert block.situation in ("", *SITUATIONS), block.where
        assert block.language != "mermaid" or ";" not in block.text, f"{block.where}: a semicolon breaks a diagram"


@pytest.mark.parametrize(
    ("said", "printed", "same"),
    [
        ("ok  database  answers", "ok       database  answers\n", True),
        ("ok  database  answers", "fault  database  is away\n", False),
        ("1002 2026-11-23 10:02:41 Harbour Dental", "1002  2027-01-05 08:00:00  Harbour Dental", True),
        ("1002 2026-11-23 10:02:41 Harbour Dental", "1003  2027-01-05 08:00:00  Harbour Dental", False),
        ("held 81.19 USD", "held 81.20 USD", False),
        ("first\n…\nlast", "first\nsecond\nthird\nlast\n", True),
        ("first\n…", "second\n", False),
        ("first", "first\nsecond\n", False),
        ("the file … is there", "the file /a/b is there", True),
    ],
)
def test_what_is_printed_is_compared(said: str, printed: str, same: bool) -> None:
    """But for what differs each time; … is anything."""
    assert (difference(Command("ivr", tuple(said.splitlines())), printed) == "") is same
