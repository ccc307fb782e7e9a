"""Who may use the gateway and from where: read once from the environment, then frozen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from connectors.gateway.auth.keychain import SECRET, Keychain, read_secrets, secret_in
from connectors.gateway.auth.origins import is_loopback, parse_origin
from connectors.settings import SettingError, refuse_unknown

# Signatures by a public key. HS* would let whoever knows the public key sign, `none` anybody.
ALGORITHMS = frozenset(
    {
        *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
        *("ES256", "ES384", "ES512", "EdDSA"),
    }
)
PREFIX = "TIDEGATE_GATEWAY_"


def _split(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]


def _variable(name: str, default: Any, text: str, **limits: Any) -> Any:
    """A field read from environment variable `name`; `text` says what it is, in which unit, why."""
    return Field(default, validation_alias=PREFIX + name, description=text, **limits)


class AuthSettings(BaseModel):
    """Who may use the gateway. Build it with `from_env`.

    >>> AuthSettings.from_env({"TIDEGATE_GATEWAY_ORIGINS": "https://app.example"}).origins
    ('https://app.example',)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    host: str = _variable("HOST", "127.0.0.1", "The address the gateway listens on.")
    keys_file: Path | None = _variable("KEYS_FILE", None, "YAML file of API keys.")
    open: bool = _variable(
        "OPEN",
        False,
        "Serve everybody when neither API keys nor tokens are set up, on any address. Without it "
        "only a gateway that listens on loopback does.",
    )
    origins: Words = _variable(
        "ORIGINS",
        (),
        "Origins of web pages that may use the gateway, such as https://app.example, separated by "
        "commas. A page on this machine is allowed by itself when we listen on loopback.",
    )
    jwt_issuer: str | None = _variable(
        "JWT_ISSUER", None, "The `iss` of tokens; keys are discovered there. Sets up tokens."
    )
    jwt_audience: Words = _variable("JWT_AUDIENCE", (), "The `aud` of tokens, one of these.")
    jwt_jwks_url: str | None = _variable(
        "JWT_JWKS_URL", None, "Where the issuer's keys are, when it does not tell by discovery."
    )
    jwt_algorithms: Words = _variable(
        "JWT_ALGORITHMS", ("RS256", "ES256", "EdDSA"), "Signatures that are accepted."
    )
    jwt_leeway_s: float = _variable(
        "JWT_LEEWAY_S",
        30.0,
        "Seconds by which clocks may differ. More would let tokens live noticeably longer.",
        ge=0,
        le=300,
    )
    jwt_tenant_claim: str = _variable(
        "JWT_TENANT_CLAIM",
        "tenant",
        "The claim that names the tenant; dots lead into objects. A claim whose own name has dots "
        "is found first.",
        min_length=1,
    )
    jwt_scopes_claim: str = _variable(
        "JWT_SCOPES_CLAIM",
        "scope",
        "The claim that names scopes: words separated by spaces, or a list.",
        min_length=1,
    )
    jwt_tenant: str | None = _variable(
        "JWT_TENANT", None, "The tenant of every token, for issuers that name none."
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables named in the fields; absent and empty ones keep their defaults.

        Raises SettingError naming the variable, what was expected and what to do.
        """
        known = {str(field.validation_alias) for field in cls.model_fields.values()}
        refuse_unknown(f"{PREFIX}JWT_", known, environ)
        values = {name: environ[name] for name in known if environ.get(name)}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise SettingError(explain_variables(error)) from None

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the address we listen on."""
        return is_loopback(self.host)

    @property
    def is_open(self) -> bool:
        """Whether everybody is served, as tenant `default` with all scopes."""
        return self.keys_file is None and self.jwt_issuer is None

    @property
    def only_loopback_names(self) -> bool:
        """Whether requests have to name this machine, see `Door`.

        Where nobody is asked who they are, unless something in front of us was said to ask. With
        credentials a page gains nothing by the name it leads here, and a proxy on this machine
        passes on the name it is reached by.
        """
        return self.is_open and self.on_loopback and not self.open

    @field_validator("origins")
    @classmethod
    def _origins_are_exact(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(parse_origin(one) for one in origins)

    @field_validator("jwt_algorithms")
    @classmethod
    def _algorithms_are_of_public_keys(cls, algorithms: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [one for one in algorithms if one not in ALGORITHMS]
        if unknown or not algorithms:
            raise ValueError(
                f"expected some of {', '.join(sorted(ALGORITHMS))}; signatures by a shared secret "
                "(HS256) or none at all are never accepted"
            )
        return algorithms

    @field_validator("jwt_issuer", "jwt_jwks_url")
    @classmethod
    def _issuers_are_reached_safely(cls, url: str | None) -> str | None:
        return None if url is None else require_https(url)

    @model_validator(mode="after")
    def _settings_fit_together(self) -> Self:
        """Half a setting would serve nobody, or everybody."""
        if self.jwt_issuer is not None and not self.jwt_audience:
            raise ValueError(
                f"{PREFIX}JWT_ISSUER also needs {PREFIX}JWT_AUDIENCE: tokens that the issuer made "
                "for other services would be accepted; set it to the name of this gateway there"
            )
        if self.jwt_issuer is None and (self.jwt_audience or self.jwt_jwks_url):
            raise ValueError(
                f"{PREFIX}JWT_AUDIENCE and {PREFIX}JWT_JWKS_URL need {PREFIX}JWT_ISSUER; set it, "
                "or unset them"
            )
        if self.is_open and not (self.on_loopback or self.open):
            raise ValueError(
                f"{PREFIX}HOST={self.host} can be reached from other machines, and nobody would be "
                f"asked who they are; set {PREFIX}KEYS_FILE (tidegate keys new) or "
                f"{PREFIX}JWT_ISSUER, or {PREFIX}OPEN=1 if something in front of us asks"
            )
        if self.open and not self.is_open:
            raise ValueError(
                f"{PREFIX}OPEN=1 would not hold beside {PREFIX}KEYS_FILE or {PREFIX}JWT_ISSUER; "
                "unset one of them"
            )
        return self


def require_https(url: str) -> str:
    """Return an address that nobody can answer in another's name. Raises ValueError.

    Without TLS whoever sits between could hand us keys of their own; on loopback nobody does.
    """
    try:
        parts = urlsplit(url)
        port_fits = parts.port != 0
    except ValueError:
        parts, port_fits = urlsplit(""), False
    is_safe = parts.scheme == "https" or (
        parts.scheme == "http" and is_loopback(parts.hostname or "")
    )
    if not (is_safe and port_fits and parts.hostname) or parts.username is not None:
        raise ValueError("expected https://host/path without a user; correct it")
    return url


def open_keychain(environ: Mapping[str, str], data_dir: Path | None) -> Keychain:
    """Return the keys of stream ids and tickets.

    From TIDEGATE_GATEWAY_SECRET, one a line and newest first; without it, made at first start in
    the data directory. Raises SettingError when there is neither.
    """
    found = read_secrets(environ)
    if found:
        return Keychain(found)
    if data_dir is None:
        raise SettingError(
            f"{SECRET}: expected the secret that all replicas of the gateway share; make one with "
            f"`openssl rand -hex 32` and name its file in {SECRET}_FILE"
        )
    return Keychain([secret_in(data_dir)])


def explain_variables(error: ValidationError) -> str:
    """One line per problem: variable, what was expected, what was given."""
    lines = []
    for problem in error.errors(include_url=False, include_context=True):
        cause = str(problem.get("ctx", {}).get("error", problem["msg"]))
        if not problem["loc"]:
            lines.append(cause)
            continue
        got = repr(problem["input"])[:80]
        lines.append(f"{problem['loc'][0]}: {cause}; got {got}; correct the variable or unset it")
    return "\n".join(lines)
