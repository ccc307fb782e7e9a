"""How much each user and tenant may ask for: a YAML file, checked, with line numbers.

default:
  user_updates: 500/second
  tenant_chars_per_day: 200000000
tenants:
  acme: {priority: high, user_streams: 200}
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from limits import RateLimitItem, RateLimitItemPerDay, parse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from connectors.gateway.auth.key_file import NAME
from connectors.gateway.auth.principal import Priority
from guardrails.document import DocumentError, Mark, Node, read_document
from guardrails.errors import TidegateError
from guardrails.problem import explain

# What counts of a longer window would be gone after the next release.
MAX_WINDOW_S = 86_400
# As many as count in memory beside the users.
MAX_TENANTS = 20_000
_MAX_REPORTED = 50
_MAX_BYTES = 16_000_000
_NONE = "none"

Model = TypeVar("Model", bound=BaseModel)


class LimitsFileError(TidegateError):
    """The file of limits cannot be used. Next: correct it at the line the message names."""


def _read_rate(value: object) -> object:
    if value is None or value == _NONE:
        return None
    try:
        if isinstance(value, str):
            rate = parse(value.strip())
            if rate.amount > 0 and rate.get_expiry() <= MAX_WINDOW_S and ";" not in value:
                return rate
    except ValueError:
        pass
    raise ValueError(
        "expected a rate such as 500/second, 20000/minute or 100 per 5 seconds, of a day at most, "
        f"or {_NONE}"
    )


Rate = Annotated[
    RateLimitItem | None, BeforeValidator(_read_rate), Field(description="n/second and the like")
]


def _rate(default: str, text: str) -> Any:
    return Field(default=parse(default), description=text)


class Allowance(BaseModel):
    """What one tenant and each of its users may ask of one gateway process."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    # A model writes some 100 pieces a second: five replies at a time.
    user_updates: Rate = _rate("500/second", "Updates of one user.")
    # A reply has some 400 characters a second; whole texts come in one piece.
    user_chars: Rate = _rate("200000/second", "Characters of one user.")
    user_streams: int = Field(
        default=100, ge=1, description="Streams of one user that are open at once."
    )
    user_chars_per_day: int | None = Field(
        default=None, ge=1, description="Characters of one user a day."
    )
    # More than one process serves: a tenant that is alone may use all of it. Lower where there
    # are several.
    tenant_updates: Rate = _rate("20000/second", "Updates of a tenant.")
    tenant_chars: Rate = _rate("5000000/second", "Characters of a tenant.")
    tenant_streams: int = Field(default=20_000, ge=1, description="Open streams of a tenant.")
    tenant_chars_per_day: int | None = Field(default=None, ge=1, description="Of a tenant a day.")
    priority: Priority = Field(
        default=Priority.NORMAL, description="Who is served last; a key's own wins."
    )

    @cached_property
    def rates(self) -> tuple[tuple[str, bool, bool, RateLimitItem], ...]:
        """Name, whether of a user, whether of characters, and rate of every limit that is set."""
        user_day, tenant_day = (
            None if chars is None else RateLimitItemPerDay(chars)
            for chars in (self.user_chars_per_day, self.tenant_chars_per_day)
        )
        every = (
            ("user-updates", True, False, self.user_updates),
            ("user-chars", True, True, self.user_chars),
            ("user-chars-per-day", True, True, user_day),
            ("tenant-updates", False, False, self.tenant_updates),
            ("tenant-chars", False, True, self.tenant_chars),
            ("tenant-chars-per-day", False, True, tenant_day),
        )
        return tuple((name, user, chars, rate) for name, user, chars, rate in every if rate)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    default: dict[str, Any] = Field(default_factory=dict)
    tenants: dict[Annotated[str, Field(pattern=NAME)], dict[str, Any]] = Field(
        default_factory=dict, max_length=MAX_TENANTS
    )


class Allowances:
    """The allowance of each tenant: its own where it has one, over the default."""

    def __init__(
        self, default: Allowance | None = None, tenants: Mapping[str, Allowance] | None = None
    ) -> None:
        self._default = default or Allowance()
        self._tenants = MappingProxyType(dict(tenants or {}))

    def of(self, tenant: str) -> Allowance:
        """Return what a tenant may ask for."""
        return self._tenants.get(tenant, self._default)


def read_allowances(path: Path) -> Allowances:
    """Return the allowances of a file. Raises LimitsFileError with every problem found."""
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise LimitsFileError(
            f"{path}: cannot be read ({error.strerror}); correct the path or its permissions"
        ) from None
    except UnicodeDecodeError:
        raise LimitsFileError(f"{path}: is not UTF-8; save the file as UTF-8") from None
    return parse_allowances(text, str(path))


def parse_allowances(text: str, filename: str) -> Allowances:
    """Return the allowances of a text. filename: only for messages.

    Raises LimitsFileError whose message has one line for each problem.

    >>> parse_allowances("tenants: {acme: {priority: high}}", "limits.yaml").of("acme").priority
    <Priority.HIGH: 'high'>
    """
    try:
        document = read_document(text)
    except DocumentError as error:
        raise _refuse(filename, [(fault.mark, fault.text) for fault in error.faults]) from None
    value = {} if document.value is None else document.value
    places: list[tuple[Mark, str]] = []
    found = _validate(_File, value, (), document, places)
    if found is None:
        raise _refuse(filename, places)
    default = _validate(Allowance, found.default, ("default",), document, places)
    tenants = {
        name: _validate(Allowance, {**found.default, **own}, ("tenants", name), document, places)
        for name, own in found.tenants.items()
    }
    if places:
        raise _refuse(filename, sorted(set(places), key=_order))
    return Allowances(default, {name: one for name, one in tenants.items() if one is not None})


def _validate(
    model: type[Model],
    value: object,
    path: tuple[str, ...],
    document: Node,
    places: list[tuple[Mark, str]],
) -> Model | None:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        for problem in explain(error, model, path):
            mark = document.locate(problem.path, key=problem.at_key)
            places.append((mark, problem.text))
        return None


def _order(place: tuple[Mark, str]) -> tuple[int, int]:
    return place[0].line, place[0].column


def _refuse(filename: str, places: list[tuple[Mark, str]]) -> LimitsFileError:
    lines = [
        f"{filename}:{mark.line}:{mark.column}: {what}" for mark, what in places[:_MAX_REPORTED]
    ]
    if len(places) > _MAX_REPORTED:
        lines.append(f"{filename}: and {len(places) - _MAX_REPORTED} more problems")
    return LimitsFileError("\n".join(lines))
