"""Asterisk's configuration: what the templates become, and what can never get into it."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from ivr.asterisk_conf import dial_by_routes, menu_destinations, render, render_folder, render_text
from ivr.config import Settings
from ivr.errors import SetupError

FOLDERS = {
    "hotline_folder": "/state/hotline",
    "asterisk_modules": "/modules",
    "asterisk_data": "/data",
    "asterisk_music": "/music",
}


def settings(**given: Any) -> Settings:
    values: dict[str, Any] = {
        "_env_file": None,
        "database_url": "postgresql://ivr@127.0.0.1/ivr",
        "pin_pepper": SecretStr("pepper"),
        "ami_secret": SecretStr("ami-secret"),
    }
    return Settings(**{**values, **given})


def rendered(folder: Path, **given: Any) -> dict[str, str]:
    render(settings(**given), FOLDERS, folder)
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_every_template_of_the_hotline_is_rendered_whole(tmp_path: Path) -> None:
    """No placeholder is left over, in the configuration or in the dialplan."""
    files = rendered(tmp_path)
    assert {"pjsip.conf", "manager.conf", "modules.conf", "extensions.conf", "ess.conf"} <= set(files)
    assert [name for name, text in files.items() if "@{" in text] == []


def test_settings_reach_the_files(tmp_path: Path) -> None:
    """Addresses, secrets and numbers stand where Asterisk reads them."""
    files = rendered(
        tmp_path, sip_port=5999, trunk_host="192.0.2.7", failsafe_phones="+15555550191,+15555550192", menu_destinations="1=+15555550181"
    )
    assert "bind = 127.0.0.1:5999" in files["pjsip.conf"]
    assert "match = 192.0.2.7\n" in files["pjsip.conf"]
    assert "permit = 192.0.2.7\n" in files["pjsip.conf"]
    assert "type = registration" not in files["pjsip.conf"]
    assert "secret = ami-secret" in files["manager.conf"]
    assert "PJSIP/+15555550191@trunk^PJSIP/+15555550192@trunk" in files["extensions.conf"]
    assert "DEST_1 = PJSIP/+15555550181@trunk" in files["extensions.conf"]


def test_a_failsafe_phone_that_may_not_be_dialled_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A premium number or a forbidden country costs us money each time; the other phones still ring."""
    files = rendered(tmp_path, failsafe_phones="+19005550100,+15555550192,+882161234567")
    assert "FAILSAFE = PJSIP/+15555550192@trunk\n" in files["extensions.conf"]
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]


def test_only_the_owner_reads_secrets(tmp_path: Path) -> None:
    """Each file is readable by its owner alone, also when it was there before."""
    rendered(tmp_path / "etc")
    rendered(tmp_path / "etc")
    assert {file.stat().st_mode & 0o077 for file in (tmp_path / "etc").iterdir()} == {0}


def test_written_for_the_internet(tmp_path: Path) -> None:
    """Nothing is loaded unasked, nobody but the trunk is let in, what callers type is not logged, the manager's rights are the least."""
    files = rendered(tmp_path)
    assert "autoload = no" in files["modules.conf"]
    assert "anonymous" not in files["modules.conf"] + files["pjsip.conf"]
    assert files["pjsip.conf"].count("type = endpoint\n") == 1
    assert "deny = 0.0.0.0/0.0.0.0" in files["pjsip.conf"]
    assert "=> notice,warning,error\n" in files["logger.conf"]
    assert "bindaddr = 127.0.0.1" in files["manager.conf"]
    assert "write = call,originate,reporting\n" in files["manager.conf"]
    assert "live_dangerously = no" in files["asterisk.conf"]


def test_what_is_no_template_any_more_goes_away(tmp_path: Path) -> None:
    """A file of an older version would still be read by Asterisk."""
    (tmp_path / "old.conf").write_text("[old]")
    rendered(tmp_path)
    assert not (tmp_path / "old.conf").exists()


