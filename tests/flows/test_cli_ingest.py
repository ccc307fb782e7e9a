"""`tidegate ingest`: bytes of a provider in, chunk events out, as `run` and `scan` take them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.command import Command

REPLY = b"""data: {"choices": [{"index": 0, "delta": {"content": "write to "}}]}

data: {"choices": [{"index": 0, "delta": {"content": "ada@exam"}}]}

data: {"choices": [{"index": 0, "delta": {"content": "ple.org \\ud83d"}}]}

data: {"choices": [{"index": 0, "delta": {"content": "\\ude00"}, "finish_reason": "stop"}]}

data: [DONE]

"""


@pytest.fixture
def tidegate(tmp_path: Path) -> Command:
    tmp_path.joinpath("reply.sse").write_bytes(REPLY)
    return Command(tmp_path)


def test_chunks_of_a_reply_are_guarded_as_they_are(tidegate: Command) -> None:
    chunks = tidegate("ingest", "--provider", "openai.chat", "reply.sse")
    assert (chunks.code, chunks.err) == (0, "")
    assert [row["stream_id"] for row in chunks.rows] == ["reply"] * 5
    guarded = tidegate(
        "run",
        "--input",
        "-",
        "--output",
        "-",
        stdin=chunks.out.encode(),
        TIDEGATE_LOG_LEVEL="error",
    )
    assert guarded.code == 0, guarded.err
    verdicts = [row["value"] for row in guarded.rows if row["topic"] == "verdicts"]
    segments = [one for verdict in verdicts for one in verdict["segments"]]
    assert "".join(one["text"] for one in segments) == "write to [EMAIL_ADDRESS] 😀"


def test_rows_of_a_reply_can_be_scanned(tidegate: Command) -> None:
    arguments = ("ingest", "--provider", "openai.chat", "--as", "rows", "--stream-id", "a")
    rows = tidegate(*arguments, stdin=REPLY)
    scanned = tidegate("scan", "-", stdin=rows.out.encode())
    assert [(row["id"], row["released"]) for row in scanned.rows] == [
        ("a", "write to [EMAIL_ADDRESS] 😀")
    ]


def test_a_reply_that_breaks_off_keeps_what_came_and_says_where(tidegate: Command) -> None:
    result = tidegate("ingest", "--provider", "openai.chat", "-", stdin=REPLY[:100])
    assert result.code == 1
    assert [row.get("aborted", False) for row in result.rows] == [False, True]
    assert result.err.startswith("error: stdin: frame 1, byte ")
    assert "truncated" in result.err
    assert "ada" not in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--provider", "openai", "reply.sse"), "no API 'openai' is known; expected one of"),
        (("--provider", "openai.chat", "none.sse"), "none.sse: there is no such file"),
        (("--provider", "openai.chat", "--framing", "xml", "-"), "no framing 'xml' is known"),
    ],
)
def test_a_wrong_call_is_told_what_would_be_right(
    tidegate: Command, arguments: tuple[str, ...], message: str
) -> None:
    result = tidegate("ingest", *arguments)
    assert result.code == 2
    assert message in result.err
