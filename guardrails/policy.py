"""The policy: which guardrails run, in which mode, and what their findings do.

Validated here; read from YAML with file, line and suggestions in `guardrails.policy_text`;
turned into matchers in `guardrails.plan`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cached_property, partial
from typing import Annotated, Any, Literal, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from guardrails.phrases import PhraseRule
from guardrails.problem import suggest
from guardrails.rule import Rule
from guardrails.scan import ScanRule
from guardrails.setting import BY_ID, FAMILIES, Setting, SettingError, resolve_settings

__all__ = ["BY_ID", "FAMILIES", "Limits", "Policy", "Setting", "SettingError"]

# Part of every policy version: results may differ between engines with different numbers.
ENGINE_VERSION = 1

# A week: no reply lasts longer, and timestamps stay far from overflow.
_Seconds = Annotated[float, Field(gt=0, le=7 * 86_400, strict=True, allow_inf_nan=False)]

_LABEL_FIELDS = ["type", "rule"]


class _Model(BaseModel):
    # What was written in a wrong place may be a secret.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Limits(_Model):
    """Bounds of one stream. Times are log time, seconds."""

    # Five minutes without a chunk: longer than any provider pauses within one reply.
    idle_timeout_s: _Seconds = 300.0
    # Two hours: the longest agent replies seen take minutes.
    max_age_s: _Seconds = 7_200.0
    # Reordering inside Kafka resolves within one producer retry (default backoff 100 ms, 30 s cap).
    gap_timeout_s: _Seconds = 10.0
    # Chunks that may wait for a missing one, and their code points.
    max_early_chunks: Annotated[int, Field(ge=0, le=100_000, strict=True)] = 256
    max_early_chars: Annotated[int, Field(ge=0, le=10_000_000, strict=True)] = 65_536
    # How long a complete stream is remembered, so that a retried last chunk makes no new one.
    tombstone_s: _Seconds = 600.0


class Policy(_Model):
    """What a person writes. `guardrails` maps a guardrail's id or a family to its settings."""

    name: Annotated[str, Field(min_length=1, max_length=128)] = "unnamed"
    enforcement: Literal["enforce", "audit_only"] = "enforce"
    label: Annotated[str, Field(max_length=128)] = "[{type}]"
    on_gap: Literal["block", "warn"] = "block"
    on_rewrite: Literal["block", "warn"] = "block"
    # Tell step by step what happens to each stream, on topic `events`.
    events: bool = False
    guardrails: dict[str, Any]
    limits: Limits = Limits()

    _settings: tuple[Setting, ...] = PrivateAttr(())

    @field_validator("label")
    @classmethod
    def _names_known_fields(cls, label: str) -> str:
        for field in re.findall(r"\{([^{}]*)\}", label):
            if field not in _LABEL_FIELDS:
                hint = suggest(field, _LABEL_FIELDS)
                raise ValueError(f"expected {{type}} or {{rule}}, got {{{field[:40]}}}{hint}")
        return label

    @model_validator(mode="after")
    def _resolves(self) -> Self:
        audit_only = self.enforcement == "audit_only"
        self._settings = resolve_settings(self.guardrails, audit_only=audit_only)
        return self

    def resolve(self) -> tuple[Setting, ...]:
        """Return the setting of each guardrail that runs, in the catalogue's order."""
        return self._settings

    @cached_property
    def version(self) -> str:
        """A hash of everything that decides about text: policy, catalogue and engine."""
        described: list[object] = [
            (
                setting.guardrail.id,
                setting.mode,
                setting.action,
                [_describe(rule) for rule in setting.rules],
                setting.max_chars,
                [setting.check, setting.options.model_dump(mode="json")] if setting.check else None,
            )
            for setting in self._settings
        ]
        digest = hashlib.sha256(msgspec.json.encode([ENGINE_VERSION, described]))
        digest.update(self.model_dump_json(exclude={"guardrails"}).encode())
        return digest.hexdigest()[:16]

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a validated copy with some values replaced; what was resolved is not carried."""
        del deep  # the copy shares nothing that could change
        return type(self).model_validate({**self.model_dump(), **(update or {})})


def _describe(rule: Rule) -> list[object]:
    return [
        *(rule.id, rule.type, rule.expression, rule.confidence),
        *(_name(rule.check), _name(rule.bounds), rule.context, rule.words, rule.context_chars),
        *_describe_own(rule),
    ]


def _describe_own(rule: Rule) -> list[object]:
    match rule:
        case PhraseRule():
            return [rule.phrases, rule.whole_words, rule.leetspeak]
        case ScanRule():
            return [_name(rule.scanner)]
    return []


def _name(value: object) -> object:
    """Name a function with all that was bound to it, the same in every process."""
    if isinstance(value, partial):
        bound = sorted(value.keywords.items())
        return [_name(value.func), *map(_name, value.args), *map(_name, bound)]
    if isinstance(value, frozenset | set):
        return sorted(str(_name(item)) for item in value)
    if isinstance(value, tuple | list):
        return [_name(item) for item in value]
    if isinstance(value, re.Pattern):
        return [value.pattern, value.flags]
    if callable(value):
        return f"{value.__module__}.{getattr(value, '__qualname__', type(value).__qualname__)}"
    return value if value is None or isinstance(value, str | int | float) else repr(value)
