"""Tidegate as a program that filters: for judges, which live in an environment of their own.

A line of JSON in, a line out. {"rules": [[type, expression], ...]} sets the policy; {"begin": true}
begins a stream; {"text": "..."} is a chunk of it and {"end": true} its end. The answers to both are
the text that may be shown.
"""

from __future__ import annotations

import json
import sys

from guardrails import Plan, Session, parse_policy
from guardrails.events import Verdict


def main() -> None:
    """Answer until there are no more lines."""
    plan = session = None
    for line in sys.stdin:
        shown = ""
        match json.loads(line):
            case {"rules": rules}:
                plan = Plan(parse_policy(policy(rules), "pipe.yaml"))
            case {"begin": True}:
                assert plan is not None
                session = Session("stream", plan)
            case {"text": text}:
                assert session is not None
                shown = _shown(session.push(text))
            case _:
                assert session is not None
                shown = _shown(session.finish())
        print(json.dumps(shown), flush=True)


def policy(rules: list[list[str]]) -> str:
    """Return a policy that redacts what these expressions find."""
    patterns = [
        {"id": type_.lower().replace("_", "-"), "type": type_, "expression": expression}
        for type_, expression in rules
    ]
    return json.dumps({"guardrails": {"patterns": {"action": "redact", "rules": patterns}}})


def _shown(verdict: Verdict) -> str:
    return "".join(segment.text for segment in verdict.segments)


if __name__ == "__main__":
    main()
