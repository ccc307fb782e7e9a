"""The demo: what it shows, what it counts, how it ends."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from reactivex import Subject
from rich.cells import cell_len
from rich.console import Console

from flows.demo import Report, load_plans
from flows.demo.answers import EXAMPLES, Answer, AnswersError, read_answers
from flows.demo.status import Figures, Seen, Status, follow
from flows.demo.view import written
from guardrails.events import Segment, Verdict
from guardrails.guardrail import Action
from guardrails.session import Session
from tests.flows.command import ROOT, environment

# Runs the demo and hands its report over behind what it prints.
PROGRAM = """
import sys, msgspec
from flows.demo import run_demo
report = run_demo(speed=float(sys.argv[1]))
sys.stderr.buffer.write(msgspec.json.encode(report))
"""
ESCAPE = "\x1b"


def run(speed: float, **extra: str) -> tuple[str, Report]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(speed)],
        cwd=ROOT,
        env=environment(**extra),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(), msgspec.json.decode(done.stderr, type=Report)


@pytest.fixture(scope="module")
def piped() -> tuple[str, Report]:
    # Fast, but paced: a block must reach the producer before the answer is at its end.
    return run(40)


def test_a_pipe_gets_plain_lines(piped: tuple[str, Report]) -> None:
    printed, _ = piped
    assert ESCAPE not in printed
    assert "refund        redact   CREDIT_CARD at 58-77" in printed
    assert "roadmap       block    KEYWORD at " in printed


def test_every_answer_ends_with_one_audit_record(piped: tuple[str, Report]) -> None:
    _, report = piped
    answers = read_answers()
    assert sorted(audit.stream_id for audit in report.audits) == sorted(a.id for a in answers)
    assert not report.interrupted


def test_the_demo_finds_what_the_engine_finds_in_the_whole_text(
    piped: tuple[str, Report],
) -> None:
    _, report = piped
    answers = read_answers()
    plans = load_plans(answers, EXAMPLES / "policies")
    audits = {audit.stream_id: audit for audit in report.audits}
    for answer in answers:
        plan = plans.named(answer.policy, 0)
        assert plan is not None
        session = Session(answer.id, plan)
        session.push(answer.plain, final=True)
        assert audits[answer.id].content == session.audit().content, answer.id


def test_the_summary_says_what_the_audit_records_say(piped: tuple[str, Report]) -> None:
    printed, report = piped
    transports = [audit.transport for audit in report.audits]
    contents = [audit.content for audit in report.audits]
    shown = dict(re.findall(r"^([a-z ]+?)  +(.+?) *$", printed[printed.index("\nstreams") :], re.M))
    assert shown["streams"] == f"{len(report.audits)}, of which 1 blocked"
    assert shown["chunks"] == f"{sum(t.chunks for t in transports):,}"
    assert shown["characters"] == f"{sum(c.chars for c in contents):,}"
    most_held = max(t.max_held_chars for t in transports)
    assert shown["hold"].endswith(f"at most {most_held:,}")
    runs = sum(t.verdicts for t in transports)
    kinds = [{*one.content.guardrails, *one.content.quiet} for one in report.audits]
    each = sum(len(ran) * one.verdicts for ran, one in zip(kinds, transports, strict=True))
    scanned = sum(t.scanned_chars for t in transports)
    naive = report.summary.naive_chars
    assert shown["runs of guardrails"].split() == [f"{runs:,}", f"{each:,}"]
    assert shown["characters read"].split() == [f"{scanned:,}", f"{naive:,}"]
    assert shown["audit records"].split() == [f"{len(report.audits):,}", f"{runs:,}"]
    found = sum(len(c.findings) for c in contents)
    assert sum(int(count) for count in re.findall(r"\d+", shown["findings"])) == found


def test_naive_characters_are_the_text_so_far_at_each_chunk(piped: tuple[str, Report]) -> None:
    _, report = piped
    exact, blocked = 0, 0
    for answer in read_answers():
        pieces = answer.pieces()
        read = sum(len("".join(pieces[: count + 1])) for count in range(len(pieces)))
        if answer.id == "roadmap":
            blocked = read
        else:
            exact += read
    assert exact < report.summary.naive_chars < exact + blocked


def test_a_block_stops_its_producer(piped: tuple[str, Report]) -> None:
    _, report = piped
    roadmap = next(audit for audit in report.audits if audit.stream_id == "roadmap")
    answer = next(answer for answer in read_answers() if answer.id == "roadmap")
    assert roadmap.transport.ended_by == "blocked"
    assert roadmap.transport.chunks < len(answer.pieces())


def test_no_color_and_no_waiting_give_the_same_findings(piped: tuple[str, Report]) -> None:
    printed, report = run(0, NO_COLOR="1")
    assert ESCAPE not in printed
    assert "latency  " not in printed
    assert {a.stream_id: a.content for a in report.audits} == {
        a.stream_id: a.content for a in piped[1].audits
    }


def in_terminal(speed: float, *, columns: int, rows: int) -> tuple[int, str]:
    """Run the demo on a terminal of its own; return its exit code and all it wrote."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(speed)],
        cwd=ROOT,
        env=environment(COLUMNS=str(columns), LINES=str(rows)),
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    written_bytes = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            read = os.read(ours, 65536)
        except OSError:
            break
        if not read:
            break
        written_bytes += read
    os.close(ours)
    return child.wait(60), written_bytes.decode()


