"""`tidegate webhooks`: verdicts and audit records to those who have subscribed to them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import EpochS, MetricsPort

if TYPE_CHECKING:
    from connectors.webhooks.settings import WebhookSettings
    from connectors.webhooks.targets import Target

app = typer.Typer(
    help="Post verdicts and audit records to those who have subscribed to them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

RUN_EPILOG = """\b
Examples:
  tidegate webhooks run --subscriptions webhooks.yaml --recovery-dir ./webhooks
  tidegate webhooks run --subscriptions webhooks.yaml --recovery-dir ./webhooks \\
      --metrics-port 9105

\b
One process for all partitions. It begins with what comes from now on; after a stop, SIGTERM or
Ctrl-C, it goes on where it was. See docs/webhooks.md."""

CHECK_EPILOG = """\b
Examples:
  tidegate webhooks check webhooks.yaml
  ACME_SECRET=$(tidegate webhooks secret) tidegate webhooks check webhooks.yaml

\b
Reads the file as `run` would, secrets included, and sends nothing.
Exit code 0: it can be used. 1: it cannot; each line says where and why."""

SEND_EPILOG = """\b
Examples:
  tidegate webhooks send-test acme-siem --subscriptions webhooks.yaml
  TIDEGATE_WEBHOOKS_LOOPBACK=1 \\
      tidegate webhooks send-test mine --subscriptions webhooks.yaml    to this computer

\b
Sends one signed message of type `test`, once. Exit code 0: the receiver took it. 1: it did not."""

MAKE_EPILOG = """\b
Examples:
  tidegate webhooks secret > /run/secrets/acme-webhook
  tidegate webhooks secret --key-pair

\b
A shared secret (whsec_...) by default. With --key-pair a private key (whsk_...) for here, and on
standard error the public one (whpk_...) for the receiver."""

File = Annotated[
    Path | None,
    typer.Option(
        "--subscriptions",
        envvar="TIDEGATE_WEBHOOKS_FILE",
        dir_okay=False,
        help="The file of subscriptions.",
    ),
]


@app.callback()
def _webhooks() -> None:
    """Post verdicts and audit records to those who have subscribed to them."""


@app.command(epilog=RUN_EPILOG)
def run(
    *,
    subscriptions: File = None,
    recovery_dir: Annotated[
        Path | None,
        typer.Option(
            envvar="TIDEGATE_WEBHOOKS_RECOVERY_DIR",
            file_okay=False,
            help="Where snapshots are kept, not the guard's.",
        ),
    ] = None,
    epoch_s: EpochS = 10.0,
    until_end: Annotated[
        bool,
        typer.Option("--until-end", help="Begin at the beginning, deliver what is there, and end."),
    ] = False,
    metrics_port: MetricsPort = None,
) -> None:
    """Read the topics of verdicts and audit records, and send what is subscribed to."""
    from connectors.stopping import Stop, stop_on_leash, stop_on_signals

    stop = Stop()
    with stop_on_signals(stop):
        stop_on_leash(stop, os.environ)
        # Imports take a second, and a stop need not wait for them.
        from connectors.kafka.settings import KafkaSettings
        from connectors.metrics.endpoint import LOOPBACK, serve_metrics
        from connectors.webhooks.dispatcher import Settings
        from flows.exits import UsageError
        from flows.runtime import run as run_flow
        from flows.webhooks import build_kafka

        if recovery_dir is None:
            raise UsageError(
                "webhooks need to remember what was delivered; add --recovery-dir, or set "
                "TIDEGATE_WEBHOOKS_RECOVERY_DIR"
            )
        settings, targets = _read(subscriptions)
        flow = build_kafka(
            KafkaSettings.from_env(os.environ),
            targets,
            Settings(settings.reach),
            environ=os.environ,
            stop=stop,
            until_end=until_end,
            metrics=metrics_port is not None,
        )
        with serve_metrics(metrics_port, os.environ.get("TIDEGATE_METRICS_HOST") or LOOPBACK):
            run_flow(flow, stop, recovery_dir=recovery_dir, epoch_s=epoch_s)


@app.command(epilog=CHECK_EPILOG)
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file of subscriptions.")],
) -> None:
    """Say whether a file of subscriptions can be used, and what it says."""
    _, targets = _read(file)
    for target in targets:
        one = target.subscription
        whose = "all tenants" if one.all_tenants else f"tenant {one.tenant}"
        notes = ["with text"] if one.include_text else []
        notes += [] if one.enabled else ["disabled"]
        line = f"ok  {one.id}: {', '.join(one.events)} of {whose}"
        typer.echo(f"{line} ({', '.join(notes)})" if notes else line)
    if not targets:
        typer.echo("ok  no subscriptions")


@app.command("send-test", epilog=SEND_EPILOG)
def send_test(
    subscription: Annotated[str, typer.Argument(metavar="ID", help="Which subscription.")],
    *,
    subscriptions: File = None,
) -> None:
    """Send one message to a receiver, to see whether it arrives."""
    import asyncio
    import difflib

    from connectors.webhooks.trial import send_once
    from flows.exits import Exit, UsageError

    settings, targets = _read(subscriptions)
    found = {target.id: target for target in targets}
    if subscription not in found:
        close = difflib.get_close_matches(subscription, found, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(found) or 'none'}"
        raise UsageError(f"there is no subscription {subscription}; {hint}")
    target = found[subscription]
    if not target.subscription.enabled:
        raise UsageError(f"subscription {subscription} is disabled; set 'enabled: true' first")
    answer = asyncio.run(send_once(target, settings.reach))
    if not answer.taken:
        typer.echo(f"PROBLEM  {subscription}: {answer.detail}")
        raise typer.Exit(Exit.PROBLEM)
    typer.echo(f"ok       {subscription}: {answer.detail}")


@app.command(epilog=MAKE_EPILOG)
def secret(
    *,
    key_pair: Annotated[
        bool, typer.Option("--key-pair", help="An Ed25519 key instead of a shared secret.")
    ] = False,
) -> None:
    """Make a secret to sign with."""
    from connectors.webhooks.signature import new_keys, new_secret

    if not key_pair:
        typer.echo(new_secret())
        return
    private, public = new_keys()
    typer.echo(private)
    typer.echo(public, err=True)


def _read(file: Path | None) -> tuple[WebhookSettings, list[Target]]:
    """Read settings and subscriptions. Raises InputError naming file, line and what to do."""
    from connectors.webhooks.settings import WebhookSettings
    from connectors.webhooks.targets import SubscriptionError, read_targets
    from flows.exits import InputError, UsageError

    settings = WebhookSettings.from_env(os.environ)
    path = file or settings.file
    if path is None:
        raise UsageError("name the file of subscriptions with --subscriptions FILE")
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file; name one with --subscriptions FILE")
    try:
        return settings, read_targets(path, settings.reach, os.environ)
    except SubscriptionError as error:
        raise InputError(str(error)) from error
