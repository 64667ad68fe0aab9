"""A table as somebody's office program saved it: CSV in UTF-8, with comma or semicolon. Knows nothing of customers."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ivr.errors import HotlineError

MOST_BYTES: Final = 20_000_000


class BadFile(HotlineError):
    """The file can't be taken. One sentence for each fault, all of them."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. ``cells`` by column, without blanks around them; an empty one is ""."""

    number: int  # in the file, the header is usually 1
    cells: dict[str, str]


def read(path: Path, required: Sequence[str], optional: Sequence[str]) -> list[Line]:
    """The lines under the header, empty ones left out. Raises BadFile."""
    text = _text(path)
    header, _, _ = text.lstrip("\r\n").partition("\n")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if header.count(";") > header.count(",") else ",", strict=True)
    try:
        records = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as wrong:
        raise BadFile([f"line {reader.line_num}: {wrong}. Save the table as CSV anew."]) from wrong
    if not records:
        raise BadFile(["The file is empty. Its first line names the columns."])
    names = [cell.strip().lower().replace(" ", "_") for cell in records[0][1]]
    faults = [*_header_faults(names, required, optional), *_width_faults(records[1:], len(names))]
    if faults:
        raise BadFile(faults)
    return [Line(number, dict(zip(names, (cell.strip() for cell in cells), strict=True))) for number, cells in records[1:]]


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadFile([f"The file is larger than {MOST_BYTES // 1_000_000} MB. Divide it."])
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise BadFile([f"The file is not UTF-8 (byte {wrong.start}). Save it as CSV UTF-8."]) from wrong
    except OSError as wrong:
        raise BadFile([f"The file can't be read: {wrong.strerror}."]) from wrong


def _header_faults(names: Sequence[str], required: Sequence[str], optional: Sequence[str]) -> Iterator[str]:
    for name in dict.fromkeys(names):
        if name not in (*required, *optional):
            yield f"line 1: there is no column {name[:40]!r}; there are {', '.join((*required, *optional))}"
        elif names.count(name) > 1:
            yield f"line 1: the column {name} is there twice"
    yield from (f"line 1: the column {name} is missing" for name in required if name not in names)


def _width_faults(records: Sequence[tuple[int, list[str]]], width: int) -> Iterator[str]:
    for number, cells in records:
        if len(cells) != width:
            yield f"line {number}: has {len(cells)} cells, the header has {width}"