def test_a_terminal_gets_a_live_picture() -> None:
    code, shown = in_terminal(4, columns=100, rows=30)
    assert code == 0
    assert "held back" in shown
    assert re.search(r"\x1b\[1;30;43m\[(SECRET|EMAIL_ADDRESS|CREDIT_CARD|IBAN_CODE)\]", shown)
    # The cursor is hidden while the picture is drawn, and given back.
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


def test_a_narrow_terminal_gets_a_narrow_picture() -> None:
    code, shown = in_terminal(20, columns=36, rows=12)
    assert code == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert max(cell_len(line) for line in re.split(r"[\r\n]", plain)) <= 36


def test_ctrl_c_ends_the_demo_with_a_summary_and_success() -> None:
    child = subprocess.Popen(
        [sys.executable, "-u", "-c", PROGRAM, "1"],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert b"begins" in child.stdout.readline()
    child.stdout.readline()
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert child.returncode == 0, err.decode()
    assert b"Stopped early." in out
    assert b"streams" in out
    assert json.loads(err)["interrupted"] is True


def verdict(stream_id: str, seq: int, frontier: int, held: int, **changes: object) -> Verdict:
    plain = Verdict(
        *(stream_id, seq, Action.ALLOW, (), frontier, held, (), "chunk", "active", "version")
    )
    return msgspec.structs.replace(plain, **changes)


def test_status_of_each_stream_follows_its_own_verdicts() -> None:
    seen: Subject[Seen] = Subject()
    statuses: list[Status] = []
    follow(seen).subscribe(statuses.append)
    seen.on_next(Seen(verdict("a", 0, 3, 2), 1.0))
    seen.on_next(Seen(verdict("b", 0, 1, 0), 1.0))
    seen.on_next(Seen(verdict("a", 1, 9, 0, state="complete", action=Action.REDACT), 1.0))
    assert [(s.stream_id, s.received, s.outcome) for s in statuses] == [
        ("a", 5, Action.ALLOW),
        ("b", 1, Action.ALLOW),
        ("a", 9, Action.REDACT),
    ]


def test_a_complete_stream_is_forgotten() -> None:
    seen: Subject[Seen] = Subject()
    statuses: list[Status] = []
    follow(seen).subscribe(statuses.append)
    seen.on_next(Seen(verdict("a", 0, 9, 0, state="complete"), 1.0))
    seen.on_next(Seen(verdict("a", 0, 2, 0), 1.0))
    assert statuses[-1].received == 2


def test_figures_of_nothing_are_zero() -> None:
    figures = Figures()
    assert figures.quantile_ms(0.99) == 0.0
    assert figures.mean_held([]) == 0.0


def test_shown_text_ends_at_the_frontier_and_the_hold_is_marked() -> None:
    answer = Answer("a", "", "Write to ada@example.org today")
    plain = Segment(0, 9, "Write to ")
    status = Status("a").add(Seen(verdict("a", 0, 9, 8, segments=(plain,)), 0.0))
    text = written(answer, status)
    assert text.plain == "Write to ada@exam"
    assert [(span.start, span.end, span.style) for span in text.spans] == [(9, 17, "dim underline")]


def test_long_hold_is_counted_instead_of_drawn() -> None:
    answer = Answer("a", "", "x" * 500)
    text = written(answer, Status("a").add(Seen(verdict("a", 0, 0, 500), 0.0)))
    assert text.plain.endswith("[500 characters held back]")
    assert len(text.plain) < 200


def test_wide_characters_do_not_break_a_panel() -> None:
    text = written(Answer("a", "", "京" * 50), Status("a").add(Seen(verdict("a", 0, 0, 50), 0.0)))
    console = Console(width=20, file=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    assert all(line.cell_len <= 16 for line in text.wrap(console, 16))
    console.file.close()


def test_missing_answers_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AnswersError, match="run the demo from a checkout"):
        read_answers(tmp_path / "answers.yaml")


def test_wrong_answers_name_the_field(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text("- {id: a, title: b, txt: c}\n", "utf-8")
    with pytest.raises(AnswersError, match="txt"):
        read_answers(path)
