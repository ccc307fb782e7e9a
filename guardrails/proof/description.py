"""What a guardrail says of itself: docstring, summary, cost, and samples of both kinds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from guardrails.contract import Violation
from guardrails.guardrail import Guardrail
from guardrails.proof.samples import rules_of
from guardrails.rule import Rule

# What the docstring of a guardrail's module has to say.
TOPICS = ("Catches:", "Misses:", "Cost:")
# Of what is caught and of what is left alone; fewer show no more than the plainest case.
MIN_SAMPLES = 4

_ID = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
_TYPE = re.compile("[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
_CJK = re.compile("[\u3000-\u9fff]")


def describe(guardrail: Guardrail, docstrings: Iterable[str]) -> Iterator[Violation]:
    """Yield what is missing or wrong in a description.

    docstrings: of the modules the guardrail stands in; one of them has to say all `TOPICS`.
    """
    for clause, text in (*_of_itself(guardrail, docstrings), *_of_samples(guardrail)):
        yield Violation(clause, guardrail.id, text)
    for rule in rules_of(guardrail):
        for clause, text in _of_rule(rule):
            yield Violation(clause, guardrail.id, f"rule '{rule.id}': {text}")


def _of_itself(guardrail: Guardrail, docstrings: Iterable[str]) -> Iterator[tuple[str, str]]:
    if not any(all(topic in text for topic in TOPICS) for text in docstrings):
        yield "docstring-incomplete", f"its module's docstring has to say {', '.join(TOPICS)}"
    if not guardrail.summary or guardrail.summary.endswith("."):
        yield "summary-malformed", "expected a few words without a full stop"
    if not _ID.fullmatch(guardrail.family):
        yield "family-malformed", "expected lower-case letters, digits and single '-' between them"
    cost = guardrail.performance.cost
    if not (cost.cpu_ms or cost.calls):
        yield "cost-unsaid", "expected what a run costs, as measured"


def _of_rule(rule: Rule) -> Iterator[tuple[str, str]]:
    if not _ID.fullmatch(rule.id):
        yield "rule-id-malformed", "expected lower-case letters, digits and single '-' between them"
    if not _TYPE.fullmatch(rule.type):
        yield "type-malformed", "expected capitals, digits and single '_' between them"
    if not 0 < rule.confidence <= 1:
        yield "confidence-outside", f"expected above 0 and at most 1, got {rule.confidence:g}"
    words = (*rule.context, *rule.words)
    if bool(words) != bool(rule.context_chars):
        yield "context-incomplete", "context words and context_chars need each other"
    if any(word != word.lower() for word in words):
        yield "context-capitals", "context words are compared with lower-case text"


def _of_samples(guardrail: Guardrail) -> Iterator[tuple[str, str]]:
    if not rules_of(guardrail):
        return
    for name, samples in (("catches", guardrail.catches), ("ignores", guardrail.ignores)):
        if len(samples) < MIN_SAMPLES:
            yield "samples-few", f"expected {MIN_SAMPLES} {name} or more, got {len(samples)}"
        for index, sample in enumerate(samples):
            if ("«" in sample) != (name == "catches") or sample.count("«") != sample.count("»"):
                text = "around each finding" if name == "catches" else "nowhere"
                yield "samples-unmarked", f"{name}[{index}]: expected «» {text}"
    if not _CJK.search("".join(guardrail.catches)):
        yield "samples-without-cjk", "one of catches has to stand between CJK characters"
