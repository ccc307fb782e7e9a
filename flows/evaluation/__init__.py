"""Labelled suites in, figures out: reading files, judging them, writing reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flows.exits import InputError, UsageError
from flows.policies import compile_policy
from guardrails.evaluation.scoring import By, Tally
from guardrails.evaluation.suite import SuiteError, read_suite
from guardrails.evaluation.summary import Summary, summarise
from guardrails.evaluation.trial import run
from guardrails.naming import CHECKS
from guardrails.policy import Policy


def without_checks(policy: Policy) -> tuple[Policy, list[str]]:
    """Return the policy without what answers later, and the names that were left out."""
    checks = [name for name in policy.guardrails if name.partition("/")[0] in (*CHECKS, "checks")]
    if not checks:
        return policy, []
    kept = {name: entry for name, entry in policy.guardrails.items() if name not in checks}
    return policy.model_copy(update={"guardrails": kept}), checks


def evaluate(
    policy: Policy, files: Sequence[Path], by: By, types: frozenset[str] | None = None
) -> Summary:
    """Judge every case of the suites. policy: without checks. types: of labels
    that count; None: all. Memory follows the counts.

    Raises InputError naming file and line, UsageError for a file that cannot be read.
    """
    plan = compile_policy(policy)
    tally = Tally(plan, by, types)
    for file in files:
        try:
            with file.open("rb") as lines:
                for case in read_suite(lines, str(file)):
                    tally.add(case, run(plan, case))
        except SuiteError as error:
            raise InputError(str(error)) from error
        except OSError as error:
            text = f"{file}: cannot be read ({error.strerror}); name a JSONL file"
            raise UsageError(text) from error
    return summarise(tally, policy.name, plan.version, tuple(file.name for file in files))
