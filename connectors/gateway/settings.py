"""Where the gateway listens and what it keeps: read once from the environment, then frozen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.gateway.auth.keychain import SECRET
from connectors.gateway.auth.settings import PREFIX, AuthSettings, explain_variables
from connectors.gateway.limits.settings import LimitSettings
from connectors.gateway.timing import Timing
from connectors.settings import SettingError, refuse_unknown


def _variable(name: str, default: Any, text: str, **limits: Any) -> Any:
    """A field read from environment variable `name`; `text` says what it is, in which unit, why."""
    return Field(default, validation_alias=PREFIX + name, description=text, **limits)


class GatewaySettings(BaseModel):
    """The gateway beside who may use it (`AuthSettings`). Build it with `from_env`.

    >>> GatewaySettings.from_env({"TIDEGATE_GATEWAY_PORT": "9000"}).port
    9000
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    port: int = _variable("PORT", 8080, "The TCP port; 0 takes a free one.", ge=0, le=65_535)
    data_dir: Path | None = _variable(
        "DATA_DIR",
        None,
        "Where an embedded gateway keeps streams, so that a restart goes on with them. Without it "
        "they are in memory.",
    )
    history_s: float = _variable(
        "HISTORY_S",
        900.0,
        "Seconds a stream's events stay, for clients that come back; longer than a guard lets a "
        "stream idle (300).",
        ge=10,
        le=86_400,
    )
    history_mb: int = _variable(
        "HISTORY_MB",
        512,
        "Mebibytes of events of all streams, roughly; beyond them streams go that nobody touched "
        "for longest. 512 are 1,000 replies of 400 tokens, or 500 with the events of a policy.",
        ge=16,
        le=1_048_576,
    )
    heartbeat_s: float = _variable(
        "HEARTBEAT_S",
        15.0,
        "Seconds without an event before a heartbeat; below the minute of most proxies.",
        ge=0.1,
        le=300,
    )
    connection_age_s: float = _variable(
        "CONNECTION_AGE_S",
        3600.0,
        "Seconds an event stream may be open; clients come back by themselves.",
        ge=1,
        le=86_400,
    )
    stalled_s: float = _variable(
        "STALLED_S",
        10.0,
        "Seconds after which a client that takes nothing is let go.",
        ge=0.1,
        le=300,
    )

    request_s: float = _variable(
        "REQUEST_S",
        20.0,
        "Seconds for the head of a request, and again for its body: who sends slower keeps a "
        "connection busy to no end.",
        ge=0.1,
        le=300,
    )

    events_file: Path | None = _variable(
        "EVENTS_FILE",
        None,
        "Where events of all streams are written, a line of JSON each, with the text that was "
        "released. A file of its own for each gateway.",
    )
    event_metrics: bool = _variable(
        "EVENT_METRICS",
        False,
        "Whether events of all streams are counted as metrics; a guard in the same process has "
        "figures of its own.",
    )
    webhooks_file: Path | None = _variable(
        "WEBHOOKS_FILE",
        None,
        "Subscriptions by webhook that an embedded gateway serves; in front of Kafka "
        "`tidegate webhooks run` does.",
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables named in the fields; absent and empty ones keep their defaults.

        Raises SettingError naming the variable, what was expected and what to do.
        """
        known = _variables(cls)
        # Of all that is named so: without its keys a gateway serves everybody.
        others = _variables(AuthSettings) | _variables(LimitSettings) | {SECRET, f"{SECRET}_FILE"}
        refuse_unknown(PREFIX, known | others, environ)
        values = {name: environ[name] for name in known if environ.get(name)}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise SettingError(explain_variables(error)) from None

    @property
    def timing(self) -> Timing:
        """Return how long connections live."""
        return Timing(
            heartbeat_s=self.heartbeat_s,
            max_age_s=self.connection_age_s,
            send_s=self.stalled_s,
            request_s=self.request_s,
            kept_s=self.history_s,
        )


def _variables(settings: type[BaseModel]) -> set[str]:
    return {str(field.validation_alias) for field in settings.model_fields.values()}
