"""A team's own regular expressions, written in the policy.

Catches: what the expressions say, on folded text (`guardrails.fold`): full-width letters and look-
alikes are Latin letters there, dashes and spaces are one of each. Misses: what lies beyond a
repeat's clamp (512 characters for `a+`, 16 rounds for groups). Cost: as the expressions; each is
proved not to explode when the policy is loaded.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from guardrails.errors import RuleError
from guardrails.explosion import require_tame
from guardrails.fold import fold
from guardrails.guardrail import (
    Action,
    Cost,
    Guardrail,
    Options,
    PerformanceCharacteristics,
    PerformanceClass,
)
from guardrails.matcher import Matcher
from guardrails.rule import Rule
from guardrails.syntax import Unconvertible, parse

# 200: as many as the largest public rule packs have; each costs some 10 ms when a policy is loaded.
MAX_PATTERNS = 200
# gitleaks' longest expression has 1,700 characters.
MAX_EXPRESSION_CHARS = 4_000
# On either side, as the shipped rules that need context have at most.
MAX_CONTEXT_CHARS = 200

_Word = Annotated[str, Field(min_length=1, max_length=64)]


class Pattern(BaseModel):
    """One expression and what a match of it means. See `guardrails.rule.Rule`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # As gitleaks writes its ids, and Presidio its types.
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    type: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
    expression: Annotated[str, Field(min_length=1, max_length=MAX_EXPRESSION_CHARS)]
    confidence: Annotated[float, Field(ge=0, le=1, strict=True)] = 0.9
    context: Annotated[list[_Word], Field(max_length=50)] = []
    context_chars: Annotated[int, Field(ge=1, le=MAX_CONTEXT_CHARS, strict=True)] = 50

    @field_validator("expression")
    @classmethod
    def _compiles(cls, expression: str) -> str:
        try:
            require_tame(parse(expression).root)
            Matcher([Rule(id="tried", type="TRIED", expression=expression)])
        except Unconvertible as error:
            raise _refuse(f"{error}; write what it refers to out") from error
        except RuleError as error:
            raise _refuse(str(error)) from error
        except (RecursionError, MemoryError) as error:
            text = "the expression is too large to compile; split it into several rules"
            raise _refuse(text) from error
        return expression

    @field_validator("context")
    @classmethod
    def _is_visible(cls, context: list[str]) -> list[str]:
        for number, word in enumerate(context, 1):
            if not fold(word).strip():
                raise _refuse(f"word {number} is empty or invisible; remove it")
        return context

    @model_validator(mode="after")
    def _uses_its_context(self) -> Pattern:
        if "context_chars" in self.model_fields_set and not self.context:
            raise _refuse("context_chars does nothing without context; add the words to look for")
        return self

    def rule(self) -> Rule:
        """Return the pattern as a rule."""
        words = tuple(fold(word).strip().lower() for word in self.context)
        return Rule(
            id=self.id,
            type=self.type,
            expression=self.expression,
            confidence=self.confidence,
            context=words,
            context_chars=self.context_chars if words else 0,
        )


def _refuse(text: str) -> PydanticCustomError:
    # Braces would be read as placeholders.
    return PydanticCustomError("value_error", "{error}", {"error": text})


class PatternOptions(Options):
    """The expressions to look for."""

    rules: list[Pattern] = Field(default=[], max_length=MAX_PATTERNS, description="rules")

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
                raise _refuse(text)
        return rules


def build_patterns(options: PatternOptions) -> tuple[Rule, ...]:
    """Make one rule of each pattern."""
    return tuple(pattern.rule() for pattern in options.rules)


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
