"""A policy as people write it: YAML in, a `Policy` out, or every problem with its line."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from guardrails.document import DocumentError, Mark, Node, read_document
from guardrails.errors import PolicyError
from guardrails.policy import Policy, SettingError
from guardrails.problem import Problem, explain, show
from guardrails.setting import resolve_settings

# More than anyone mends at once; what is left over is counted.
MAX_REPORTED = 50


def parse_policy(text: str, filename: str) -> Policy:
    """Read a policy from YAML. filename: only for messages.

    Raises PolicyError whose message has one line for each problem:
    `file:line:column: what is wrong; expected what, got what; did you mean 'x'?`

    >>> parse_policy("guardrails: {emial: {}}", "mine.yaml")
    Traceback (most recent call last):
    guardrails.errors.PolicyError: mine.yaml:1:14: 'emial' is no guardrail and no family; \
expected e.g. pii; did you mean 'email'?
    """
    try:
        document = read_document(text)
    except DocumentError as error:
        raise _refuse(filename, [(fault.mark, fault.text) for fault in error.faults]) from error
    if not isinstance(document.value, dict):
        got = "an empty file" if document.value is None else show(document.value)
        wanted = "expected a mapping with at least the key 'guardrails'"
        raise _refuse(filename, [(document.mark, f"this is no policy; {wanted}, got {got}")])
    try:
        return Policy.model_validate(document.value)
    except ValidationError as error:
        problems = _collect(error, document)
        places = [
            (document.locate(item.path, key=item.at_key), item.text)
            for item in sorted(problems, key=lambda item: _order(document, item))
        ]
        raise _refuse(filename, places) from error


def _order(document: Node, problem: Problem) -> tuple[int, int]:
    mark = document.locate(problem.path, key=problem.at_key)
    return mark.line, mark.column


def _collect(error: ValidationError, document: Node) -> list[Problem]:
    """Return all problems: pydantic looks into the guardrails only when all else is right."""
    resolved = [
        cause
        for problem in error.errors(include_url=False)
        if isinstance(cause := problem.get("ctx", {}).get("error"), SettingError)
    ]
    if resolved:
        return [_below(problem) for cause in resolved for problem in cause.problems]
    problems = explain(error, Policy)
    entries = document.value.get("guardrails")
    if isinstance(entries, Mapping):
        # While `enforcement` may be wrong itself, modes are given the benefit of the doubt.
        audit_only = document.value.get("enforcement", "enforce") != "enforce"
        try:
            resolve_settings(entries, audit_only=audit_only)
        except SettingError as cause:
            problems += [_below(problem) for problem in cause.problems]
    return problems


def _below(problem: Problem) -> Problem:
    return Problem(("guardrails", *problem.path), problem.text, problem.at_key)


def _refuse(filename: str, places: list[tuple[Mark, str]]) -> PolicyError:
    lines = [
        f"{filename}:{mark.line}:{mark.column}: {text}" for mark, text in places[:MAX_REPORTED]
    ]
    if len(places) > MAX_REPORTED:
        lines.append(f"{filename}: and {len(places) - MAX_REPORTED} more problems")
    return PolicyError("\n".join(lines))
