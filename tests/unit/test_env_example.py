"""``.env.example`` names every setting with its true default, and every variable of the compose file; it can be used as it stands."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic_core import PydanticUndefined

from ivr.config import Settings

ROOT: Final = Path(__file__).parents[2]
LINE: Final = re.compile(r"^(# )?([A-Z][A-Z0-9_]+)=(.*)$")
LINES: Final = [found for line in (ROOT / ".env.example").read_text().splitlines() if (found := LINE.match(line))]
EXAMPLE: Final = {found[2]: (bool(found[1]), found[3]) for found in LINES}
COMPOSE: Final = dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", (ROOT / "docker-compose.yml").read_text()))
SECRETS: Final = {
    "IVR_DATABASE_URL", "IVR_PIN_PEPPER", "IVR_AMI_SECRET", "IVR_DOCTOR_SECRET", "IVR_STRIPE_KEY", "IVR_STRIPE_WEBHOOK_SECRET",
    "IVR_NOTIFY_URLS", "IVR_TRUNK_PASSWORD", "IVR_TRUNK2_PASSWORD", "IVR_PHONE_LOGINS",
}  # fmt: skip


def default_of(name: str) -> Any:
    """What a setting is when nobody sets it."""
    return Settings.model_fields[name.removeprefix("IVR_").lower()].get_default(call_default_factory=True)


def test_every_setting_is_in_the_example_and_nothing_else_is() -> None:
    """A setting without a line is one that nobody finds; a line without a setting does nothing."""
    settings = {f"IVR_{name.upper()}" for name in Settings.model_fields}
    assert set(EXAMPLE) == settings | set(COMPOSE)


@pytest.mark.parametrize("name", sorted(set(EXAMPLE) - set(COMPOSE) - SECRETS - {"IVR_NODE"}))
def test_the_example_tells_the_true_default(name: str) -> None:
    """Commented out or empty, it is what the hotline does without the line."""
    _, value = EXAMPLE[name]
    default = default_of(name)
    assert default is not PydanticUndefined
    if isinstance(default, bool):
        assert value == str(default).lower()
    elif default is None:
        assert value == ""
    elif isinstance(default, tuple | dict):
        assert value == ",".join(default)
    else:
        assert value == str(default)


@pytest.mark.parametrize("name", sorted(COMPOSE))
def test_the_example_tells_the_default_of_the_compose_file(name: str) -> None:
    assert EXAMPLE[name][1] == COMPOSE[name]


def test_the_example_holds_no_secret() -> None:
    """What is copied as it stands must not become anybody's secret."""
    assert all(commented for name, (commented, _) in EXAMPLE.items() if name in SECRETS)


def test_the_example_as_it_stands_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the secrets beside it, as docker/make-secrets.sh makes them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text())
    for secret in ("ivr_database_url", "ivr_pin_pepper", "ivr_ami_secret"):
        (tmp_path / secret).write_text("postgresql://ivr:x@127.0.0.1/ivr" if secret.endswith("url") else "secret")
    read = Settings(_secrets_dir=tmp_path)
    assert read.node == "a"
    assert read.pin_pepper.get_secret_value() == "secret"
