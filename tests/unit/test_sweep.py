"""Which incidents are swept up, and as what they end."""

from dataclasses import replace

import pytest

from ivr.model.incident import Consent, EndReason, IncidentStatus, Unfinished
from ivr.sweep import SILENCE, abandoned_because, end_reason, may_come_back

LIVE = frozenset({"c.1"})
NONE_LIVE = frozenset({"other"})


def unfinished(
    status: IncidentStatus = IncidentStatus.OPEN,
    consent: Consent | None = None,
    ending: EndReason | None = None,
    *,
    gone: bool = False,
    silent: float = 0.0,
) -> Unfinished:
    """An incident whose caller's channel is c.1."""
    return Unfinished(1, status, consent, ending, ("c.1",), callers_gone=gone, silent_seconds=silent)


@pytest.mark.parametrize(
    ("gone", "silent", "live", "swept"),
    [
        (False, 0, NONE_LIVE, False),  # just begun on another node
        (False, SILENCE + 1, NONE_LIVE, True),  # left behind by a killed process
        (False, SILENCE + 1, LIVE, False),  # silent for long, but the caller is on the line
        (False, 1e9, None, False),  # Asterisk does not answer: nobody can know
        (True, 0, None, True),  # the caller's leg is over
        (True, 0, NONE_LIVE, True),
        (True, 1e9, LIVE, False),  # the records say gone, Asterisk says there
    ],
)
def test_only_what_nobody_works_on_is_swept(gone: bool, silent: float, live: frozenset[str] | None, swept: bool) -> None:
    """A caller on the line is never swept; without Asterisk only what the records themselves prove."""
    assert (abandoned_because(unfinished(gone=gone, silent=silent), live) is not None) is swept


def test_a_call_of_another_node_is_swept_only_when_its_leg_is_over() -> None:
    """This node's channels say nothing about it."""
    silent = replace(unfinished(silent=SILENCE + 1), elsewhere=True)
    assert abandoned_because(silent, NONE_LIVE) is None
    assert abandoned_because(replace(silent, callers_gone=True), NONE_LIVE) is not None


@pytest.mark.parametrize(
    ("incident", "reason"),
    [
        (unfinished(), EndReason.ABANDONED),
        (unfinished(IncidentStatus.CONNECTING, Consent.GIVEN), EndReason.ABANDONED),
        (unfinished(IncidentStatus.OPEN, Consent.REFUSED), EndReason.REFUSED),
        (unfinished(IncidentStatus.TALKING, Consent.GIVEN, gone=True), EndReason.CALLER_STOPPED),
        (unfinished(IncidentStatus.TALKING, Consent.GIVEN), EndReason.ENGINEER_LOST),  # our node went away, not the caller
        (unfinished(IncidentStatus.TALKING, Consent.GIVEN, EndReason.STABILISED), EndReason.STABILISED),
        (replace(unfinished(IncidentStatus.CONNECTING, Consent.GIVEN), accepted=True, lost=True), EndReason.ENGINEER_LOST),
        (replace(unfinished(IncidentStatus.CONNECTING, Consent.GIVEN), accepted=True), EndReason.CALLER_STOPPED),
    ],
)
def test_it_ends_as_the_flow_would_have_ended_it(incident: Unfinished, reason: EndReason) -> None:
    """What was decided before stays decided."""
    assert end_reason(incident) is reason


@pytest.mark.parametrize(
    ("incident", "may"),
    [
        (unfinished(IncidentStatus.TALKING, gone=True), True),
        (replace(unfinished(IncidentStatus.CONNECTING, gone=True), accepted=True), True),  # while the engineer was called again
        (unfinished(IncidentStatus.CONNECTING, gone=True), False),  # nobody ever accepted
        (unfinished(IncidentStatus.TALKING, ending=EndReason.RESOLVED, gone=True), False),
        (unfinished(IncidentStatus.TALKING), False),  # nobody knows that the caller's line went
    ],
)
def test_who_had_an_engineer_and_was_cut_off_may_come_back(incident: Unfinished, may: bool) -> None:
    assert may_come_back(incident) is may
