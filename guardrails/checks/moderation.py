"""A moderation service with OpenAI's interface.

Catches: what the service's categories cover (hate, harassment, self-harm, sexual content,
violence, ...), in many languages. Misses: what its provider trained it to let pass; scores change
with its releases. Cost: one call of 0.2 to 1 s for each reply, or for each paragraph; texts that
wait are sent together. No tokens are charged.

A finding is the whole text, of one type for each category over its threshold (HATE_THREATENING for
`hate/threatening`).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, HttpUrl

from guardrails.checks.endpoint import KeyedOptions, Url
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

# OpenAI's, platform.openai.com/docs/guides/moderation. A category that is neither one of these nor
# named by the policy counts under the check's own type: types are known before any text comes.
KNOWN_CATEGORIES = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening"),
    *("illicit", "illicit/violent", "self-harm", "self-harm/intent", "self-harm/instructions"),
    *("sexual", "sexual/minors", "violence", "violence/graphic"),
)

_Category = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9 /_-]{0,63}$")]
_Threshold = Annotated[float, Field(gt=0, le=1, strict=True)]


class ModerationOptions(KeyedOptions):
    """Which categories count, and from which score on."""

    url: Url = Field(
        default=HttpUrl("https://api.openai.com/v1"),
        description="the API's base; /moderations is added",
    )
    model: str = Field(
        default="omni-moderation-latest",
        min_length=1,
        max_length=256,
        description="the model's name",
    )
    threshold: float = Field(
        default=0.5, gt=0, le=1, strict=True, description="of every category without its own"
    )
    categories: dict[_Category, _Threshold] = Field(
        default={}, max_length=100, description="thresholds of single categories"
    )
    only_listed: bool = Field(
        default=False, strict=True, description="other categories do not count"
    )


MODERATION = Guardrail(
    id="moderation",
    family="checks",
    summary="A moderation service with OpenAI's interface",
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.SLOW,
        expected_latency_ms=500.0,
        cost=Cost(cpu_ms=1.0, calls=1),
        # As the judge's.
        cacheable_s=3_600.0,
        resources=(Resource.NETWORK,),
    ),
    action=Action.BLOCK,
    options=ModerationOptions,
    check=Check(
        type="MODERATION",
        checkpoints=(Checkpoint.END, Checkpoint.PARAGRAPH),
        deadline_s=30.0,
        timeout_s=10.0,
        external=True,
    ),
)
