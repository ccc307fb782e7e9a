"""How much the gateway takes: read once from the environment, then frozen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.gateway.auth.settings import PREFIX, explain_variables
from connectors.gateway.limits.allowance import Allowances, read_allowances
from connectors.gateway.limits.load import MAX_WAITING
from connectors.gateway.limits.stream_slots import MAX_STREAMS
from connectors.gateway.limits.windows import MAX_NAMES
from connectors.settings import SettingError


def _variable(name: str, default: Any, text: str, **limits: Any) -> Any:
    """A field read from environment variable `name`; `text` says what it is, in which unit, why."""
    return Field(default, validation_alias=PREFIX + name, description=text, **limits)


class LimitSettings(BaseModel):
    """How much the gateway takes. Build it with `from_env`.

    >>> LimitSettings.from_env({"TIDEGATE_GATEWAY_MAX_WAITING": "200"}).max_waiting
    200
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    limits_file: Path | None = _variable(
        "LIMITS_FILE", None, "YAML file of what users and tenants may ask for."
    )
    max_waiting: int = _variable(
        "MAX_WAITING",
        MAX_WAITING,
        "Updates that wait for their verdict at once; from half of it on some are turned away.",
        ge=10,
        le=1_000_000,
    )
    max_streams: int = _variable(
        "MAX_STREAMS",
        MAX_STREAMS,
        "Streams open at once, of all tenants together; some 300 bytes each.",
        ge=1,
        le=10_000_000,
    )
    max_names: int = _variable(
        "MAX_LIMITED_NAMES",
        MAX_NAMES,
        "Users and tenants remembered for each limit; some 650 bytes each.",
        ge=100,
        le=10_000_000,
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables named in the fields; absent and empty ones keep their defaults.

        Raises SettingError naming the variable, what was expected and what to do.
        """
        known = {str(field.validation_alias) for field in cls.model_fields.values()}
        values = {name: environ[name] for name in known if environ.get(name)}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise SettingError(explain_variables(error)) from None

    def read_allowances(self) -> Allowances:
        """Return what users and tenants may ask for. Raises LimitsFileError."""
        return Allowances() if self.limits_file is None else read_allowances(self.limits_file)
