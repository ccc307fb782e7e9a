"""Insults, threats and obscenity, seen by a small model on this machine.

Catches: toxic English sentences. On 2,100 tweets with labels (Davidson et al.), at the default
threshold of 0.8, it flags 91% of the offensive and 76% of the hateful ones. Misses: what takes
more than words to see (irony, dog whistles, polite hatred), every other language, and misspelt
insults; it also flags 3.3% of the tweets that are neither, and 2 in 10,000 sentences of model
replies (a zombie costume, a pig on a spit). Cost: 3 ms of CPU a call and 0.05 ms a sentence, in a
worker process of 125 MB; sentences that wait are judged together in one call.

The model is a linear classifier over words and ships inside the package alt-profanity-check (the
extra `ml`): nothing is downloaded and no text leaves the machine. A finding is the whole sentence.
"""

from __future__ import annotations

from pydantic import Field

from guardrails.check import CheckOptions
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


class ToxicityOptions(CheckOptions):
    """How sure the model has to be."""

    # 0.8: at 0.5 five times as many harmless sentences are flagged, for 7% more of the offensive.
    threshold: float = Field(
        default=0.8, gt=0, le=1, strict=True, description="findings are at least so probable"
    )


TOXICITY = Guardrail(
    id="toxicity",
    family="checks",
    summary="Insults, threats and obscenity, by a local model (English)",
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.MODERATE,
        expected_latency_ms=5.0,
        cost=Cost(cpu_ms=4.0),
        # A day: the model is part of the package, so its answer changes only with a release.
        cacheable_s=86_400.0,
        resources=(Resource.PROCESS,),
    ),
    action=Action.REDACT,
    options=ToxicityOptions,
    check=Check(
        type="TOXICITY",
        checkpoints=(Checkpoint.SENTENCE, Checkpoint.PARAGRAPH, Checkpoint.END),
        deadline_s=10.0,
        # A model that has not answered after 500 times its usual time never will.
        timeout_s=2.5,
    ),
)
