"""Orders in the dialplan that only a crash at the wrong moment would show, read from its text."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2] / "dialplan"


def extension(file: str, context: str, name: str) -> list[str]:
    """The applications of one extension, in order."""
    text = (ROOT / file).read_text()
    found = re.search(rf"^\[{context}\]\n(.*?)(?=^\[|\Z)", text, flags=re.M | re.S)
    assert found
    lines = re.search(rf"^exten => {name},1,(.*(?:\n same => n.*)*)", found[1], flags=re.M)
    assert lines
    return re.sub(r"^ same => n(\(\w+\))?,", "", lines[1], flags=re.M).splitlines()


def place(steps: list[str], start: str) -> int:
    return next(number for number, step in enumerate(steps) if step.startswith(start))


def test_an_engineers_keys_work_in_a_late_bridge_too() -> None:
    """The caller's leg bridges whoever has accepted, wherever their leg is by then."""
    steps = extension("engineer.conf", "ess-engineer", "s")
    assert place(steps, "Set(DYNAMIC_FEATURES=ess_resolved") < place(steps, "AGI(")
    assert (ROOT / "engineer.conf").read_text().count("DYNAMIC_FEATURES") == 1


def test_a_key_whose_first_serve_is_gone_reaches_the_second() -> None:
    """IVR_DONE is still there from the whisper or the last key, and would make the second one be skipped."""
    steps = extension("engineer.conf", "ess-key", "s")
    assert place(steps, "Set(IVR_DONE=)") < place(steps, "AGI(")


def test_nobody_is_said_only_after_the_script_was_asked_again() -> None:
    """A round of the failsafe phones may last longer than failsafe_seconds: a serve that is back meanwhile gets its chance."""
    steps = extension("failsafe.conf", "ess-failsafe", "s")
    decision, rounds = place(steps, "GotoIf($[${IVR_FAILSAFE_ROUNDS} > 0 &"), place(steps, "Set(IVR_FAILSAFE_ROUNDS=$[")
    assert place(steps, "Set(IVR_FAILSAFE_ROUNDS=0)") < decision < rounds < place(steps, "Goto(ess,script,1)")
    assert "Set(IVR_FAILSAFE_SPENT=)" in extension("ess.conf", "ess", "talk")


def test_what_the_script_takes_is_not_counted_as_the_failsafe_phones() -> None:
    """Each round is counted from its own beginning to the moment in which the script is asked."""
    steps = extension("failsafe.conf", "ess-failsafe", "s")
    begins, spent = place(steps, "Set(IVR_FAILSAFE_SINCE=${EPOCH})"), place(steps, "Set(IVR_FAILSAFE_SPENT=$[")
    assert begins < place(steps, 'GotoIf($["${IVR_FAILSAFE_SPENT}" != ""]?round)') < spent
    assert place(steps, "MusicOnHold(default,8)") < spent < place(steps, "Goto(ess,script,1)")


def test_who_comes_back_from_the_failsafe_phones_counts_as_a_call() -> None:
    """Who came there because all lines were full is in no group yet."""
    steps = extension("failsafe.conf", "ess-failsafe", "s")
    assert place(steps, "Set(GROUP()=ess)") < place(steps, "Goto(ess,script,1)")


def test_a_node_that_is_being_drained_refuses_a_call_before_it_answers() -> None:
    """503: the proxy or the carrier takes its next route. A caller ID is stripped before anything else."""
    steps = extension("main-menu.conf", "from-trunk", "arrived")
    assert place(steps, "Set(CALLERID(num)=${FILTER(") == 0
    assert place(steps, 'ExecIf($["${DRAINING}" = "1"]?Hangup(34))') < place(steps, "Goto(main-menu,s,1)")
    drain = (ROOT.parent / "docker/asterisk-run.sh").read_text()
    assert "dialplan set global DRAINING 1" in drain
    assert "dialplan remove extension ready@from-trunk" in drain
    assert extension("main-menu.conf", "from-trunk", "ready")
