"""What a reply is about, told by how near it is to sentences that a policy gives as examples.

Catches: text near one of the topics (`find: near`), or text that is near none of them (`find:
away`: the reply has left its subject). Both text and examples become vectors, by a service with
OpenAI's interface or by a static model in a directory of this machine; the score is the cosine of
the text and the middle of a topic's examples, both seen from the middle of sentences about nothing
in particular. Misses: what the model cannot tell apart; mentions in passing; tone, irony, denial
("I cannot give you investment advice" is about investment). Of ten topics with six examples each,
at the default threshold, in paragraphs of three other sentences: a static model made from
all-MiniLM-L6-v2 finds 99% and takes 0.2% for another topic, multilingual-e5-small 91% and 3.5%,
wordllama 62% and none; of single sentences 21 to 76%. Cost: 0.6 ms of CPU a text with a static
model, in a worker process of 125 MB; a call of 20 to 500 ms with a service.

A finding is the whole window, of one type for each topic (INVESTMENT_ADVICE for `investment
advice`).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from guardrails.check import TYPE_PATTERN, write_type
from guardrails.checks.endpoint import EnvName, ServiceOptions, Url
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

OFF_TOPIC = "OFF_TOPIC"

# 64 characters: as the categories of a judge.
_Topic = Annotated[str, Field(min_length=1, max_length=64)]
# 1,000 characters: beyond a paragraph an example stands for more than one thing.
_Sentence = Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"\S")]
# 200: what they have in common hardly changes after 50.
_Examples = Annotated[list[_Sentence], Field(min_length=1, max_length=200)]


class TopicsOptions(ServiceOptions):
    """The topics, how near counts, and what makes the vectors: `url` or `directory`."""

    # 50 topics: as many kinds as a judge may tell apart.
    topics: dict[_Topic, _Examples] = Field(
        min_length=1, max_length=50, description="sentences of each topic, five or more"
    )
    find: Literal["near", "away"] = Field(
        default="near", description="text near a topic, or text near none of them"
    )
    # 0.35: see the module.
    threshold: float = Field(
        default=0.35, gt=0, le=1, strict=True, description="text is near from this score on"
    )
    unlike: list[_Sentence] = Field(
        default=[], max_length=200, description="text nearer to these is not near a topic"
    )
    # 40: headings, entries of lists and "Let me see." are about nothing.
    min_chars: int = Field(
        default=40, ge=1, le=10_000, strict=True, description="find: away: shorter text passes"
    )
    # 500 characters: a paragraph, which stays below the 512 tokens many models see in any script.
    piece_chars: int = Field(
        default=500, ge=100, le=30_000, strict=True, description="longer text is cut for vectors"
    )
    url: Url | None = Field(
        default=None, description="the base of an OpenAI-compatible API; /embeddings is added"
    )
    model: str | None = Field(
        default=None, min_length=1, max_length=256, description="the model's name at the service"
    )
    api_key_env: EnvName | None = Field(
        default=None, description="the environment variable that holds the API key"
    )
    directory: str | None = Field(
        default=None,
        min_length=1,
        max_length=1_024,
        description="where a static model lies on this machine",
    )

    @model_validator(mode="before")
    @classmethod
    def _name_what_is_away(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("find") == "away" and not values.get("type"):
            return values | {"type": OFF_TOPIC}
        return values

    @field_validator("topics")
    @classmethod
    def _make_types(cls, topics: dict[str, list[str]]) -> dict[str, list[str]]:
        seen: dict[str, int] = {}
        for number, topic in enumerate(topics, 1):
            name = write_type(topic)
            if not re.match(TYPE_PATTERN, name):
                raise ValueError(f"topic {number} must begin with a letter from A to Z")
            if seen.setdefault(name, number) != number:
                raise ValueError(f"topic {number} makes the same type as topic {seen[name]}")
        return topics

    @field_validator("directory")
    @classmethod
    def _stands_anywhere(cls, directory: str | None) -> str | None:
        # What runs the checks may have been started elsewhere than who wrote the policy.
        if directory is not None and not directory.startswith("/"):
            raise ValueError("expected an absolute path, such as /models/potion-base-8M")
        return directory

    @model_validator(mode="after")
    def _has_one_model(self) -> Self:
        if (self.url is None) == (self.directory is None):
            raise ValueError(
                "expected either 'url' and 'model' of a service or the 'directory' of a static "
                f"model, got {'neither' if self.url is None else 'both'}"
            )
        if self.url is not None and self.model is None:
            raise ValueError("'url' is a service, which has to be told its model; add 'model'")
        if self.directory is not None and (self.model is not None or self.api_key_env is not None):
            raise ValueError("'model' and 'api_key_env' are of a service; remove them or add 'url'")
        return self


TOPICS = Guardrail(
    id="topics",
    family="checks",
    summary="What a reply is about, or that it left its subject, by embeddings of examples",
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.MODERATE,
        expected_latency_ms=200.0,
        cost=Cost(cpu_ms=2.0, calls=1, tokens=250),
        # As the judge's.
        cacheable_s=3_600.0,
        # The network with `url`, a process with `directory`.
        resources=(Resource.NETWORK, Resource.PROCESS),
    ),
    action=Action.BLOCK,
    options=TopicsOptions,
    check=Check(
        type="TOPIC",
        checkpoints=(Checkpoint.PARAGRAPH, Checkpoint.SENTENCE, Checkpoint.END),
        deadline_s=30.0,
        timeout_s=10.0,
        external=True,
    ),
)
