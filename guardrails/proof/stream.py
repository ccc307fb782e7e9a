"""Samples streamed through a guardrail's rules: cut, glued, between neighbours, among others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from guardrails.contract import Violation
from guardrails.errors import RuleError
from guardrails.explosion import require_tame
from guardrails.guardrail import Guardrail
from guardrails.phrases import PhraseRule
from guardrails.proof.cuts import Dice, strategies
from guardrails.proof.samples import Finder, Found, rules_of, spans_of, unmark
from guardrails.scan import ScanRule
from guardrails.syntax import parse

# Between samples, and around them: what is found must not depend on the text of another.
NEIGHBOURS = ("", " ", "。", "、北京", "\n", '"', ", ")
_EDGES = (("。", "。"), ("京", "京"), ("(", ")"), ("\n", "\n"))
_MAX_PARTS = 5


def require_tame_rules(guardrail: Guardrail) -> Iterator[Violation]:
    """Yield the rules that cannot be read, are too wide, or could explode."""
    for rule in rules_of(guardrail):
        if isinstance(rule, PhraseRule | ScanRule):
            continue
        try:
            require_tame(parse(rule.expression).root)
        except RuleError as error:
            yield Violation("rule-refused", guardrail.id, f"rule '{rule.id}': {error}")


def cut(guardrail: Guardrail, finder: Finder, random: Dice) -> Iterator[Violation]:
    """Yield samples whose findings are not the marked ones, or change with the chunks.

    finder: of the guardrail's rules. Each state is saved and restored behind every chunk.
    """
    for name, sample in _samples(guardrail):
        text, spans = unmark(sample)
        found = finder.find([text])
        if spans_of(found) != spans:
            said = f"{name}: expected findings at {_write(spans)}, got {_write(spans_of(found))}"
            yield Violation("sample-not-found", guardrail.id, said)
        for chunks in strategies(text, random, spans):
            if (again := finder.find(chunks, restored=True)) != found:
                said = f"{name} in chunks of {_write_sizes(chunks)}: {_differ(found, again)}"
                yield Violation("cut-changes-findings", guardrail.id, said)


def place(guardrail: Guardrail, finder: Finder) -> Iterator[Violation]:
    """Yield samples that are no longer found between other characters.

    A finding at the very edge of a sample says nothing of what may stand there, and is passed over.
    """
    for index, sample in enumerate(guardrail.catches):
        for before, behind in _EDGES:
            text, spans = unmark(before + sample + behind)
            inner = {span for span in spans if span[0] > 1 and span[1] < len(text) - 1}
            found = spans_of(finder.find([text]))
            if missed := sorted(inner - set(found)):
                said = f"catches[{index}] between {before!r} and {behind!r}: no {_write(missed)}"
                yield Violation("neighbours-hide-finding", guardrail.id, said)


def mix(guardrail: Guardrail, together: Finder, alone: Mapping[str, Finder]) -> Iterator[Violation]:
    """Yield samples in which rules find among others what they do not alone, or the reverse.

    together: all rules there are, these among them. alone: each rule of the guardrail, by id.
    """
    for name, sample in _samples(guardrail):
        text, _ = unmark(sample)
        found = [one for one in together.find(text, restored=True) if one[0] in alone]
        by_itself = sorted(one for finder in alone.values() for one in finder.find([text]))
        if found != by_itself:
            said = f"{name} among other rules: {_differ(by_itself, found)}"
            yield Violation("rules-disturb-each-other", guardrail.id, said)


def glue(
    guardrails: Sequence[Guardrail], together: Finder, random: Dice, rounds: int
) -> Iterator[Violation]:
    """Yield texts made of several samples whose findings change with the chunks."""
    samples = [
        (guardrail.id, f"catches[{index}]", unmark(sample)[0])
        for guardrail in guardrails
        for index, sample in enumerate(guardrail.catches)
        if rules_of(guardrail)
    ]
    for _ in range(rounds if samples else 0):
        parts = [random.choice(samples) for _ in range(random.randint(2, _MAX_PARTS))]
        text = random.choice(NEIGHBOURS).join(part[2] for part in parts)
        found = together.find([text])
        for chunks in strategies(text, random, spans_of(found)):
            if (again := together.find(chunks)) != found:
                names = " + ".join(f"{owner} {name}" for owner, name, _ in parts)
                said = f"{names} in chunks of {_write_sizes(chunks)}: {_differ(found, again)}"
                yield Violation("glue-changes-findings", parts[0][0], said)


def _samples(guardrail: Guardrail) -> Iterator[tuple[str, str]]:
    for kind, samples in (("catches", guardrail.catches), ("ignores", guardrail.ignores)):
        for index, sample in enumerate(samples):
            yield f"{kind}[{index}]", sample


def _differ(expected: Sequence[Found], got: Sequence[Found]) -> str:
    lost, new = (sorted(set(one) - set(other)) for one, other in ((expected, got), (got, expected)))
    return f"lost {_write_found(lost)}, and got {_write_found(new)}"


def _write_found(found: Sequence[Found]) -> str:
    return ", ".join(f"{rule} {start}-{end}" for rule, start, end in found) or "nothing"


def _write(spans: Sequence[tuple[int, int]]) -> str:
    return ", ".join(f"{start}-{end}" for start, end in spans) or "nothing"


def _write_sizes(chunks: Sequence[str]) -> str:
    return " ".join(str(len(chunk)) for chunk in chunks)