def test_dollars_and_single_ats_are_asterisks_own() -> None:
    """The dialplan's own expressions and dial strings are left as they are."""
    text = "Set(A=${B}) Dial(PJSIP/1@trunk) @{did_digits}"
    assert render_text(text, {"did_digits": "1855"}, "x.conf") == "Set(A=${B}) Dial(PJSIP/1@trunk) 1855"


@pytest.mark.parametrize("text", ["@{no_such_name}", "@{", "@{Bad Name}"])
def test_an_unknown_name_is_an_error(text: str) -> None:
    """A misspelt placeholder is found at once, with the file's name."""
    with pytest.raises(SetupError, match=r"ess\.conf"):
        render_text(text, {}, "ess.conf")


@pytest.mark.parametrize(
    "value", ["a\nb", "a;b", "${SHELL(id)}", "$[1+1]", '"', "\\", "a|b", "[general]", "a\0b", "a\rb", "<x>", "a\u2028b"]
)
def test_a_hostile_value_is_refused(tmp_path: Path, value: str) -> None:
    """No value can add a line, a comment, a section or an expression."""
    with pytest.raises(SetupError, match="some_name"):
        render_folder((), tmp_path, {"some_name": value})


@pytest.mark.parametrize(
    "phone", ["", "5550101", "+0155", "+1 555 555 0101", "+15555550101&PJSIP/+1900@trunk", "+15555550101\n", "+1\u0665\u0665\u0665"]
)
def test_only_e164_is_dialled(phone: str) -> None:
    """Nothing but a phone number gets into a dial string."""
    with pytest.raises(SetupError, match="IVR_FAILSAFE_PHONES"):
        dial_by_routes(settings(), "IVR_FAILSAFE_PHONES", phone)


@pytest.mark.parametrize("key", ["9", "*", "10", "", "a", "1,2"])
def test_the_menu_has_only_the_digits_0_to_8(key: str) -> None:
    """9 is the emergency and can't be led elsewhere."""
    with pytest.raises(SetupError, match="IVR_MENU_DESTINATIONS"):
        menu_destinations(settings(menu_destinations={key: "+15555550181"}))


def test_the_trunk_is_an_address(tmp_path: Path) -> None:
    """A name can't be let in: who it stands for may change."""
    with pytest.raises(SetupError, match=r"IVR_TRUNK_HOST.*IVR_TRUNK_MATCH"):
        rendered(tmp_path, trunk_host="carrier.example")
    assert (
        "contact = sip:carrier.example:5070\n" in rendered(tmp_path, trunk_host="carrier.example", trunk_match="192.0.2.0/24")["pjsip.conf"]
    )


CERTIFICATE = {"tls_certificate": "/tls/cert.pem", "tls_key": "/tls/key.pem"}


def section(text: str, name: str, kind: str) -> str:
    """One object of ``pjsip.conf``."""
    [found] = [
        part for part in text.split("\n[") if part.startswith(f"{name}]") and (f"type = {kind}\n" in part or kind in part.split("\n")[0])
    ]
    return found


