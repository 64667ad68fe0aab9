"""Settings made from what a stack gives its processes, whatever the environment of this one says."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from ivr.config import Settings
from ivr.errors import SetupError


def settings_from(environment: Mapping[str, str]) -> Settings:
    """What a process with this environment reads. Raises ``SetupError`` naming the first wrong setting."""
    values: dict[str, Any] = {name.removeprefix("IVR_").lower(): value for name, value in environment.items()}
    try:
        return _GivenSettings(**values)
    except ValidationError as problem:
        wrong = problem.errors()[0]
        name = f"IVR_{str(wrong['loc'][0]).upper()}"
        raise SetupError(f"{name} is wrong: {wrong['msg']}; correct it in the environment or in .env.") from None


class _GivenSettings(Settings):
    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *others: Any, **named: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)
