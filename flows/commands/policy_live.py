"""`tidegate policy activate | rollback | history`: policies of guards that run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from connectors.kafka.settings import KafkaSettings
    from connectors.policies.log import PolicyLog
    from guardrails.activation import Activation
    from guardrails.events import PolicyActivation

ACTIVATE_EPILOG = """\b
Examples:
  tidegate policy activate mine.yaml
  tidegate policy activate mine.yaml --comment "badge numbers, first week in monitor"

\b
The policy is checked first; one with problems is refused and nothing changes.
Streams that have begun keep their policy; those that begin from the time shown get this one.
Needs Kafka (KAFKA_BOOTSTRAP_SERVERS) and the topics of `tidegate topics create`."""

ROLLBACK_EPILOG = """\b
Examples:
  tidegate policy rollback support-bot                         the version before the newest
  tidegate policy rollback support-bot --to 4f0c2d1e9a7b3c55

\b
A rollback is a new activation with old content: the history keeps both."""

HISTORY_EPILOG = """\b
Examples:
  tidegate policy history support-bot
  tidegate policy history support-bot --json | jq -r 'select(.offset == 12).source'

\b
The newest stands last. Times are those from which an activation is in force, UTC."""

By = Annotated[
    str | None,
    typer.Option(envvar="USER", metavar="WHO", help="Who activates it; goes into the history."),
]
Comment = Annotated[str | None, typer.Option(metavar="TEXT", help="Why; goes into the history.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The policy's 'name'.")]


def activate(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A policy file, or a shipped one.")],
    *,
    by: By = None,
    comment: Comment = None,
) -> None:
    """Put a policy in force in all guards that run, without stopping them."""
    from flows.policies import compile_policy, read_text
    from guardrails import parse_policy

    source = read_text(file)
    policy = parse_policy(source, file)
    compile_policy(policy)
    _publish(_event(policy.name, policy.version, source, by, comment))


def rollback(
    name: Name,
    *,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="VERSION", help="Else the version before the newest."),
    ] = None,
    by: By = None,
    comment: Comment = None,
) -> None:
    """Put an earlier version of a policy in force again."""
    from flows.exits import UsageError
    from flows.plugins import load_plugins
    from flows.policies import compile_policy
    from guardrails.activation import rollback_target

    load_plugins()
    activations = _history(name)
    target = rollback_target(activations, to)
    if target is None:
        versions = ", ".join(dict.fromkeys(one.event.version for one in activations))
        wanted = f"version {to} before its newest" if to else "version before its newest"
        raise UsageError(
            f"policy {name!r} has no {wanted}; activated were, oldest first: {versions}; name one "
            "of them, or activate a file"
        )
    # Checked again: this release may refuse what an earlier one took.
    policy = target.read()
    compile_policy(policy)
    comment = comment or f"rollback to {target.event.version}"
    _publish(_event(name, policy.version, target.event.source, by, comment))


def history(
    name: Name,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="One object per line, with the source.")
    ] = False,
) -> None:
    """Show when which version of a policy was put in force, by whom and why."""
    import msgspec

    from flows.lines import visible
    from flows.terminal import console, print_table, table

    activations = _history(name)
    if as_json:
        for activation in activations:
            row = {
                "offset": activation.offset,
                "at": _time(activation.at_ms),
                **msgspec.to_builtins(activation.event),
            }
            typer.echo(msgspec.json.encode(row).decode())
        return
    rows = table("in force from", "version", "by", "comment")
    for activation in activations:
        event = activation.event
        rows.add_row(
            _time(activation.at_ms),
            event.version,
            visible(event.by or "-"),
            visible(event.comment or "-"),
        )
    print_table(console(), rows)


def _event(
    name: str, version: str, source: str, by: str | None, comment: str | None
) -> PolicyActivation:
    """Return the record to be written. Raises UsageError for what every guard would refuse."""
    import msgspec

    from flows.exits import UsageError
    from guardrails.events import PolicyActivation

    fields = {"name": name, "version": version, "source": source, "by": by, "comment": comment}
    try:
        event = msgspec.convert(fields, PolicyActivation)
        msgspec.json.encode(event)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise UsageError(
            f"--by takes at most 256 characters, --comment 1,000, both as UTF-8 ({error}); shorten "
            "them"
        ) from error
    return event


def _publish(event: PolicyActivation) -> None:
    from connectors.policies.publish import publish

    with _log() as (settings, log):
        activation = publish(settings, log, event)
    typer.echo(
        f"policy '{event.name}', version {event.version}: "
        f"in force for streams that begin from {_time(activation.at_ms)} on"
    )


def _history(name: str) -> list[Activation]:
    """Return the activations of one policy, oldest first. Raises UsageError without any."""
    from flows.exits import UsageError
    from guardrails.activation import decode_activation
    from guardrails.errors import MalformedEvent

    found = []
    names = set()
    with _log() as (settings, log):
        for record in log.read():
            try:
                activation = decode_activation(record)
            except MalformedEvent:
                continue
            names.add(activation.event.name)
            if activation.event.name == name:
                found.append(activation)
    if not found:
        known = f"known are: {', '.join(sorted(names))}" if names else "there is none yet"
        raise UsageError(
            f"topic {settings.topic('policies')} has no activation of a policy {name!r}; {known}"
        )
    return found


@contextmanager
def _log() -> Iterator[tuple[KafkaSettings, PolicyLog]]:
    from connectors.kafka.settings import KafkaSettings
    from connectors.policies.log import PolicyLog

    settings = KafkaSettings.from_env(os.environ)
    log = PolicyLog(settings)
    log.open()
    try:
        yield settings, log
    finally:
        log.close()


def _time(at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
