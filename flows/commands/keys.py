"""`tidegate keys`: API keys of the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(help="API keys of the gateway.", no_args_is_help=True, rich_markup_mode=None)

NEW_EPILOG = """\b
Examples:
  tidegate keys new --tenant acme --name plugin --scope streams:write --scope streams:read
  tidegate keys new --tenant acme --name dashboard --scope streams:read --expires 90d
  tidegate keys new --tenant acme --name batch --scope streams:write --priority low

\b
The key is shown once: the file holds a hash of it. To replace a key without a pause, make
another of the same tenant and name, hand it out, then remove the first; see docs/auth.md."""

CHECK_EPILOG = """\b
Examples:
  tidegate keys check keys.yaml

\b
Exit code 0: the file can be used. 1: it cannot; each line says where and why."""


@app.callback()
def _keys() -> None:
    """API keys of the gateway."""


@app.command(epilog=NEW_EPILOG)
def new(
    *,
    tenant: Annotated[str, typer.Option(metavar="TENANT", help="Whose streams these will be.")],
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Who uses the key; unique within the tenant.")
    ],
    scope: Annotated[
        list[str],
        typer.Option(
            metavar="streams:write|streams:read|admin",
            help="What it allows; may be given repeatedly.",
        ),
    ],
    expires: Annotated[
        str | None,
        typer.Option(metavar="90d|DATE", help="When it ends: in so many days, or at a day's end."),
    ] = None,
    priority: Annotated[
        Literal["high", "normal", "low"] | None,
        typer.Option(help="Who is served last when there is too much; the tenant's otherwise."),
    ] = None,
) -> None:
    """Make a key: print it once, and the entry for the file of keys."""
    from connectors.gateway.auth.api_key import ApiKey
    from connectors.gateway.auth.key_file import KeyFileError, parse_keys
    from flows.exits import UsageError

    key = ApiKey.new()
    lines = [
        f"- id: {key.id}",
        f"  hash: {key.digest}",
        f"  tenant: {_quoted(tenant)}",
        f"  name: {_quoted(name)}",
        f"  scopes: [{', '.join(dict.fromkeys(map(_quoted, scope)))}]",
    ]
    if expires is not None:
        lines.append(f"  expires: '{_last_day(expires)}'")
    if priority is not None:
        lines.append(f"  priority: {priority}")
    entry = "".join(f"  {line}\n" for line in lines)
    try:
        parse_keys(f"keys:\n{entry}", "entry")
    except KeyFileError as error:
        # Without the place in a text that nobody has seen.
        told = "; ".join(line.partition(": ")[2] for line in str(error).splitlines())
        told = told.replace("keys[0].scopes", "--scope").replace("keys[0].", "--")
        raise UsageError(told) from error
    typer.echo("# The key, shown this once:")
    typer.echo(key.text)
    typer.echo("# Its entry, to be pasted below `keys:` in the file of TIDEGATE_GATEWAY_KEYS_FILE:")
    typer.echo(entry, nl=False)


@app.command(epilog=CHECK_EPILOG)
def check(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="API keys.")
    ],
) -> None:
    """Check a file of API keys, and say which of them do not hold any more."""
    from datetime import UTC, datetime

    from connectors.gateway.auth.key_file import KeyFileError, read_key_file
    from flows.exits import InputError

    try:
        entries = read_key_file(file).values()
    except KeyFileError as error:
        raise InputError(str(error)) from error
    now = datetime.now(UTC)
    expired = [one for one in entries if one.expires is not None and one.expires <= now]
    disabled = [one for one in entries if one.disabled]
    for one in expired:
        typer.echo(f"{file}: key {one.id} of {one.tenant}/{one.name} has expired", err=True)
    tenants = len({one.tenant for one in entries})
    typer.echo(
        f"{file}: ok: {len(entries)} keys of {tenants} tenants, {len(expired)} expired, "
        f"{len(disabled)} disabled"
    )


def _quoted(text: str) -> str:
    """Return a YAML text that stands for this one, whatever it holds."""
    import json

    return json.dumps(text)


def _last_day(expires: str) -> str:
    """Return the day at whose end a key ends. Raises UsageError."""
    from datetime import UTC, date, datetime, timedelta

    from flows.exits import UsageError

    today = datetime.now(UTC).date()
    number = expires.removesuffix("d")
    try:
        if number != expires and number.isascii() and number.isdigit():
            day = today + timedelta(days=int(number))
        else:
            day = date.fromisoformat(expires)
    except (ValueError, OverflowError):
        day = date.min
    if day < today:
        raise UsageError(
            f"--expires: expected a number of days (90d) or a day to come (2027-01-31), "
            f"got {expires[:40]!r}"
        )
    return day.isoformat()
