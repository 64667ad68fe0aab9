"""Which sounds Asterisk is told to play at once."""

import pytest

from ivr import prompts
from ivr.agi_protocol import COMMAND_BYTES
from ivr.disclosure import price_sentence
from ivr.joined import LONGEST_SECONDS, Batch, batches, command
from ivr.model.money import Rate
from ivr.questions import ANY_KEY


def one_second(_: str) -> float:
    return 1.0


def lists(*sounds: str, keys: str = "") -> list[tuple[str, ...]]:
    return [batch.sounds for batch in batches(sounds, keys, one_second)]


@pytest.mark.parametrize("keys", ["", ANY_KEY])
def test_sounds_are_joined_in_their_order_up_to_six_seconds(keys: str) -> None:
    sounds = [str(number) for number in range(20)]
    found = lists(*sounds, keys=keys)
    assert [len(batch) for batch in found] == [6, 6, 6, 2]
    assert [sound for batch in found for sound in batch] == sounds


def test_sounds_that_some_keys_alone_interrupt_are_not_joined() -> None:
    """Every key cuts ``Background``."""
    assert lists("a", "b", keys="12*") == [("a",), ("b",)]


def test_a_name_is_never_joined() -> None:
    """A path is quoted as it is."""
    assert lists("a", "b", "/names/1042", "c", "d") == [("a", "b"), ("/names/1042",), ("c", "d")]


def test_a_long_prompt_stands_alone() -> None:
    found = list(batches(["long", "short"], "", {"long": 11.0, "short": 1.0}.__getitem__))
    assert found == [Batch(("long",), 11.0), Batch(("short",), 1.0)]


def test_nothing_is_nothing() -> None:
    assert lists() == []


def test_the_price_is_two_commands_that_fit() -> None:
    price = price_sentence(Rate(1, 250, 15, 1, "USD", (), 825))
    found = list(batches(price, "", prompts.seconds))
    assert len(found) == 2
    for batch in found:
        assert batch.seconds == pytest.approx(sum(map(prompts.seconds, batch.sounds)))
        assert batch.seconds <= LONGEST_SECONDS
        assert len(command([prompts.sound(name) for name in batch.sounds], "")[1]) < COMMAND_BYTES / 2
