"""The benchmark against the rivals: they say what the hotline says, its phones send what a phone sends, its sums are right."""

import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from bench.compare import covered_call, report, rtp
from bench.compare.sink import Stream
from bench.rivals import words
from ivr import prompts
from ivr.category import CATEGORY
from ivr.disclosure import DISCLOSURE_MENU, price_sentence
from ivr.embedded.cast import COVERED
from ivr.engineer import CONFIRMATIONS, WHISPER
from ivr.farewell import farewell
from ivr.identify import ACCOUNT, PIN
from ivr.model.incident import Consent, Cover, EndReason, Incident, IncidentStatus
from ivr.model.money import Rate

CAST = Rate(1, 250, 15, 1, "USD", (15, 30, 60), 825)


def test_the_rivals_say_what_the_hotline_says() -> None:
    assert price_sentence(CAST) == words.PRICE
    assert words.TERMS[-1] == DISCLOSURE_MENU.prompt
    questions = (CATEGORY.prompt, ACCOUNT.prompt, PIN.prompt, CONFIRMATIONS[EndReason.RESOLVED].prompt)
    assert questions == (*words.CATEGORY, *words.ACCOUNT, *words.PIN, *words.CONFIRM)
    assert words.WHISPER[-1] == WHISPER.prompt
    incident = Incident(1001, IncidentStatus.ENDED, EndReason.RESOLVED, Consent.GIVEN, 1, "pin", Cover.AGREEMENT, None)
    assert farewell(incident, EndReason.RESOLVED, None, 3.0) == words.GOODBYE


def test_every_word_of_the_rivals_is_recorded() -> None:
    assert {*words.PRICE, *words.TERMS, *words.COVERED, *words.WHISPER, *words.CONFIRM, *words.GOODBYE} <= prompts.NAMES


def test_the_caller_answers_in_order_and_only_after_the_price() -> None:
    keys = covered_call.manner().caller_keys
    assert "".join(key for _, key in keys) == f"911{COVERED.account}#{COVERED.pin}#5"
    times = [at for at, _ in keys]
    assert times[1] > times[0] + covered_call.price_seconds()
    assert all(later - earlier > rtp.KEY_SECONDS for earlier, later in pairwise(times))


def test_a_capture_is_one_stream_of_sound_with_its_keys(tmp_path: Path) -> None:
    """50 packets a second, numbered without a gap; each key one event with one beginning, three ends, and 100 ms."""
    rtp.write(tmp_path / "call.pcap", 2.0, [(0.5, "9"), (1.0, "#")])
    packets = list(_packets(tmp_path / "call.pcap"))
    assert [struct.unpack_from("!H", packet, 2)[0] for _, packet in packets] == list(range(100))
    assert [at for at, _ in packets] == pytest.approx([number / 50 for number in range(100)])
    events = [(at, packet[12], packet[13] >> 7, packet[1] >> 7) for at, packet in packets if packet[1] & 0x7F == 101]
    for key, began in ((9, 0.5), (11, 1.0)):
        own = [event for event in events if event[1] == key]
        assert own[0][0] == pytest.approx(began)
        assert [end for _, _, end, _ in own] == [0] * 5 + [1] * 3
        assert sum(marker for *_, marker in own) == 1
    ends = [struct.unpack_from("!H", packet, 14)[0] for _, packet in packets if packet[1] & 0x7F == 101 and packet[13] >> 7]
    assert ends == [800] * 6


def _packets(file: Path) -> Iterator[tuple[float, bytes]]:
    """Seconds and RTP."""
    data, place = file.read_bytes(), 24
    while place < len(data):
        second, microsecond, length, _ = struct.unpack_from("<IIII", data, place)
        yield second + microsecond / 1e6, data[place + 16 + 42 : place + 16 + length]
        place += 16 + length


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [([1, 2, 3], 0), ([1, 3, 4], 1), ([1, 3, 2, 4], 0), ([65_534, 65_535, 0, 1], 0), ([65_534, 1], 2)],
)
def test_missing_packets_are_counted_by_number(numbers: list[int], missing: int) -> None:
    """Also over the turn of the 16 bits, and when two have changed places."""
    stream = Stream(numbers[0], numbers[0])
    for number in numbers[1:]:
        stream.take(number)
    assert stream.missing == missing


def test_percentiles_are_values_that_were_measured() -> None:
    assert [report.percentile(range(1, 101), share) for share in (0.5, 0.95, 0.99)] == [50, 95, 99]
    with pytest.raises(ValueError, match="nothing was measured"):
        report.percentile([], 0.5)
