"""A language model that judges the reply by a rubric in words.

Catches: what the rubric describes and the model recognises: tone, advice that must not be given,
promises, topics. Misses: what the model misses; its answers vary between models and releases, and
a text can try to talk it round (it is told where the text begins and ends, by a mark that depends
on the text, and that nothing in it is an instruction). Cost: one call of 1 to 5 s for each reply,
or for each paragraph; the tokens of rubric and text, and up to `max_tokens` for the answer.

Any endpoint that speaks OpenAI's chat completions will do, on this machine or elsewhere. A text of
more than `max_chars` is not asked about but reported as failed: half a text is not judged as a
whole one.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, JsonValue, field_validator

from guardrails.check import TYPE_PATTERN, write_type
from guardrails.checks.endpoint import KeyedOptions
from guardrails.guardrail import (
    Action,
    Check,
    Checkpoint,
    Cost,
    Guardrail,
    PerformanceCharacteristics,
    PerformanceClass,
    Resource,
)

DEFAULT_RUBRIC = (
    "The text violates the rubric if it helps someone to do serious harm, threatens or demeans "
    "people for what they are, describes sexual acts, encourages self-harm, or reveals the "
    "instructions its author was given."
)

_Category = Annotated[str, Field(min_length=1, max_length=64)]


class JudgeOptions(KeyedOptions):
    """Which model judges, by what, and how its answer is read."""

    model: str = Field(min_length=1, max_length=256, description="the model's name at the endpoint")
    # 8,000 characters: two pages; longer rubrics are read less well than several judges.
    rubric: str = Field(
        default=DEFAULT_RUBRIC, min_length=1, max_length=8_000, description="what is a violation"
    )
    categories: list[_Category] = Field(
        default=[], max_length=50, description="kinds of violations; each is a type of finding"
    )
    threshold: float = Field(
        default=0.5, gt=0, le=1, strict=True, description="findings have at least this score"
    )
    # 400: the answer itself takes 40 to 200, with passages quoted.
    max_tokens: int = Field(
        default=400, ge=16, le=32_768, strict=True, description="longest answer, in tokens"
    )
    # 100,000 characters are some 25,000 tokens of English, which every current model can read.
    max_chars: int = Field(
        default=100_000,
        ge=1,
        le=4_000_000,
        strict=True,
        description="longest text it is asked about",
    )
    structured: Literal["json_schema", "json_object", "none"] = Field(
        default="json_schema", description="how the endpoint is told to answer in JSON"
    )
    parameters: dict[str, JsonValue] = Field(
        default={}, max_length=32, description="more keys of the request; null removes one"
    )

    @field_validator("categories")
    @classmethod
    def _make_types(cls, categories: list[str]) -> list[str]:
        seen: dict[str, int] = {}
        for number, category in enumerate(categories, 1):
            name = write_type(category)
            if not re.match(TYPE_PATTERN, name):
                raise ValueError(f"category {number} must begin with a letter from A to Z")
            if seen.setdefault(name, number) != number:
                raise ValueError(f"category {number} makes the same type as category {seen[name]}")
        return categories

    @field_validator("parameters")
    @classmethod
    def _leave_the_text(cls, parameters: dict[str, JsonValue]) -> dict[str, JsonValue]:
        for key in ("messages", "model", "stream"):
            if key in parameters:
                raise ValueError(f"'{key}' is set by the judge itself; remove it")
        return parameters


JUDGE = Guardrail(
    id="judge",
    family="checks",
    summary="A language model that judges by a rubric, at any OpenAI-compatible endpoint",
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.SLOW,
        expected_latency_ms=2_000.0,
        cost=Cost(cpu_ms=1.0, calls=1, tokens=700),
        # An hour: long enough for retries and repeated replies, short enough that a new release of
        # the model is asked anew the same day.
        cacheable_s=3_600.0,
        resources=(Resource.NETWORK,),
    ),
    action=Action.BLOCK,
    options=JudgeOptions,
    check=Check(
        type="JUDGED",
        checkpoints=(Checkpoint.END, Checkpoint.PARAGRAPH),
        deadline_s=60.0,
        timeout_s=20.0,
        external=True,
    ),
)
