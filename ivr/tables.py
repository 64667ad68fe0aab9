"""Tables for a terminal: no cell can steer it, and none is cut."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from rich.markup import escape
from rich.table import Column, Table


def table(rows: Iterable[Sequence[str]], *columns: str | Column) -> Table:
    """One line a row. A column may have a style of its own."""
    heads = (Column(one, overflow="fold") if isinstance(one, str) else one for one in columns)  # on a narrow terminal folded
    made = Table(*heads, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        made.add_row(*map(safe, row))
    return made


def page(lines: Mapping[str, str]) -> Table:
    """Names and values below each other."""
    made = Table(Column(style="bold"), Column(), box=None, pad_edge=False, show_header=False)
    for name, value in lines.items():
        made.add_row(safe(name), safe(value))
    return made


def safe(text: str) -> str:
    """``text`` for a cell, without anything that would steer the terminal: control characters, bidi marks, markup."""
    return escape(plain(text))


def plain(text: str) -> str:
    """``text`` for a line of its own, without what would steer the terminal; markup means nothing there."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def minute(at: datetime) -> str:
    """An instant in this machine's time, to the minute."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"
