"""An incident as a picture: ``ivr incident show 1001 --json | python -m ivr.embedded.picture > timeline.svg``.

One lane for the caller, one for each engineer who was rung, one for the money; a second is a few points wide.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

WIDTH: Final = 960
LEFT: Final = 84
LANE: Final = 44
BAR: Final = 26
TOP: Final = 40
FONT: Final = 'font-family="Helvetica, Arial, sans-serif" font-size="12"'
TICK: Final = 15
"""Seconds between two marks of the scale."""

STEPS: Final = (
    ("consent", "hears the price", "#dbe4ee"),
    ("identified", "who, what", "#c9d8ea"),
    ("hold_opened", "how long", "#dbe4ee"),
    ("hold_held", "the card", "#c9d8ea"),
    ("talk_began", "music, progress", "#f2e3bd"),
    ("talk_ended", "talks", "#a9d6b5"),
    ("leg_ended", "the cost", "#dbe4ee"),
)
"""The caller's way: the event that ends a step, what it is called, its colour."""
ENDS: Final = {"accepted": ("rung, hears who it is", "#f2e3bd"), "not_accepted": ("voicemail, no 1", "#ecc7c0")}

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bar:
    """Seconds from ``begin`` to ``end`` on a lane."""

    lane: int
    begin: float
    end: float
    text: str
    colour: str


def picture(incident: Mapping[str, Any]) -> str:
    """The SVG of an incident as ``ivr incident show --json`` prints it."""
    events: Sequence[Event] = incident["events"]
    names = [*dict.fromkeys(str(event["detail"]["engineer"]) for event in events if event["kind"] == "offer_made")]
    lanes = ["caller", *names, "money"]
    last = float(events[-1]["offset"])
    scale = (WIDTH - LEFT - 24) / last
    height = TOP + LANE * len(lanes) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {FONT}>',
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#ffffff"/>',
        *_scale(last, scale, height),
        *(_text(14, TOP + LANE * row + BAR / 2 + 4, name, weight="bold") for row, name in enumerate(lanes)),
        *(_bar(bar, scale) for bar in [*_caller(events), *_engineers(events, names)]),
        *_money(events, scale, len(lanes) - 1),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _caller(events: Sequence[Event]) -> Iterator[Bar]:
    """The caller's steps, each from the end of the one before."""
    begin = 0.0
    for kind, text, colour in STEPS:
        ends = [float(event["offset"]) for event in events if event["kind"] == kind and event["detail"].get("role", "caller") == "caller"]
        if ends:
            yield Bar(0, begin, ends[-1], text, colour)
            begin = ends[-1]


def _engineers(events: Sequence[Event], names: Sequence[str]) -> Iterator[Bar]:
    """From each ring to its end, and each talk."""
    begun: dict[tuple[str, object], float] = {}
    for event in events:
        kind, detail, at = event["kind"], event["detail"], float(event["offset"])
        if kind in ("offer_made", "talk_began"):
            begun[kind, detail["offer"]] = at
        if kind == "offer_ended":
            text, colour = ENDS.get(detail["end"], (str(detail["end"]).replace("_", " "), "#ecc7c0"))
            yield Bar(1 + names.index(detail["engineer"]), begun["offer_made", detail["offer"]], at, text, colour)
        if kind == "talk_ended":
            yield Bar(
                1 + names.index(detail["engineer"]), begun["talk_began", detail["offer"]], at, f"talks {detail['seconds']:.0f} s", "#a9d6b5"
            )


def _money(events: Sequence[Event], scale: float, row: int) -> Iterator[str]:
    """What is held, and what becomes of it."""
    for event in events:
        detail = event["detail"]
        if event["kind"] == "hold_held":
            yield _point(event, scale, row, f"{_amount(detail['amount_cents'])} held, nothing charged")
        if event["kind"] == "hold_captured":
            rest = _amount(detail["amount_cents"] - detail["capture_cents"])
            yield _point(event, scale, row, f"{_amount(detail['capture_cents'])} captured, {rest} released")


def _point(event: Event, scale: float, row: int, text: str) -> str:
    x, y = LEFT + event["offset"] * scale, TOP + LANE * row + BAR / 2
    return f'<circle cx="{x:.1f}" cy="{y}" r="5" fill="#2b6cb0"/>' + _text(x - 10, y + 4, text, anchor="end")


def _scale(last: float, scale: float, height: int) -> Iterator[str]:
    for second in range(0, int(last) + 1, TICK):
        x = LEFT + second * scale
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{height - 12}" stroke="#e3e3e3"/>'
        yield _text(x, TOP - 16, f"{second} s", anchor="middle", colour="#777777")


def _bar(bar: Bar, scale: float) -> str:
    """A bar, with its text within where that fits, else before it; on the caller's lane only for who points at it."""
    x, width, y = LEFT + bar.begin * scale, (bar.end - bar.begin) * scale, TOP + LANE * bar.lane
    middle, fits = y + BAR / 2 + 4, width > 7 * len(bar.text)
    shown = (
        _text(x + width / 2, middle, bar.text, anchor="middle")
        if fits
        else _text(x - 6, middle, bar.text, anchor="end")
        if bar.lane
        else ""
    )
    size = f'x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}"'
    return f'<g><title>{escape(bar.text)}</title><rect {size} rx="3" fill="{bar.colour}"/>{shown}</g>'


def _text(x: float, y: float, words: str, *, anchor: str = "start", colour: str = "#222222", weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}">{escape(words)}</text>'


def _amount(cents: int) -> str:
    return f"{cents / 100:.2f} USD"


if __name__ == "__main__":
    sys.stdout.write(picture(json.load(sys.stdin)))
