"""Precision, recall and F1, counted case by case: memory follows the names, not the texts."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

from msgspec import Struct

from guardrails.evaluation.leaks import leak
from guardrails.evaluation.suite import Case, Span
from guardrails.evaluation.trial import Trial
from guardrails.events import Finding
from guardrails.plan import Plan

By = Literal["type", "rule", "guardrail"]


def ratio(part: float, whole: float) -> float | None:
    """Return a share; None of nothing."""
    return part / whole if whole else None


def harmonic(one: float | None, other: float | None) -> float | None:
    """Return the harmonic mean, F1 of precision and recall; None if one is not known."""
    if one is None or other is None:
        return None
    return 2 * one * other / (one + other) if one + other else 0.0


class Counts(Struct):
    """What was counted under one name. A finding is right, and a label found, where both overlap
    and have one type; exact: where their edges are the same, too.
    """

    labels: int = 0
    found: int = 0
    findings: int = 0
    right: int = 0
    exact: int = 0

    @property
    def precision(self) -> float | None:
        """Return the share of findings that are right."""
        return ratio(self.right, self.findings)

    @property
    def recall(self) -> float | None:
        """Return the share of labels that were found."""
        return ratio(self.found, self.labels)

    @property
    def f1(self) -> float | None:
        """Return the harmonic mean of both."""
        return harmonic(self.precision, self.recall)

    @property
    def exact_f1(self) -> float | None:
        """Return F1 where only equal spans count."""
        return harmonic(ratio(self.exact, self.findings), ratio(self.exact, self.labels))


class Tally:
    """Everything that is counted. by: what findings are grouped by, beside the whole. types: of
    labels that count; others are passed over; None: all.
    """

    def __init__(self, plan: Plan, by: By = "type", types: frozenset[str] | None = None) -> None:
        self._plan = plan
        self._types = types
        self.by = by
        self.groups: dict[str, Counts] = defaultdict(Counts)
        # Types that suites label at least once: of the others nothing is known.
        self.labelled: set[str] = set()
        self.by_type: dict[str, Counts] = defaultdict(Counts)
        # Whole texts: is something found where it should be?
        self.texts = Counts()
        self.cases = self.chars = self.unreached = 0
        self.clean_chars = self.clean_findings = 0
        self.leaked = self.shown = self.label_chars = 0
        self.chunks = self.held = self.max_held = 0
        self.holds: dict[int, int] = defaultdict(int)

    def add(self, case: Case, trial: Trial) -> None:
        """Count one case. O(labels x findings) of it."""
        self.cases += 1
        self.chars += case.chars
        self._add_holds(trial)
        findings = [finding for _, finding in trial.findings]
        wanted = [span for span in case.spans or () if not self._types or span.type in self._types]
        if wanted or not case.spans:
            self._add_text(case, trial, findings)
        if case.spans is None:
            self._add_unplaced(findings)
            return
        reached = [span for span in wanted if span.start < trial.cut]
        self.unreached += len(wanted) - len(reached)
        for finding in findings:
            self._add_finding(finding, reached)
        for span in reached:
            self._add_label(span, findings, trial)

    def _add_text(self, case: Case, trial: Trial, findings: list[Finding]) -> None:
        """Count a text as a whole; not where all its labels are passed over."""
        self.texts.labels += case.positive
        self.texts.findings += bool(findings)
        both = case.positive and bool(findings)
        self.texts.found += both
        self.texts.right += both
        if not case.positive:
            self.clean_chars += min(case.chars, trial.cut)
            self.clean_findings += len(findings)

    def _add_finding(self, finding: Finding, spans: list[Span]) -> None:
        right = any(_same(span, finding) for span in spans)
        for counts in self._counts(finding):
            counts.findings += 1
            counts.right += right

    def _add_unplaced(self, findings: list[Finding]) -> None:
        """Count what is found in a text of which it is only known that there is something."""
        if self.by != "type":
            for finding in findings:
                counts = self.groups[self._name(finding)]
                counts.findings += 1
                counts.right += 1

    def _add_label(self, span: Span, findings: list[Finding], trial: Trial) -> None:
        self.labelled.add(span.type)
        hits = [finding for finding in findings if _same(span, finding)]
        exact = [one for one in hits if (one.start, one.end) == (span.start, span.end)]
        of_type = self.by_type[span.type]
        of_type.labels += 1
        of_type.found += bool(hits)
        of_type.exact += bool(exact)
        if self.by != "type":
            for name in {self._name(finding) for finding in hits}:
                self.groups[name].found += 1
            for name in {self._name(finding) for finding in exact}:
                self.groups[name].exact += 1
        leaked = leak(span, trial)
        self.label_chars += span.end - span.start
        self.leaked += leaked.before
        self.shown += leaked.shown

    def _add_holds(self, trial: Trial) -> None:
        self.chunks += len(trial.held)
        self.held += sum(trial.held)
        self.max_held = max(self.max_held, *trial.held, 0)
        for held in trial.held:
            self.holds[held.bit_length()] += 1

    def _counts(self, finding: Finding) -> list[Counts]:
        of_type = self.by_type[finding.type]
        return [of_type] if self.by == "type" else [of_type, self.groups[self._name(finding)]]

    def _name(self, finding: Finding) -> str:
        return finding.rule if self.by == "rule" else self._plan.guardrail_of(finding.rule)

    @property
    def total(self) -> Counts:
        """Return the sum over the types that are labelled somewhere."""
        total = Counts()
        for name in self.labelled:
            one = self.by_type[name]
            total.labels += one.labels
            total.found += one.found
            total.findings += one.findings
            total.right += one.right
            total.exact += one.exact
        return total


def _same(span: Span, finding: Finding) -> bool:
    return finding.type == span.type and finding.start < span.end and span.start < finding.end
