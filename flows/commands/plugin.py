"""`tidegate plugin`: guardrails of other packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from guardrails.guardrail import Guardrail

app = typer.Typer(help="Guardrails of other packages.", no_args_is_help=True, rich_markup_mode=None)

LIST_EPILOG = """\b
Examples:
  tidegate plugin list
  tidegate plugin list --json | jq .guardrails

\b
Exit code 0: all can be used. 1: one is broken; guardrails that are shipped are not affected."""

CHECK_EPILOG = """\b
Examples:
  tidegate plugin check acme                      an entry point of an installed package
  tidegate plugin check acme_guard:GUARDRAILS     a module on the path, or in this directory
  tidegate plugin check acme_guard:BADGE && python -m build

\b
What is checked is what Tidegate's own guardrails keep: the contract of a definition; a docstring
that says Catches, Misses and Cost; samples that are found however they are cut, between any
neighbours, glued together, and with the state saved and restored behind each chunk; expressions
that cannot explode; runs within the class. docs/plugins.md has all of it.
Exit code 0: nothing is wrong. 1: something is. 2: there is no such entry point."""


@app.command("list", epilog=LIST_EPILOG)
def list_(
    *, as_json: Annotated[bool, typer.Option("--json", help="One object per line.")] = False
) -> None:
    """Show what installed packages bring, and what is wrong with it."""
    import msgspec

    from flows.exits import Exit
    from flows.plugins import load_plugins
    from flows.terminal import console, print_table, table

    plugins = load_plugins()
    rows = table("entry point", "package", "guardrails", "problem")
    for one in plugins:
        ids = [guardrail.id for guardrail in one.guardrails]
        if as_json:
            row = {**msgspec.structs.asdict(one), "guardrails": ids}
            typer.echo(msgspec.json.encode(row).decode())
        rows.add_row(
            *(one.entry, f"{one.package} {one.version}"),
            *(", ".join(ids) or "-", one.problem or "-"),
        )
    if plugins and not as_json:
        print_table(console(), rows)
    if not plugins and not as_json:
        typer.echo("no installed package brings guardrails")
    if any(one.problem for one in plugins):
        raise typer.Exit(Exit.PROBLEM)


@app.command("check", epilog=CHECK_EPILOG)
def check(
    target: Annotated[
        str, typer.Argument(metavar="ENTRY|MODULE:NAME", help="An entry point, or a module.")
    ],
) -> None:
    """Prove that guardrails keep what Tidegate's own do."""
    import time
    from random import Random

    from connectors.plugins import docstrings_of
    from flows.exits import Exit
    from guardrails.proof.proof import prove

    guardrails, module = _find(target)
    docstrings = {one.id: docstrings_of(one, module) for one in guardrails}
    random = Random(target)  # noqa: S311 - where to cut samples
    violations = list(prove(guardrails, docstrings, random, time.thread_time))
    for violation in violations:
        typer.echo(f"PROBLEM {violation.guardrail}: {violation.text} ({violation.clause})")
    wrong = {violation.guardrail for violation in violations}
    for guardrail in guardrails:
        if guardrail.id not in wrong:
            samples = len(guardrail.catches) + len(guardrail.ignores)
            typer.echo(f"ok      {guardrail.id}: {samples} samples, {guardrail.summary}")
    if violations:
        raise typer.Exit(Exit.PROBLEM)


def _find(target: str) -> tuple[tuple[Guardrail, ...], str]:
    """Return guardrails and the module they were asked of."""
    import sys
    from pathlib import Path

    from connectors.plugins import PluginError, load_target
    from flows.exits import InputError, UsageError
    from flows.plugins import load_plugins

    if ":" in target:
        # Where an author works; a script's own directory stands there otherwise.
        sys.path.insert(0, str(Path.cwd()))
        try:
            return load_target(target), target
        except PluginError as error:
            raise InputError(str(error)) from error
    plugins = load_plugins()
    found = [one for one in plugins if one.entry == target]
    if not found:
        known = ", ".join(one.entry for one in plugins) or "none"
        raise UsageError(
            f"no installed package has an entry point '{target}'; there are: {known}; a module "
            "that is not installed is named as MODULE:NAME"
        )
    if broken := [f"{one.origin}: {one.problem}" for one in found if one.problem]:
        raise InputError("; ".join(broken))
    return tuple(guardrail for one in found for guardrail in one.guardrails), found[0].target
