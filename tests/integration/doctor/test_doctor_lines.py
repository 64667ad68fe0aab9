"""What doctor finds at Asterisk: logins, logs, carriers, phones, and whose numbers it has."""

import pytest

from ivr.config import Settings
from ivr.doctor import CHECKS, State, examine
from ivr.doctor_asterisk import leaking_channels
from tests.integration.doctor.healthy import CONTACTS, GOOD_LOGS, REGISTRATIONS, faults, shows, warnings
from tests.integration.fake_asterisk import FakeManager


def test_a_refused_login_is_a_fault_and_refused_commands_a_warning(whole: Settings, manager: FakeManager) -> None:
    manager.replies["Login"] = lambda action: [
        {"Response": "Error" if action["Username"].endswith("-doctor") else "Success", "Message": "no"}
    ]
    found = examine(whole)
    assert faults(found) == {}
    assert "ivr-doctor" in warnings(found)["logs"]
    manager.replies["Login"] = lambda _: [{"Response": "Error", "Message": "Authentication failed"}]
    assert "refused the login" in faults(examine(whole))["asterisk"]


@pytest.mark.parametrize(
    ("output", "leaking"),
    [
        (GOOD_LOGS, {}),
        ("full File default Enabled - DTMF VERBOSE NOTICE", {"full": ["DTMF", "VERBOSE"]}),
        ("Console Console default Enabled - * ", {"Console": ["*"]}),
        ("x File default Disabled - DEBUG", {}),
        ("", {}),
    ],
)
def test_log_channels_that_take_digits(output: str, leaking: dict[str, list[str]]) -> None:
    """Enabled ones alone."""
    assert leaking_channels(output) == leaking


@pytest.mark.parametrize(
    ("gone", "state", "said"),
    [
        (("trunk2-asked",), State.WARNING, "trunk2 (198.51.100.7:5060) does not answer"),
        (("trunk-asked", "trunk2-asked"), State.FAULT, "trunk (192.0.2.7:5061) does not answer"),
    ],
)
def test_a_carrier_that_does_not_answer(whole: Settings, manager: FakeManager, gone: tuple[str, ...], state: State, said: str) -> None:
    """A warning while there is another, a fault when none is left."""
    lines = [line.replace(" Avail ", " Unavail ") if any(f" {name}/" in line for name in gone) else line for line in CONTACTS.splitlines()]
    shows(manager, contacts="\n".join(lines))
    found = examine(whole, {"routes": CHECKS["routes"]})
    first = next(one for one in found if one.part == "routes" and one.state is not State.OK)
    assert (first.state, said in first.text) == (state, True)


def test_a_registration_that_is_refused(whole: Settings, manager: FakeManager) -> None:
    """Wrong password; the other route still works."""
    shows(manager, registrations=REGISTRATIONS.replace("Registered  ", "Rejected    "))
    [wrong] = [one for one in examine(whole, {"routes": CHECKS["routes"]}) if one.state is not State.OK]
    assert (wrong.state, "Rejected" in wrong.text, "IVR_TRUNK_USER" in wrong.mend) == (State.WARNING, True, True)


def test_a_registration_at_a_carrier_that_is_not_there(whole: Settings, manager: FakeManager) -> None:
    """Asterisk says "Rejected" of that too: name and password are not what is to be mended."""
    gone = [line.replace(" Avail ", " Unavail ") if " trunk-asked/" in line else line for line in CONTACTS.splitlines()]
    shows(manager, contacts="\n".join(gone), registrations=REGISTRATIONS.replace("Registered  ", "Rejected    "))
    [wrong] = [one for one in examine(whole, {"routes": CHECKS["routes"]}) if one.state is not State.OK]
    assert ("does not answer" in wrong.text, "IVR_TRUNK_HOST" in wrong.mend, "PASSWORD" in wrong.mend) == (True, True, False)


def test_one_route_alone_an_asterisk_of_other_settings_and_a_phone_that_is_off(whole: Settings, manager: FakeManager) -> None:
    alone = whole.model_copy(update={"trunk2_host": ""})
    shows(manager, contacts="No objects found.")
    found = examine(alone, {"routes": CHECKS["routes"]})
    assert "Asterisk has no trunk" in faults(found)["routes"]
    assert "there is one" in warnings(found)["routes"]
    assert "+15555550191 is not registered" in warnings(found)["phones"]


def test_failsafe_phones_that_are_never_dialled(whole: Settings) -> None:
    premium = whole.model_copy(update={"failsafe_phones": ("+19005550100", "+15555550191")})
    assert "premium-rate" in faults(examine(premium, {"failsafe": CHECKS["failsafe"]}))["failsafe"]


def test_an_asterisk_that_has_other_failsafe_phones(whole: Settings, manager: FakeManager) -> None:
    """It rings those of its last start, on the very day on which nothing else works."""
    check = {"failsafe": CHECKS["failsafe"]}
    changed = whole.model_copy(update={"failsafe_phones": ("+15555550192",)})
    assert "other phones" in faults(examine(changed, check))["failsafe"]
    manager.replies["Login"] = lambda _: [{"Response": "Error", "Message": "Authentication failed"}]
    assert [one.state for one in examine(changed, check)] == [State.OK]
