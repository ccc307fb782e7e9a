"""`tidegate policy`: check one, look at one; `policy_live` changes those of guards that run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands import policy_live

if TYPE_CHECKING:
    from guardrails.plan import Plan

app = typer.Typer(
    help="Check a policy, look at one, put one in force.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

CHECK_EPILOG = """\b
Examples:
  tidegate policy check mine.yaml
  tidegate policy check mine.yaml && git commit mine.yaml

\b
Each problem is one line: file:line:column: what is wrong; what was expected.
Exit code 0: the policy can be used. 1: it has the problems listed. 2: there is no such file."""

SHOW_EPILOG = """\b
Examples:
  tidegate policy show                            the shipped policy, resolved
  tidegate policy show mine.yaml
  tidegate policy show everything                 default, pii, secrets, strict, everything
  tidegate policy show --json mine.yaml | jq '.guardrails[].rules'
  tidegate policy show --source > mine.yaml       as it is written, to begin your own
  tidegate policy show --all                      every guardrail there is"""


@app.callback()
def _policy() -> None:
    """Check a policy, look at one, put one in force in guards that run."""


@app.command(epilog=CHECK_EPILOG)
def check(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A policy file, or a shipped one.")],
) -> None:
    """Say whether a policy can be used, or list everything that is wrong with it."""
    from flows.policies import compile_policy, read_policy

    policy = read_policy(file)
    plan = compile_policy(policy)
    settings = policy.resolve()
    rules = sum(len(setting.rules) for setting in settings)
    typer.echo(
        f"{file}: ok: policy '{policy.name}', version {policy.version}, "
        f"{len(settings)} guardrails, {rules} rules, holds at most {_widest(plan):,} code points"
    )
    if not settings:
        typer.echo(f"{file}: note: no guardrail runs, so nothing will be found", err=True)


@app.command(epilog=SHOW_EPILOG)
def show(
    name: Annotated[
        str, typer.Argument(metavar="[NAME|FILE]", help="A shipped policy or a file.")
    ] = "default",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    source: Annotated[bool, typer.Option("--source", help="As it is written, in YAML.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also the guardrails this policy does not run.")
    ] = False,
) -> None:
    """Show what a policy comes to: each guardrail, its mode, action and rules."""
    from flows.policies import read_policy, read_text

    if source:
        typer.echo(read_text(name), nl=False)
        return
    policy = read_policy(name)
    running = [_describe(setting) for setting in policy.resolve()]
    described: dict[str, Any] = {
        "name": policy.name,
        "version": policy.version,
        "enforcement": policy.enforcement,
        "label": policy.label,
        "on_gap": policy.on_gap,
        "on_rewrite": policy.on_rewrite,
        "limits": policy.limits.model_dump(),
        "guardrails": running,
    }
    if everything:
        described["not_running"] = _not_running({item["id"] for item in running})
    if as_json:
        import json

        typer.echo(json.dumps(described, indent=2))
        return
    _print(described)


app.command("activate", epilog=policy_live.ACTIVATE_EPILOG)(policy_live.activate)
app.command("rollback", epilog=policy_live.ROLLBACK_EPILOG)(policy_live.rollback)
app.command("history", epilog=policy_live.HISTORY_EPILOG)(policy_live.history)


def _describe(setting: Any) -> dict[str, Any]:
    guardrail = setting.guardrail
    performance = guardrail.performance
    return {
        "id": guardrail.id,
        "family": guardrail.family,
        "class": str(performance.performance_class),
        "mode": str(setting.mode),
        "action": str(setting.action),
        "checkpoint": str(setting.check.checkpoint) if setting.check else "chunk",
        "rules": [rule.id for rule in setting.rules],
        "types": sorted({rule.type for rule in setting.rules} | _check_types(setting)),
        "widest_match": max((_width(rule) for rule in setting.rules), default=0),
        "max_chars": setting.max_chars,
        "deadline_s": setting.check.deadline_ms / 1000 if setting.check else None,
        "summary": guardrail.summary,
    }


def _check_types(setting: Any) -> set[str]:
    return {setting.check.type} if setting.check else set()


def _width(rule: Any) -> int:
    from guardrails.phrase_matcher import PhraseMatcher
    from guardrails.phrases import PhraseRule
    from guardrails.scan import ScanRule
    from guardrails.syntax import parse

    if isinstance(rule, PhraseRule):
        return PhraseMatcher({0: rule}).max_width
    if isinstance(rule, ScanRule):
        return rule.scanner.max_hold
    return parse(rule.expression).max_width + int(rule.context_chars)


def _widest(plan: Plan) -> int:
    """Return the longest text that may be held back, code points."""
    return plan.enforced.matcher.max_width if plan.enforced else 0


def _not_running(running: set[str]) -> list[dict[str, str]]:
    from guardrails.naming import BY_ID

    return [
        {"id": guardrail.id, "family": guardrail.family, "summary": guardrail.summary}
        for guardrail in BY_ID.values()
        if guardrail.id not in running
    ]


def _print(described: dict[str, Any]) -> None:
    from flows.terminal import console, print_table, table

    out = console()
    out.print(
        f"policy '{described['name']}', version {described['version']}, "
        f"{described['enforcement']}, label {described['label']}, "
        f"on_gap {described['on_gap']}, on_rewrite {described['on_rewrite']}"
    )
    limits = ", ".join(f"{key} {value:g}" for key, value in described["limits"].items())
    out.print(f"limits: {limits}")
    out.print()
    rows = table(
        *("guardrail", "family", "class", "mode", "action", "checkpoint", "widest", "rules"),
        numbers=("widest",),
    )
    for item in described["guardrails"]:
        rules = ", ".join(item["rules"])
        if item["max_chars"] is not None:
            rules = f"at most {item['max_chars']:,} code points"
        if item["deadline_s"] is not None:
            rules = f"{item['types'][0]}, within {item['deadline_s']:g} s"
        rows.add_row(
            *(item["id"], item["family"], item["class"], item["mode"], item["action"]),
            *(item["checkpoint"], str(item["widest_match"] or "-"), rules or "none"),
        )
    print_table(out, rows)
    for item in described.get("not_running", ()):
        out.print(f"does not run: {item['id']} ({item['family']}): {item['summary']}")
