"""Tidegate: a session for each stream, under a policy of these expressions."""

from __future__ import annotations

import json

from loop import LABEL, Engine, serve

from guardrails import Plan, Session, parse_policy


class Tidegate(Engine):
    """`Session.push` for each chunk, `Session.finish` at the end."""

    packages = ("tidegate",)

    def __init__(self, rules):
        patterns = [
            {"id": type_.lower().replace("_", "-"), "type": type_, "expression": expression}
            for type_, expression in rules
        ]
        policy = {"guardrails": {"patterns": {"action": "redact", "rules": patterns}}}
        self._plan = Plan(parse_policy(json.dumps(policy), "peers.yaml"))

    def work(self, chunks):
        session = Session("stream", self._plan)
        verdicts = [session.push(chunk) for chunk in chunks]
        verdicts.append(session.finish())
        return verdicts

    def told(self, verdicts):
        return {"released": ["".join(map(_text, verdict.segments)) for verdict in verdicts]}


def _text(segment):
    return LABEL if segment.rule else segment.text


if __name__ == "__main__":
    serve(Tidegate)
