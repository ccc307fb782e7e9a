"""All of it: the proof a guardrail passes before it is shipped, or published as a plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from guardrails.contract import Violation
from guardrails.errors import RuleError
from guardrails.guardrail import Guardrail
from guardrails.proof.cuts import Dice
from guardrails.proof.description import describe
from guardrails.proof.samples import Finder, rules_of
from guardrails.proof.speed import keep_class, measure
from guardrails.proof.stream import cut, glue, mix, place, require_tame_rules

# Texts of glued samples.
_ROUNDS = 60


def prove(
    guardrails: Sequence[Guardrail],
    docstrings: Mapping[str, Sequence[str]],
    random: Dice,
    now_s: Callable[[], float],
) -> Iterator[Violation]:
    """Yield everything that is wrong with guardrails that keep their contract.

    docstrings: of the modules each stands in, by its id. now_s: the CPU time of this thread.
    A guardrail with rules that cannot be compiled is not streamed.
    """
    streamed = []
    for guardrail in guardrails:
        yield from describe(guardrail, docstrings.get(guardrail.id, ()))
        refused = list(require_tame_rules(guardrail))
        yield from refused
        if rules_of(guardrail) and not refused:
            streamed.append(guardrail)
    if streamed:
        yield from _stream(streamed, random, now_s)


def _stream(
    guardrails: Sequence[Guardrail], random: Dice, now_s: Callable[[], float]
) -> Iterator[Violation]:
    try:
        together = Finder([rule for guardrail in guardrails for rule in rules_of(guardrail)])
    except RuleError as error:
        names = ", ".join(guardrail.id for guardrail in guardrails[1:])
        said = f"its rules and those of {names or 'no other'} cannot be compiled: {error}"
        yield Violation("rules-refused", guardrails[0].id, said)
        return
    for guardrail in guardrails:
        rules = rules_of(guardrail)
        finder = Finder(rules)
        yield from cut(guardrail, finder, random)
        yield from place(guardrail, finder)
        yield from mix(guardrail, together, {rule.id: Finder([rule]) for rule in rules})
        yield from keep_class(guardrail, measure(guardrail, finder, now_s))
    yield from glue(guardrails, together, random, _ROUNDS)
