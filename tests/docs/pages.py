"""The project's Markdown as the tests of the documentation read it: fenced blocks, code within sentences, links, headings."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT: Final = Path(__file__).parents[2]
SHELL: Final = frozenset({"sh", "console"})
"""Languages of a fence that hold commands: ``sh`` nothing else, ``console`` behind ``$ `` and with what they print."""
_MARK: Final = re.compile(r"<!-- *(not run|while): *(.+?) *-->")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block. ``not_run``: why its commands are not run; ``situation``: what is the matter while they are."""

    page: Path
    line: int
    language: str
    text: str
    not_run: str = ""
    situation: str = ""

    @property
    def where(self) -> str:
        """For the name of a test."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True, slots=True)
class Command:
    """One command, and the lines that it is said to print; None where nothing is said."""

    line: str
    prints: tuple[str, ...] | None


def pages() -> list[Path]:
    """README, changelog and everything below ``docs``."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """Every fenced block of a page. A mark is an HTML comment in the line above: ``<!-- not run: why -->``."""
    found, marks = [], dict[str, str]()
    for token in _tokens(page):
        if token.type == "fence":
            line = token.map[0] + 1 if token.map else 0
            language = token.info.split()[0] if token.info else ""
            found.append(Block(page, line, language, token.content, marks.get("not run", ""), marks.get("while", "")))
        if token.type == "html_block":
            marks |= dict(_MARK.findall(token.content))
        elif token.block and token.level == 0:
            marks = {}
    return found


def commands(block: Block) -> Iterator[Command]:
    """The commands of a shell block, in order."""
    lines = block.text.splitlines()
    if block.language == "sh":
        yield from (Command(line, None) for line in lines if line and not line.startswith("#"))
        return
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield Command(lines[start].removeprefix("$ "), tuple(lines[start + 1 : end]))


def mentioned(page: Path) -> Iterator[str]:
    """Code within sentences and tables, ``ivr incident list`` for example."""
    for token in _tokens(page):
        yield from (child.content for child in token.children or () if child.type == "code_inline")


def links(page: Path) -> Iterator[str]:
    """Where the page's links and pictures lead."""
    for token in _tokens(page):
        for child in token.children or ():
            target = child.attrGet("href") or child.attrGet("src")
            if child.type in ("link_open", "image") and target is not None:
                yield str(target)


def anchors(page: Path) -> set[str]:
    """What ``#…`` may lead to: each heading in lower case, blanks as hyphens, other signs left out; a second one has ``-1`` behind it."""
    tokens, found = _tokens(page), list[str]()
    for token, inline in itertools.pairwise(tokens):
        if token.type == "heading_open":
            words = "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))
            slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            again = sum(1 for other in found if other == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", other))
            found.append(f"{slug}-{again}" if again else slug)
    return set(found)


@lru_cache(maxsize=256)
def _tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text())
