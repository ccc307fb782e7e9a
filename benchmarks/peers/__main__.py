"""Run all in turns, count, and write benchmarks/peers.md and .json: `make bench-peers`."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.machine import describe
from benchmarks.peers import report
from benchmarks.peers.expressions import EXPRESSIONS, PERSONAL
from benchmarks.peers.judges import judge
from benchmarks.peers.measured import measure
from benchmarks.peers.peer import Peer, running

PEERS = (
    Peer("Tidegate", "`Session.push` for each chunk", "", ("tidegate.py",), 60, 300),
    Peer(
        "LiteLLM content filter",
        "its streaming hook, action MASK; holds 50 characters, rescans up to 1,024",
        "litellm",
        ("litellm_filter.py",),
        8,
        4,
        at_least=50,
    ),
    Peer(
        "guardrails-ai, streaming",
        "`guard(model, stream=True)`, sentence by sentence; one validator with all expressions",
        "guardrails-ai",
        ("guardrails_guard.py", "stream"),
        8,
        4,
        at_least=75,
    ),
    Peer(
        "guardrails-ai, streaming, a validator each",
        "the same with one validator for each expression",
        "guardrails-ai",
        ("guardrails_guard.py", "each"),
        1,
        1,
        at_least=75,
    ),
    Peer(
        "guardrails-ai, accumulated",
        "`guard.validate(text so far)` at each chunk; one validator with all expressions",
        "guardrails-ai",
        ("guardrails_guard.py", "accumulated"),
        1,
        1,
        at_least=75,
    ),
    Peer(
        "presidio-analyzer, accumulated",
        "`AnalyzerEngine.analyze(text so far)` at each chunk; spaCy with a blank pipeline",
        "presidio",
        ("presidio.py", "spacy"),
        2,
        1,
        at_least=100,
    ),
    Peer(
        "presidio-analyzer, accumulated, no words",
        "the same with `NoOpNlpEngine`, which makes no tokens: no context words",
        "presidio",
        ("presidio.py", "none"),
        4,
        1,
        at_least=100,
    ),
)


def main() -> None:
    """Measure, write, show."""
    began_s = time.monotonic()
    with ExitStack() as stack:
        peers = [stack.enter_context(running(peer)) for peer in PEERS]
        both = (EXPRESSIONS[:PERSONAL], EXPRESSIONS)
        measured = [one for expressions in both for one in measure(peers, expressions)]
    judged = judge()
    machine = describe()
    about = {key: machine[key] for key in ("date", "machine", "system", "load")}
    about["took"] = f"{time.monotonic() - began_s:.0f} s"
    directory = Path(__file__).resolve().parents[1]
    report.write(directory, about, measured, judged)
    print(report.markdown(about, measured, judged))


if __name__ == "__main__":
    main()
