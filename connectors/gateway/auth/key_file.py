"""The file of API keys: YAML in, keys by id out, or every problem with its line.

keys:
  - id: 3f9a0c1d2e4b5a
    hash: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    tenant: acme
    name: plugin
    scopes: [streams:write, streams:read]
    expires: 2027-01-31            # optional; the key holds to the end of that day, UTC
    disabled: true                 # optional
    priority: high                 # optional; the tenant's otherwise
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from connectors.gateway.auth.api_key import DIGEST
from connectors.gateway.auth.principal import Principal, Priority, Scope
from guardrails.document import DocumentError, Mark, Node, read_document
from guardrails.errors import TidegateError
from guardrails.problem import explain

# 2 million characters at some 200 a key, which take 7 s to read.
MAX_KEYS = 10_000
# Names of tenants are keys of limits, metrics and audit records.
NAME = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$"
_MAX_REPORTED = 50
_MAX_BYTES = 16_000_000
_KEY = re.compile(r"tg_[\w-]+", re.ASCII)


class KeyFileError(TidegateError):
    """The file of API keys cannot be used. Next: correct it at the line the message names."""


def _read_expiry(value: object) -> datetime:
    """Return the first moment at which the key does not hold any more."""
    if isinstance(value, str):
        try:
            if len(value) == len("2027-01-31"):
                return datetime.combine(date.fromisoformat(value), time(), UTC) + timedelta(days=1)
            at = datetime.fromisoformat(value)
        except (ValueError, OverflowError):
            pass
        else:
            if at.tzinfo is not None:
                return at
    raise ValueError(
        "expected a day (2027-01-31) or a moment with its zone (2027-01-31T12:00:00Z); "
        "correct it or remove the line"
    )


Expiry = Annotated[datetime, BeforeValidator(_read_expiry)]


def _refuse_keys(name: str) -> str:
    """A key that stands where a name belongs would be shown to everybody."""
    if _KEY.match(name):
        raise ValueError("this looks like an API key; have another made, and write a name here")
    return name


def _refuse_none(scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
    if not scopes:
        raise ValueError(f"expected some of {', '.join(Scope)}, got none; add one or disable it")
    return scopes


Name = Annotated[str, Field(pattern=NAME), AfterValidator(_refuse_keys)]
Scopes = Annotated[tuple[Scope, ...], AfterValidator(_refuse_none)]


class KeyEntry(BaseModel):
    """One key: what is kept of it, and whom it speaks for."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: str = Field(pattern=r"^[0-9a-z]{1,32}$")
    hash: str = Field(pattern=f"^{DIGEST.pattern}$")
    tenant: Name
    name: Name
    scopes: Scopes
    expires: Expiry | None = None
    disabled: bool = False
    priority: Priority | None = None

    @property
    def principal(self) -> Principal:
        """Whom the key speaks for. Two keys of one name are one principal, so keys rotate."""
        return Principal(self.tenant, f"key:{self.name}", frozenset(self.scopes), self.priority)


class _Keys(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    keys: tuple[KeyEntry, ...] = Field(max_length=MAX_KEYS)


def read_key_file(path: Path) -> Mapping[str, KeyEntry]:
    """Return the keys of a file by id. Raises KeyFileError with every problem found."""
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise KeyFileError(
            f"{path}: cannot be read ({error.strerror}); correct the path or its permissions"
        ) from None
    except UnicodeDecodeError:
        raise KeyFileError(f"{path}: is not UTF-8; save the file as UTF-8") from None
    return parse_keys(text, str(path))


def parse_keys(text: str, filename: str) -> Mapping[str, KeyEntry]:
    """Return the keys of a text by id. filename: only for messages.

    Raises KeyFileError whose message has one line for each problem; none shows a hash.
    """
    try:
        document = read_document(text)
    except DocumentError as error:
        places = [(fault.mark, fault.text) for fault in error.faults]
        raise _refuse(filename, places) from None
    if not isinstance(document.value, dict):
        what = "expected a mapping with the key 'keys'; make one with: tidegate keys new"
        raise _refuse(filename, [(document.mark, what)])
    try:
        entries = _Keys.model_validate(document.value).keys
    except ValidationError as error:
        raise _refuse(filename, _places(error, document)) from None
    found: dict[str, KeyEntry] = {}
    for number, entry in enumerate(entries):
        if entry.id in found:
            mark = document.locate(("keys", number, "id"))
            what = f"id {entry.id!r} stands here again; make another key with: tidegate keys new"
            raise _refuse(filename, [(mark, what)])
        found[entry.id] = entry
    return found


def _places(error: ValidationError, document: Node) -> list[tuple[Mark, str]]:
    places = []
    for problem in explain(error, _Keys):
        # Scopes and the like may be shown; a key pasted where its hash belongs may not.
        secret = problem.path[-1:] == ("hash",) and not problem.at_key
        what = (
            f"'{problem.place}': expected 'sha256:' and 64 hexadecimal digits, as `tidegate keys "
            "new` prints them, got something else"
            if secret
            else problem.text
        )
        places.append((document.locate(problem.path, key=problem.at_key), what))
    return sorted(places, key=_order)


def _order(place: tuple[Mark, str]) -> Any:
    return place[0].line, place[0].column


def _refuse(filename: str, places: list[tuple[Mark, str]]) -> KeyFileError:
    # A key may have been pasted anywhere.
    lines = [
        f"{filename}:{mark.line}:{mark.column}: {_KEY.sub('tg_...', what)}"
        for mark, what in places[:_MAX_REPORTED]
    ]
    if len(places) > _MAX_REPORTED:
        lines.append(f"{filename}: and {len(places) - _MAX_REPORTED} more problems")
    return KeyFileError("\n".join(lines))
