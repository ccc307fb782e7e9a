"""Allow lists: what a rule matches and is no finding.

The decision is made on the match's folded text alone, so it is the same however the text was cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated, Any, NamedTuple

import msgspec
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from guardrails.errors import RuleError
from guardrails.explosion import require_tame
from guardrails.fold import fold
from guardrails.phrases import PhraseRule, normalise
from guardrails.problem import show
from guardrails.rule import Rule
from guardrails.syntax import Unconvertible, parse, unparse

# gitleaks' longest list of stop words has 1,446; looking each up costs 0.1 ms for a match.
MAX_ENTRIES = 5_000
# Each is searched in every match of its rules.
MAX_EXPRESSIONS = 200

_Text = Annotated[str, Field(min_length=1, max_length=4_000)]
_Texts = Annotated[list[_Text], Field(max_length=MAX_ENTRIES)]
Expressions = Annotated[list[_Text], Field(max_length=MAX_EXPRESSIONS)]


class Allow(NamedTuple):
    """An allow list, ready to be asked. texts and words are folded and in lower case."""

    texts: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    expressions: tuple[re.Pattern[str], ...] = ()

    def __or__(self, other: Allow) -> Allow:
        """Return what either list allows."""
        return Allow(
            self.texts | other.texts,
            tuple(sorted({*self.words, *other.words})),
            self.expressions + other.expressions,
        )


class AllowList(BaseModel):
    """An allow list as a policy writes it; a plain list is one of texts.

    texts: whole matches, in any case. words: stand anywhere in a match, in any case. expressions:
    are searched in a match; `^` and `$` are its ends.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    texts: _Texts = []
    words: _Texts = []
    expressions: Expressions = []

    @model_validator(mode="before")
    @classmethod
    def _may_be_a_list(cls, value: object) -> object:
        if isinstance(value, str | int | float):
            raise refuse(f"expected a list of texts, or a mapping, got {show(value)}")
        return {"texts": value} if isinstance(value, list) else value

    @field_validator("texts", "words")
    @classmethod
    def _are_visible(cls, texts: list[str]) -> list[str]:
        for number, text in enumerate(texts, 1):
            if not _plain(text):
                raise refuse(f"entry {number} is empty or invisible, so it would allow everything")
        return texts

    @field_validator("expressions")
    @classmethod
    def _compile(cls, expressions: list[str]) -> list[str]:
        for number, expression in enumerate(expressions, 1):
            require_expression(expression, f"expression {number}: ")
        return expressions

    def compiled(self) -> Allow:
        """Return the list ready to be asked."""
        return Allow(
            frozenset(map(_plain, self.texts)),
            tuple(sorted(set(map(_plain, self.words)))),
            compile_expressions(self.expressions),
        )


def join(lists: Iterable[AllowList]) -> AllowList:
    """Return what any of the lists allows."""
    joined: dict[str, list[str]] = {}
    for one in lists:
        for key in AllowList.model_fields:
            joined.setdefault(key, []).extend(getattr(one, key))
    return AllowList.model_construct(None, **joined)


def allows(allow: Allow, text: str) -> bool:
    """Tell whether a folded text is allowed.

    >>> allows(AllowList(texts=["Support@example.org"]).compiled(), "support@example.org")
    True
    """
    lower = text.lower()
    return (
        lower.strip() in allow.texts
        or any(word in lower for word in allow.words)
        or any(expression.search(text) for expression in allow.expressions)
    )


def except_allowed(rules: Iterable[Rule], allow: Allow) -> tuple[Rule, ...]:
    """Return the rules without the matches that are allowed; without the phrases that are."""
    if allow == Allow():
        return tuple(rules)
    return tuple(found for rule in rules if (found := _except(rule, allow)) is not None)


def _except(rule: Rule, allow: Allow) -> Rule | None:
    if not isinstance(rule, PhraseRule):
        return msgspec.structs.replace(rule, check=partial(_counts, check=rule.check, allow=allow))
    phrases = tuple(one for one in rule.phrases if not allows(allow, normalise(one)))
    return msgspec.structs.replace(rule, phrases=phrases) if phrases else None


def _counts(text: str, *, check: Callable[[str], bool] | None, allow: Allow) -> bool:
    return not allows(allow, text) and (check is None or check(text))


def _plain(text: str) -> str:
    return fold(text).strip().lower()


def compile_expressions(expressions: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    """Compile as rules are: ASCII classes, repeats clamped."""
    return tuple(re.compile(unparse(parse(one).root), re.ASCII) for one in expressions)


def require_expression(expression: str, place: str = "") -> None:
    """Refuse an expression that cannot be compiled or can explode. place: begins the message."""
    try:
        root = parse(expression).root
        require_tame(root)
        re.compile(unparse(root), re.ASCII)
    except Unconvertible as error:
        raise refuse(f"{place}{error}; write what it refers to out") from error
    except RuleError as error:
        raise refuse(f"{place}{error}") from error
    except (RecursionError, MemoryError) as error:
        text = f"{place}the expression is too large to compile; split it into several"
        raise refuse(text) from error


def refuse(text: str) -> Exception:
    """Return the error by which pydantic says that a value is wrong."""
    # Braces would be read as placeholders.
    context: dict[str, Any] = {"error": text}
    return PydanticCustomError("value_error", "{error}", context)
