"""The command as a whole: help, versions, exit codes, quick starts, plain pipes."""

import os
import pty
import re
import resource
import select
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.exits import Exit
from tests.flows.command import COMMAND, Command, environment

COMMANDS = [
    (),
    *(("run",), ("scan",), ("tail",), ("doctor",), ("demo",)),
    *(("policy",), ("policy", "check"), ("policy", "show"), ("topics",), ("topics", "create")),
    *(("policy", "activate"), ("policy", "rollback"), ("policy", "history")),
    *(("supervise",), ("recovery",), ("recovery", "split"), ("rules",), ("rules", "import")),
    *(("ingest",), ("eval",), ("plugin",), ("plugin", "list"), ("plugin", "check")),
    *(("audit",), ("audit", "run"), ("audit", "verify"), ("audit", "head")),
    *(("webhooks",), ("webhooks", "run"), ("webhooks", "check"), ("webhooks", "send-test")),
    ("webhooks", "secret"),
]
GROUPS = (
    *(("policy",), ("topics",), ("audit",), ("recovery",), ("rules",), ("plugin",)),
    ("webhooks",),
)
WITH_EXAMPLES = [command for command in COMMANDS if command not in GROUPS]
ESCAPE = "\x1b"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert result.output.startswith("Usage: ")


@pytest.mark.parametrize("command", WITH_EXAMPLES, ids=" ".join)
def test_every_help_shows_examples_one_per_line(command: tuple[str, ...]) -> None:
    output = CliRunner().invoke(app, [*command, "--help"]).output
    assert "Examples:" in output
    called = " ".join(("tidegate", *command))
    assert len(re.findall(rf"^ +.*{called}", output, re.MULTILINE)) >= 2


def test_the_help_shows_every_exit_code() -> None:
    output = CliRunner().invoke(app, ["--help"]).output
    for code in Exit:
        assert re.search(rf"^ +{int(code)}  \S", output, re.MULTILINE), code


def test_the_help_takes_half_a_second_of_a_processor(tidegate: Command) -> None:
    tidegate.from_scratch("--help")
    quickest = min(_seconds(tidegate) for _ in range(3))
    assert quickest < 0.5


def _seconds(tidegate: Command) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert tidegate.from_scratch("--help").code == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # The processor's time: what else the machine does counts for less.
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_the_help_loads_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "try:\n from flows.cli import main; main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'bytewax', 'hyperscan', 'kafka', 'pydantic', 'rich', 'ruamel'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_version_is_shown(tidegate: Command) -> None:
    result = tidegate("--version")
    assert result.code == 0
    assert re.fullmatch(r"tidegate \d+\.\d+\.\d+\S*\n", result.out)


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("scan",),
        ("scan", "--frob", "x"),
        ("scan", "missing.jsonl"),
        ("scan", "--chunks", "chars:0", "-"),
        ("scan", "--chunks", "chars:-1", "-"),
        ("scan", "--chunks", "random:", "-"),
        ("scan", "--chunks", "random:x", "-"),
        ("scan", "--chunks", "words", "-"),
        ("scan", "--fail-on", "allow", "-"),
        ("scan", "--policy", "missing.yaml", "-"),
        ("policy", "check", "missing.yaml"),
        ("policy", "check"),
        ("policy", "show", "."),
        ("policy", "activate"),
        ("policy", "activate", "missing.yaml"),
        ("policy", "rollback"),
        ("policy", "history"),
        ("tail", "everything"),
        ("topics", "create", "--partitions", "0"),
        ("run", "--workers", "0"),
        ("run", "--input", "x.jsonl"),
        ("run", "--output", "x.jsonl"),
    ],
    ids=" ".join,
)
def test_a_wrong_call_exits_with_2_and_says_so_on_standard_error(
    tidegate: Command, arguments: tuple[str, ...]
) -> None:
    result = tidegate(*arguments)
    assert result.code == Exit.USAGE
    assert result.out == ""
    assert "rror: " in result.err
    assert "Traceback" not in result.err


def test_debug_shows_the_traceback_of_an_expected_error(tidegate: Command) -> None:
    result = tidegate("--debug", "scan", "missing.jsonl")
    assert result.code == 1
    assert "Traceback" in result.err
    assert "UsageError" in result.err


# A panic of Bytewax is no Exception.
@pytest.mark.parametrize("error", ["ZeroDivisionError", "Panic"])
def test_a_bug_is_told_to_be_one_without_its_message(error: str) -> None:
    script = (
        "import flows.commands.scan as scan\n"
        "from flows import cli\n"
        "class Panic(BaseException): pass\n"
        f"def fail(*_, **__): raise {error}('text of a user')\n"
        "import flows.policies; flows.policies.read_policy = fail\n"
        "cli.main(['scan', '-'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, input="", check=False
    )
    assert done.returncode == 70
    assert error in done.stderr
    assert "text of a user" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("policy", "show"), ("doctor", "--no-broker"), ("scan", "--progress", "-")],
    ids=" ".join,
)
def test_nothing_but_text_goes_into_a_pipe(tidegate: Command, arguments: tuple[str, ...]) -> None:
    result = tidegate(
        *arguments, FORCE_COLOR="1", GITHUB_ACTIONS="true", CLICOLOR_FORCE="1", COLUMNS="40"
    )
    assert result.code == 0
    assert ESCAPE not in result.out + result.err
    assert not re.search(r"[ \t]$", result.out, re.MULTILINE)


def on_a_terminal(tidegate: Command, *arguments: str, **extra: str) -> str:
    """Call with a terminal on all three streams; return what it shows."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=tidegate.directory,
        env=environment(**extra),
    )
    os.close(theirs)
    shown = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and select.select([ours], [], [], 30)[0]:
        try:
            piece = os.read(ours, 65_536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    process.wait(30)
    return shown.decode()


def test_a_terminal_gets_colour_and_no_color_takes_it_away(tidegate: Command) -> None:
    arguments = ("doctor", "--no-broker")
    assert ESCAPE in on_a_terminal(tidegate, *arguments)
    assert ESCAPE not in on_a_terminal(tidegate, *arguments, NO_COLOR="1")
    assert ESCAPE not in on_a_terminal(tidegate, *arguments, TERM="dumb")


def test_completion_can_be_installed_for_a_shell(tidegate: Command) -> None:
    result = tidegate(_TIDEGATE_COMPLETE="complete_bash", COMP_WORDS="tidegate po", COMP_CWORD="1")
    assert result.out.split() == ["policy"]
