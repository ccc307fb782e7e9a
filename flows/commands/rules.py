"""`tidegate rules`: rule packs of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from guardrails.packs.pack import Pack

app = typer.Typer(help="Rule packs of other tools.", no_args_is_help=True, rich_markup_mode=None)

EPILOG = """\b
Examples:
  tidegate rules import gitleaks.toml --output secrets.yaml
  tidegate rules import recognizers.yaml blocked.txt > mine.yaml
  tidegate rules import --format words badwords.list | tidegate policy check /dev/stdin
  tidegate rules import --strict gitleaks.toml --output secrets.yaml && git add secrets.yaml

\b
Formats, by the name of the file unless --format says so:
  gitleaks   .toml         its configuration: rules and allow lists
  presidio   .yaml, .yml   recognizers with patterns or deny lists
  words      all others    one word or phrase a line; lines with # are comments

\b
What comes out is a policy that can be used as it is, or put under your own `guardrails`. What
cannot be carried over stands in it as comments, and on standard error, each with its reason.
Exit code 0: it was written. 1: a file is no such pack; with --strict also if anything was
left out (the policy is written all the same). 2: there is no such file."""


@app.callback()
def _rules() -> None:
    """Rule packs of other tools."""


@app.command("import", epilog=EPILOG)
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Rule packs.")],
    *,
    kind: Annotated[
        Literal["gitleaks", "presidio", "words"] | None,
        typer.Option("--format", help="What the files are; by default what their names say."),
    ] = None,
    output: Annotated[
        str, typer.Option(metavar="FILE", help="Where to write the policy; '-' is stdout.")
    ] = "-",
    prefix: Annotated[
        str, typer.Option(metavar="TEXT", help="Put in front of each rule's id, e.g. 'gl-'.")
    ] = "",
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 if anything is not carried over.")
    ] = False,
) -> None:
    """Write rules of gitleaks or Presidio, or lists of words, as a policy."""
    from flows.exits import Exit
    from flows.packs import read_packs, write_packs

    packs = read_packs(files, kind, prefix)
    text = write_packs(packs)
    if output == "-":
        typer.echo(text, nl=False)
    else:
        Path(output).write_text(text, "utf-8")
    left_out = sum(_report(pack) for pack in packs)
    if strict and left_out:
        raise typer.Exit(Exit.PROBLEM)


def _report(pack: Pack) -> int:
    """Say what became of a pack; return how many things were left out."""
    for remark in pack.remarks:
        kind = "not carried over" if remark.left_out else "note"
        typer.echo(f"{pack.source}: {kind}: {remark.subject}: {remark.text}", err=True)
    left_out = sum(remark.left_out for remark in pack.remarks)
    typer.echo(
        f"{pack.source}: carried over: {pack.size}; not carried over: {left_out:,}; "
        f"notes: {len(pack.remarks) - left_out:,}",
        err=True,
    )
    return left_out
