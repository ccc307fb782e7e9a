"""`tidegate recovery`: recovery directories."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Recovery directories.", no_args_is_help=True, rich_markup_mode=None)

EPILOG = """\b
Examples:
  tidegate recovery split ./recovery ./first=0-3 ./second=4-7
  tidegate recovery split /var/lib/tidegate/all /srv/a=0 /srv/b=1-2 /srv/c=3

\b
Stop the flow first. The new directories go on where it stopped:
  tidegate run --partitions 0-3 --recovery-dir ./first
The old one is left as it is, and refuses to be run: remove it when the new ones work."""


@app.callback()
def _recovery() -> None:
    """Recovery directories."""


@app.command(epilog=EPILOG)
def split(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="Of all partitions.")
    ],
    shares: Annotated[
        list[str], typer.Argument(metavar="NEW=0-3,7...", help="A new directory and its share.")
    ],
) -> None:
    """Give the partitions of one process to several: each gets its part of the state."""
    from connectors.kafka.partitions import format_partitions, parse_partitions
    from connectors.recovery_split import split as split_directory
    from flows.exits import UsageError

    parsed: dict[Path, tuple[int, ...]] = {}
    for share in shares:
        name, _, numbers = share.rpartition("=")
        try:
            parsed[Path(name)] = parse_partitions(numbers)
        except ValueError as error:
            raise UsageError(f"{share}: {error}; write, for example, ./first=0-3") from None
        if not name:
            raise UsageError(f"{share}: expected NEW=0-3; write, for example, ./first=0-3")
    if len(parsed) < len(shares):
        raise UsageError("a directory is named twice; give each share one of its own")
    split_directory(directory, parsed)
    for target, partitions in parsed.items():
        typer.echo(f"{target}  partitions {format_partitions(partitions)}")