def test_two_carriers_and_a_phone(tmp_path: Path) -> None:
    """The first by an account over TLS with SRTP, the second by its address; a number's own phone is tried before both."""
    text = rendered(
        tmp_path, **CERTIFICATE, trunk_host="sip.carrier.example", trunk_port=5061, trunk_match="192.0.2.0/24,198.51.100.7",
        trunk_user="vendor", trunk_password="pa$$;word".replace(";", "{"), trunk_encrypted=True, trunk2_host="203.0.113.9",
        phone_logins="+15555550191=abcdefghijklmnop", phone_networks="10.8.0.0/24", failsafe_phones="+15555550191,+15555550192",
        sip_public_host="198.51.100.99",
    )  # fmt: skip
    sip = text["pjsip.conf"]
    first, second = section(sip, "trunk", "(leg)"), section(sip, "trunk2", "(leg)")
    assert "transport = tls" in first
    assert "media_encryption = sdes" in first
    assert "aors = trunk-asked" in first, "one that does not answer is not tried"
    assert "aors = trunk2\n" in second, "the last one always is"
    assert "media_encryption = no" in second
    assert "outbound_auth" not in second
    assert "from_domain = 198.51.100.99" in second
    assert "from_domain = sip.carrier.example" in first
    assert "match = 192.0.2.0/24\nmatch = 198.51.100.7/32" in section(sip, "trunk", "identify")
    assert "password = pa$${word" in section(sip, "trunk", "auth")
    assert r"server_uri = sip:sip.carrier.example:5061\;transport=tls" in section(sip, "trunk", "registration")
    assert "contact_user = 18552528788" in section(sip, "trunk", "registration")
    assert re.findall("permit = (.*)", sip) == ["192.0.2.0/24", "198.51.100.7/32", "203.0.113.9", "10.8.0.0/24"]
    assert "verify_server = yes" in section(sip, "tls", "transport")
    assert sip.count("external_media_address = 198.51.100.99") == 2
    phone = section(sip, "phone-15555550191", "(leg)")
    assert "context = nowhere" in phone
    assert "media_encryption = sdes" in phone
    own, other = text["extensions.conf"].split("FAILSAFE = ")[1].split("\n")[0].split("^")
    assert own == "PJSIP/phone-15555550191~PJSIP/+15555550191@trunk~PJSIP/+15555550191@trunk2"
    assert other == "PJSIP/+15555550192@trunk~PJSIP/+15555550192@trunk2"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"trunk_encrypted": True}, "IVR_TRUNK_ENCRYPTED"),
        ({"tls_key": "/tls/key.pem"}, "IVR_TLS_CERTIFICATE"),
        ({"trunk2_host": "127.0.0.1"}, "IVR_TRUNK2_MATCH"),
        ({"trunk_user": "vendor"}, "IVR_TRUNK_PASSWORD"),
        ({"trunk_user": "vendor", "trunk_password": "a;b"}, "IVR_TRUNK_PASSWORD"),
        ({"trunk_user": "vendor", "trunk_password": "a\nb"}, "IVR_TRUNK_PASSWORD"),
        ({"trunk_user": "a;b", "trunk_password": "c"}, "trunk_user"),
        ({"trunk_host": "a;b", "trunk_match": "192.0.2.1"}, "trunk_host"),
        ({"phone_logins": "+15555550191=abcdefghijklmnop"}, "IVR_PHONE_NETWORKS"),
        ({"sip_public_host": "hotline.example"}, "IVR_SIP_PUBLIC_HOST"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(tmp_path: Path, given: dict[str, Any], named: str) -> None:
    """With the name of what to mend, before anything is written."""
    with pytest.raises(SetupError, match=named):
        rendered(tmp_path / "etc", **given)
    assert not list(tmp_path.rglob("*.conf"))


@pytest.mark.parametrize(
    "given",
    [
        {"phone_logins": "+15555550191=short"},
        {"phone_logins": "+15555550191=abcdefghijklmnop,+15555550192=abcdefghijklmnop"},
        {"phone_logins": "+15555550191=abcdefghijk\nmnopqrs"},
        {"phone_logins": "ann=abcdefghijklmnop"},
        {"phone_networks": "everywhere"},
        {"trunk_match": "carrier.example"},
        {"trunk_match": "192.0.2.1/24"},
    ],
)
def test_a_weak_or_shared_password_and_a_wrong_network_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**given)


def test_doctors_own_secret(tmp_path: Path) -> None:
    """Not that of serve; without one there is no such user."""
    assert "[ivr-doctor]" not in rendered(tmp_path)["manager.conf"]
    manager = rendered(tmp_path, doctor_secret=SecretStr("for-doctor"))["manager.conf"]
    assert manager.count("secret = for-doctor\n") == manager.count("secret = ami-secret\n") == 1
    assert "write = command" in manager.split("[ivr-doctor]")[1]
