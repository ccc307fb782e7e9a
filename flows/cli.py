"""The command `tidegate`: its options, its commands, and how it ends.

Everything heavy is imported by the command that needs it: help and completion stay quick.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from flows.commands import (
    audit,
    bench,
    checks,
    demo,
    doctor,
    ingest,
    keys,
    plugin,
    policy,
    recovery,
    rules,
    run,
    scan,
    serve,
    supervise,
    tail,
    topics,
    webhooks,
)
from flows.commands import eval as evaluation

# \b keeps the lines of a paragraph as they are.
EPILOG = """\b
Examples:
  tidegate demo                                   watch it work, without a broker
  tidegate scan answers.jsonl                     try the shipped policy on your own data
  tidegate policy show --source > mine.yaml       begin a policy of your own
  tidegate policy check mine.yaml
  tidegate topics create && tidegate run --recovery-dir ./recovery

\b
Exit codes of every command:
    0  all is well
    1  a problem was found: a policy with errors, bad rows, a failed check of doctor,
       findings where --fail-on asks for it
    2  called wrongly: unknown option, bad value, file that does not exist
    3  something around is missing: broker, topics, recovery directory, package
   70  a bug of ours
  130  interrupted with Ctrl-C
  141  whoever read our output stopped, as `head` does

\b
Settings come from the environment (KAFKA_*, TIDEGATE_*), see docs/cli.md; NO_COLOR is
respected. `tidegate --install-completion` teaches your shell to complete the commands."""


class _Group(TyperGroup):
    """Ends quietly when the reader of our output has gone, e.g. `| head`."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command. A closed pipe is the reader's choice, not a problem."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _close_output()
            raise typer.Exit(_CLOSED_PIPE) from None


app = typer.Typer(
    cls=_Group,
    name="tidegate",
    help="Guards LLM output while it streams: redacts and blocks before a reader sees it.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # Plain text: the same in every terminal, pipe and log.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


# 128 + SIGPIPE, as the shell counts.
_CLOSED_PIPE = 141


@dataclass
class Options:
    """What holds for every command. debug: show tracebacks."""

    debug: bool = False


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"tidegate {version('tidegate')}")
        raise typer.Exit


@app.callback()
def _begin(
    context: typer.Context,
    debug: Annotated[
        bool, typer.Option("--debug", help="Log more, and show the traceback of an error.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    del version
    context.ensure_object(Options).debug = debug
    _log_to_stderr(debug=debug)


def _log_to_stderr(*, debug: bool) -> None:
    from connectors.logs import LogLevel, LogSettings, configure

    settings = LogSettings.from_env(os.environ)
    configure(settings._replace(level=LogLevel.DEBUG) if debug else settings, sys.stderr)


app.command("run", epilog=run.EPILOG)(run.run)
app.command("serve", epilog=serve.EPILOG)(serve.serve)
app.command("checks", epilog=checks.EPILOG)(checks.checks)
app.command("supervise", epilog=supervise.EPILOG, context_settings=supervise.CONTEXT)(
    supervise.supervise
)
app.command("scan", epilog=scan.EPILOG)(scan.scan)
app.command("ingest", epilog=ingest.EPILOG)(ingest.ingest)
app.command("eval", epilog=evaluation.EPILOG)(evaluation.evaluate)
app.add_typer(policy.app, name="policy")
app.add_typer(rules.app, name="rules")
app.add_typer(plugin.app, name="plugin")
app.add_typer(topics.app, name="topics")
app.add_typer(keys.app, name="keys")
app.add_typer(recovery.app, name="recovery")
app.add_typer(audit.app, name="audit")
app.add_typer(webhooks.app, name="webhooks")
app.command("tail", epilog=tail.EPILOG)(tail.tail)
app.command("doctor", epilog=doctor.EPILOG)(doctor.doctor)
app.command("demo", epilog=demo.EPILOG)(demo.demo)
app.command("bench", epilog=bench.EPILOG, context_settings=bench.CONTEXT)(bench.bench)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command and exit. arguments: those of the process when None."""
    options = Options()
    try:
        call: Any = app
        call(args=arguments, prog_name="tidegate", obj=options)
    except KeyboardInterrupt:
        sys.exit(130)
    except SystemExit:
        raise
    except BaseException as error:  # A panic of Bytewax is no Exception.
        if options.debug:
            raise
        sys.exit(_report(error))
    sys.exit(0)


def _close_output() -> None:
    """Let what is still buffered go nowhere: Python would complain about the pipe at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report(error: BaseException) -> int:
    from flows.exits import explain

    explained = explain(error)
    if explained is None:
        typer.echo(
            f"error: this is a bug of Tidegate ({type(error).__name__}); please report what "
            "`tidegate --debug ...` shows, without the text of your users",
            err=True,
        )
        return 70
    message, code = explained
    typer.echo(f"error: {message}", err=True)
    return int(code)
