"""An incident as a picture."""

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from ivr.embedded.picture import LEFT, WIDTH, picture

Event = dict[str, Any]


def event(offset: float, kind: str, **detail: object) -> Event:
    return {"offset": offset, "kind": kind, "detail": detail}


EVENTS = [
    event(0.0, "call_began"),
    event(20.0, "consent"),
    event(25.0, "identified"),
    event(40.0, "hold_opened"),
    event(60.0, "hold_held", amount_cents=8119),
    event(61.0, "offer_made", engineer="<Ann>", offer=1),
    event(71.0, "offer_ended", engineer="<Ann>", offer=1, end="not_accepted"),
    event(71.0, "offer_made", engineer="Ben", offer=2),
    event(80.0, "offer_ended", engineer="Ben", offer=2, end="accepted"),
    event(80.0, "talk_began", engineer="Ben", offer=2),
    event(95.0, "leg_ended", role="engineer"),
    event(95.0, "talk_ended", engineer="Ben", offer=2, seconds=15.0),
    event(95.1, "hold_captured", amount_cents=8119, capture_cents=4059),
    event(100.0, "leg_ended", role="caller"),
]


@pytest.fixture
def drawn() -> ET.Element:
    return ET.fromstring(picture({"events": EVENTS}))


def bars(drawn: ET.Element) -> dict[str, tuple[float, float, float]]:
    """Each bar's lane, begin and end, in points."""
    found = {}
    for group in drawn.iter("{http://www.w3.org/2000/svg}g"):
        title, box = group[0].text or "", group[1]
        x, width = float(box.get("x", "")), float(box.get("width", ""))
        found[title] = (float(box.get("y", "")), x, x + width)
    return found


def test_each_step_lasts_from_the_last_to_its_own_event(drawn: ET.Element) -> None:
    """Without gaps from the first second to the last; an engineer's leg is no step of the caller's."""
    steps = ["hears the price", "who, what", "how long", "the card", "music, progress", "talks", "the cost"]
    found = [bars(drawn)[name] for name in steps]
    assert [begin for _, begin, _ in found] == pytest.approx([LEFT, *(end for _, _, end in found[:-1])], abs=0.2)
    assert found[-1][2] == pytest.approx(WIDTH - 24, abs=0.2)
    assert len({lane for lane, _, _ in found}) == 1


def test_every_engineer_who_was_rung_has_a_lane(drawn: ET.Element) -> None:
    """What became of the ring, and the talk as long as the caller's."""
    found = bars(drawn)
    assert found["voicemail, no 1"][0] < found["rung, hears who it is"][0] == found["talks 15 s"][0]
    assert found["talks 15 s"][1:] == pytest.approx(found["talks"][1:], abs=0.2)


def test_the_money_is_written_out(drawn: ET.Element) -> None:
    words = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "81.19 USD held, nothing charged" in words
    assert "40.59 USD captured, 40.60 USD released" in words
    assert "<Ann>" in words


def test_a_call_that_nobody_took_has_no_talk() -> None:
    """And no money: only what has happened is drawn."""
    text = picture({"events": [*EVENTS[:2], event(30.0, "leg_ended", role="caller")]})
    assert re.findall("<title>(.*?)</title>", text) == ["hears the price", "the cost"]
