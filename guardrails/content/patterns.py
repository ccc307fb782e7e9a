"""A team's own regular expressions, and imported rule packs, written in the policy.

Catches: what the expressions say, on folded text (`guardrails.fold`): full-width letters and look-
alikes are Latin letters there, dashes and spaces are one of each. Misses: what lies beyond a
repeat's clamp (512 characters for `a+`, 16 rounds for groups). Cost: as the expressions; each is
proved not to explode when the policy is loaded.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated

import msgspec
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from guardrails.allow import (
    Allow,
    AllowList,
    Expressions,
    compile_expressions,
    refuse,
    require_expression,
)
from guardrails.content.part import counts, with_word
from guardrails.fold import fold
from guardrails.guardrail import (
    Action,
    Cost,
    Guardrail,
    Options,
    PerformanceCharacteristics,
    PerformanceClass,
)
from guardrails.presence import always_holds
from guardrails.rule import PART_GROUP, Rule
from guardrails.syntax import parse

# 1,000: the largest public packs have 800 rules; each costs some 5 ms when a policy is loaded.
MAX_PATTERNS = 1_000
# gitleaks' longest expression has 1,700 characters.
MAX_EXPRESSION_CHARS = 4_000
# On either side, as the shipped rules that need context have at most.
MAX_CONTEXT_CHARS = 200

_Word = Annotated[str, Field(min_length=1, max_length=64)]
_Words = Annotated[list[_Word], Field(max_length=50)]
_Confidence = Annotated[float, Field(ge=0, le=1, strict=True)]


class PatternAllow(AllowList):
    """What a pattern matches and is no finding. The keys of every allow list speak of the part of a
    match that counts; in_match: expressions searched in all of it.
    """

    in_match: Expressions = Field(default=[])

    @field_validator("in_match")
    @classmethod
    def _compile_too(cls, expressions: list[str]) -> list[str]:
        for number, expression in enumerate(expressions, 1):
            require_expression(expression, f"expression {number}: ")
        return expressions


class Pattern(BaseModel):
    """One expression and what a match of it means. See `guardrails.rule.Rule`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # As gitleaks writes its ids, and Presidio its types.
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    type: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
    expression: Annotated[str, Field(min_length=1, max_length=MAX_EXPRESSION_CHARS)]
    ignore_case: Annotated[bool, Field(strict=True)] = False
    confidence: _Confidence = 0.9
    bare: _Confidence | None = None
    context: _Words = []
    keywords: _Words = []
    context_chars: Annotated[int, Field(ge=1, le=MAX_CONTEXT_CHARS, strict=True)] = 50
    # A character of 4,000 different ones has 12 bits.
    entropy_above: Annotated[float, Field(ge=0, le=12, strict=True)] | None = None
    allow: PatternAllow = PatternAllow()

    @field_validator("expression")
    @classmethod
    def _is_tame(cls, expression: str) -> str:
        require_expression(expression)
        return expression

    @field_validator("context", "keywords")
    @classmethod
    def _is_visible(cls, words: list[str]) -> list[str]:
        for number, word in enumerate(words, 1):
            if not fold(word).strip():
                raise refuse(f"word {number} is empty or invisible; remove it")
        return words

    @model_validator(mode="after")
    def _uses_its_words(self) -> Pattern:
        if self.context and self.keywords:
            raise refuse("context and keywords both name words to look for; join them in one")
        if "context_chars" in self.model_fields_set and not self.context + self.keywords:
            raise refuse("context_chars does nothing without context; add the words to look for")
        if self.bare is not None and not self.context:
            raise refuse("bare is the confidence without context; add the words to look for")
        if self.bare is not None and self.bare > self.confidence:
            raise refuse("bare may not be above confidence: a word beside a match says more")
        return self

    @property
    def written(self) -> str:
        """Return the expression with its case."""
        return f"(?i:{self.expression})" if self.ignore_case else self.expression

    def rules(self, common: Allow) -> tuple[Rule, ...]:
        """Return the pattern as rules of one id: one, or two where a keyword may stand in a match
        or beside it. common: what is allowed for all patterns.
        """
        rule = Rule(
            id=self.id,
            type=self.type,
            expression=self.written,
            confidence=self.confidence,
            bare=self.bare,
            context=_plain(self.context),
            context_chars=self.context_chars if self.context else 0,
            check=self._check(common | self.allow.compiled()),
        )
        words = _plain(self.keywords)
        if not words or always_holds(parse(self.written).root, words):
            return (rule,)
        inside, beside = (
            partial(with_word, words=words, wanted=wanted, check=rule.check)
            for wanted in (True, False)
        )
        replace = msgspec.structs.replace
        near = {"context": words, "context_chars": self.context_chars}
        return replace(rule, check=inside), replace(rule, check=beside, **near)

    def _check(self, allow: Allow) -> partial[bool] | None:
        in_match = compile_expressions(self.allow.in_match)
        if self.entropy_above is None and allow == Allow() and not in_match:
            return None
        expression = re.compile(self.written, re.ASCII)
        has_part = any(name.startswith(PART_GROUP) for name in expression.groupindex)
        return partial(
            counts,
            expression=expression if has_part else None,
            entropy_above=self.entropy_above,
            allow=allow,
            in_match=in_match,
        )


def _plain(words: list[str]) -> tuple[str, ...]:
    return tuple(fold(word).strip().lower() for word in words)


class PatternOptions(Options):
    """The expressions to look for."""

    rules: list[Pattern] = Field(default=[], max_length=MAX_PATTERNS, description="rules")
    # Of all guardrails; here because a pattern says which part of a match counts.
    allow: AllowList = AllowList()

    @field_validator("rules")
    @classmethod
    def _have_own_ids(cls, rules: list[Pattern]) -> list[Pattern]:
        seen: dict[str, int] = {}
        for index, pattern in enumerate(rules):
            first = seen.setdefault(pattern.id, index)
            if first != index:
                text = (
                    f"rules[{index}] has the id '{pattern.id}' of rules[{first}]; give it another"
                )
                raise refuse(text)
        return rules


def build_patterns(options: PatternOptions) -> tuple[Rule, ...]:
    """Make the rules of all patterns."""
    common = options.allow.compiled()
    return tuple(rule for pattern in options.rules for rule in pattern.rules(common))


PATTERNS = Guardrail(
    id="patterns",
    family="content",
    summary="A team's own regular expressions",
    # FAST, not INSTANT, so that a new expression can be watched in mode monitor first.
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.FAST,
        expected_latency_ms=0.01,
        cost=Cost(cpu_ms=0.1),
        client_safe=True,
    ),
    action=Action.REDACT,
    options=PatternOptions,
    build=build_patterns,
)
