"""How much of this machine the checks may use: read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.settings import SettingError, refuse_unknown

OWN_PREFIX = "TIDEGATE_RUNNER_"


def _variable(name: str, default: int, text: str, **limits: Any) -> Any:
    return Field(default, validation_alias=OWN_PREFIX + name, description=text, **limits)


class ChecksSettings(BaseModel):
    """Bounds of what runs the checks. Build it with `from_env`.

    >>> ChecksSettings.from_env({"TIDEGATE_RUNNER_PROCESSES": "2"}).processes
    2
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    processes: int = _variable(
        "PROCESSES",
        1,
        "Processes for each local model, 125 MB each. One judges 16,000 sentences a second when "
        "they come together.",
        ge=1,
        le=64,
    )
    max_waiting: int = _variable(
        "MAX_WAITING",
        10_000,
        "Checks of one guardrail that may wait for a call; beyond it some are answered `skipped`.",
        ge=1,
        le=1_000_000,
    )
    max_waiting_chars: int = _variable(
        "MAX_WAITING_CHARS",
        16_000_000,
        "Code points of text they may have together: 16 to 64 MB for each guardrail.",
        ge=1,
    )
    cache_entries: int = _variable(
        "CACHE_ENTRIES",
        10_000,
        "Answers that are kept for equal text, some 0.5 kB each; 0: none.",
        ge=0,
        le=10_000_000,
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables; absent and empty ones keep their defaults.

        Raises SettingError naming the variable, what was expected and what to do.
        """
        known = [str(field.validation_alias) for field in cls.model_fields.values()]
        refuse_unknown(OWN_PREFIX, known, environ)
        try:
            return cls.model_validate({name: environ[name] for name in known if environ.get(name)})
        except ValidationError as error:
            lines = [
                f"{problem['loc'][0]}: {problem['msg']}, got {problem['input']!r}; correct the "
                "variable or unset it"
                for problem in error.errors(include_url=False)
            ]
            raise SettingError("\n".join(lines)) from None
