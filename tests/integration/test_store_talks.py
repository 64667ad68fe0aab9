"""Metered talks."""

from pathlib import Path

import pytest

from ivr.errors import UnknownRecord
from ivr.store import Store
from tests.integration.cast import kinds, talking


def test_a_talk_is_counted_from_its_checkpoints(store: Store) -> None:
    """Seconds never shrink; the end is final; the timeline has both ends."""
    offer = talking(store)
    talk = store.talk_began(offer.uniqueid, "c.1", "bridge-1", 1000.5)
    assert store.talked_seconds(offer.incident_id) == 0
    for seconds in (5.0, 10.2, 3.0):
        store.talk_checkpoint(talk, seconds)
    assert store.talked_seconds(offer.incident_id) == 10.2
    store.talk_ended(talk, 12.5)
    store.talk_ended(talk, 99.0)
    store.talk_checkpoint(talk, 99.0)
    assert store.talked_seconds(offer.incident_id) == 12.5
    told = kinds(store, offer.incident_id)
    assert (told.count("talk_began"), told.count("talk_ended")) == (1, 1)


def test_the_same_talk_is_begun_once_for_ever(store: Store) -> None:
    """The event of both legs entering may come twice, also to a second process and when the talk is over. No bridge comes twice."""
    offer = talking(store)
    first = store.talk_began(offer.uniqueid, "c.1", "bridge-1", 1.0)
    assert store.talk_began(offer.uniqueid, "c.1", "bridge-1", 2.0) == first
    assert [(talk.id, talk.started_monotonic) for talk in store.open_talks()] == [(first, 1.0)]
    store.talk_ended(first, 4.0)
    second = store.talk_began(offer.uniqueid, "c.1", "bridge-1", 9.0)
    assert second == first  # somebody who hears of it when it is over does not begin another
    store.talk_ended(second, 5.0)
    assert store.talked_seconds(offer.incident_id) == 4.0


def test_a_restarted_process_finds_what_to_go_on_with(store: Store) -> None:
    """Both channels, the bridge, the start by the monotonic clock and the boot on which it means something."""
    offer = talking(store)
    talk = store.talk_began(offer.uniqueid, "c.7", "bridge-7", 77.25)
    store.talk_checkpoint(talk, 5.0)
    [open_talk] = store.open_talks()
    assert open_talk.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    assert (open_talk.offer_uniqueid, open_talk.caller_uniqueid, open_talk.bridge) == (offer.uniqueid, "c.7", "bridge-7")
    assert (open_talk.incident_id, open_talk.started_monotonic, open_talk.seconds) == (offer.incident_id, 77.25, 5.0)
    store.talk_ended(talk, 6.0)
    assert store.open_talks() == []


def test_a_channel_that_is_no_engineers_has_no_talk(store: Store) -> None:
    """It is said so, and nothing is recorded."""
    with pytest.raises(UnknownRecord):
        store.talk_began("ess-offer-4711", "c.1", "b", 1.0)
