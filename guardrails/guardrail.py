"""A guardrail: what it looks for, what it costs, and the samples that prove it."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict

from guardrails.rule import Rule


class Action(StrEnum):
    """What a finding does to the text, mildest first."""

    ALLOW = "allow"
    WARN = "warn"
    REDACT = "redact"
    BLOCK = "block"


class Mode(StrEnum):
    """Whether text waits for a guardrail (block), is only watched by it, or is not shown to it."""

    BLOCK = "block"
    MONITOR = "monitor"
    DISABLED = "disabled"


class PerformanceClass(StrEnum):
    """A declared upper bound of what one run costs."""

    INSTANT = "instant"  # below 10 ms, at every chunk
    FAST = "fast"  # 10 to 100 ms, at every chunk or sentence
    MODERATE = "moderate"  # 100 to 1000 ms, at sentences or paragraphs
    SLOW = "slow"  # 1 to 5 s, at the end of the stream
    VERY_SLOW = "very_slow"  # above 5 s, at the end of the stream


class Checkpoint(StrEnum):
    """The moment text is judged, earliest first."""

    CHUNK = "chunk"
    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"
    END = "end"


class CheckpointLevel(StrEnum):
    """When a class is asked: as text comes, in windows of it, or when all is there."""

    IMMEDIATE = "immediate"
    BATCHED = "batched"
    DEFERRED = "deferred"


# What one run may take at most. Being faster is fine; slower runs are counted.
MAX_LATENCY_MS = {
    PerformanceClass.INSTANT: 10.0,
    PerformanceClass.FAST: 100.0,
    PerformanceClass.MODERATE: 1_000.0,
    PerformanceClass.SLOW: 5_000.0,
    PerformanceClass.VERY_SLOW: math.inf,
}
LEVELS = {
    PerformanceClass.INSTANT: CheckpointLevel.IMMEDIATE,
    PerformanceClass.FAST: CheckpointLevel.IMMEDIATE,
    PerformanceClass.MODERATE: CheckpointLevel.BATCHED,
    PerformanceClass.SLOW: CheckpointLevel.DEFERRED,
    PerformanceClass.VERY_SLOW: CheckpointLevel.DEFERRED,
}
# Where a level is asked by default, and where a policy may move it.
DEFAULT_CHECKPOINTS = {
    CheckpointLevel.IMMEDIATE: {Checkpoint.CHUNK, Checkpoint.SENTENCE},
    CheckpointLevel.BATCHED: {Checkpoint.SENTENCE, Checkpoint.PARAGRAPH},
    CheckpointLevel.DEFERRED: {Checkpoint.END},
}
CHECKPOINTS = {
    PerformanceClass.INSTANT: {Checkpoint.CHUNK},
    PerformanceClass.FAST: {Checkpoint.CHUNK, Checkpoint.SENTENCE},
    PerformanceClass.MODERATE: {Checkpoint.SENTENCE, Checkpoint.PARAGRAPH, Checkpoint.END},
    PerformanceClass.SLOW: {Checkpoint.PARAGRAPH, Checkpoint.END},
    PerformanceClass.VERY_SLOW: {Checkpoint.END},
}
# The classes whose mode a policy may not weaken while it enforces, or not strengthen.
FIXED_MODES = {PerformanceClass.INSTANT: Mode.BLOCK, PerformanceClass.VERY_SLOW: Mode.MONITOR}
DEFAULT_MODES = FIXED_MODES | {
    PerformanceClass.FAST: Mode.BLOCK,
    PerformanceClass.MODERATE: Mode.BLOCK,
    PerformanceClass.SLOW: Mode.MONITOR,
}


class Resource(StrEnum):
    """What a run uses beside the CPU of the guard step."""

    PROCESS = "process"  # a worker process with a model in its memory
    NETWORK = "network"  # a service: text leaves this machine


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What one run over a thousand code points costs, typically.

    cpu_ms: of our machine. calls: to a service. tokens: as the service counts them, of prompt and
    answer.
    """

    cpu_ms: float = 0.0
    calls: int = 0
    tokens: int = 0


class PerformanceCharacteristics(msgspec.Struct, frozen=True, kw_only=True):
    """What a guardrail publishes about its cost.

    expected_latency_ms: per run, typical. cacheable_s: so long an answer holds for equal text and
    options, seconds; 0: it is not kept. client_safe: may be handed to clients, which only patterns
    and keywords of class INSTANT or FAST may.
    """

    performance_class: PerformanceClass
    expected_latency_ms: float
    cost: Cost = Cost()
    cacheable_s: float = 0.0
    resources: tuple[Resource, ...] = ()
    client_safe: bool = False


class Options(BaseModel):
    """What a policy may set on one guardrail beyond mode and action."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What makes a guardrail a check: it sees windows of decided text and answers later.

    type: of a finding, where an answer names none. checkpoints: those it can be asked at; the
    first is its default. deadline_s, timeout_s: defaults of the options of that name, seconds.
    external: text leaves the house.
    """

    type: str
    checkpoints: tuple[Checkpoint, ...]
    deadline_s: float
    timeout_s: float
    external: bool = False


# Expressions over a few characters of text. Measured by `tidegate bench guardrails`, each guardrail
# alone: 0.03 to 0.4 ms of CPU for a thousand code points at once, half of them below 0.1; 2 to 5 µs
# for a chunk of one token. Those of a policy are one automaton, which costs less than their sum.
INSTANT_PATTERN = PerformanceCharacteristics(
    performance_class=PerformanceClass.INSTANT,
    expected_latency_ms=0.01,
    cost=Cost(cpu_ms=0.25),
    client_safe=True,
)


class Guardrail(msgspec.Struct, frozen=True, kw_only=True):
    """One guardrail of the catalogue.

    id: its name in policies; may equal a rule's id. What a policy runs several times is called
    `check/name`. family: pii, secrets, content or checks; a policy may speak of a whole family.
    rules: what it looks for; or build: makes the rules from `options`. max_chars: reads the longest
    allowed text (code points) from `options`, for length limits. check: for what is too slow for
    the hot path; `options` then extend `CheckOptions`. catches: sample texts in which each expected
    finding stands between « and »; ignores: texts with nothing to find. A sample of a secret is
    written in two pieces, so that no scanner of repositories takes it for a real one. by_name: not
    started by the entry of its family, since it suits some replies and not others.
    """

    id: str
    family: str
    summary: str
    performance: PerformanceCharacteristics = INSTANT_PATTERN
    action: Action = Action.REDACT
    rules: tuple[Rule, ...] = ()
    catches: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()
    options: type[Options] | None = None
    build: Callable[[Any], tuple[Rule, ...]] | None = None
    max_chars: Callable[[Any], int] | None = None
    check: Check | None = None
    by_name: bool = False
