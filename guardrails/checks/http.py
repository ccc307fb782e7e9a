"""Any service that takes a text over HTTP and says in JSON what is wrong with it.

Catches: what the service does. Misses: what the service does, and every answer that the mapping in
the policy does not fit (reported as failed, never as clean). Cost: one call for each reply, 5 s and
more; runs in mode monitor only.

`request` is the body as it is sent, as JSON, with `{text}` where the text goes. `response` says
where the answer stands: one judgement of the whole text (`flagged`, `score`), or a list of findings
(`findings`) whose entries have a type, a score, and a place in the text (`start`, `end`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from guardrails.check import FindingType
from guardrails.checks.endpoint import EndpointOptions
from guardrails.checks.json_path import JsonPath
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

TEXT = "{text}"
GUARDRAIL = "{guardrail}"

_Label = Annotated[str, Field(min_length=1, max_length=128)]


class ResponseMapping(BaseModel):
    """Where the answer stands in the response. Paths behind `findings` begin at one entry of it.

    flagged: true or false, of the whole text. score: 0 to 1. findings: a list. type: a label,
    see `types`. start, end: offsets into the text, half-open.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    flagged: JsonPath | None = None
    findings: JsonPath | None = None
    score: JsonPath | None = None
    type: JsonPath | None = None
    start: JsonPath | None = None
    end: JsonPath | None = None

    @model_validator(mode="after")
    def _finds_something(self) -> Self:
        if self.flagged is None and self.findings is None and self.score is None:
            raise ValueError("says nowhere what was found; add 'flagged', 'score' or 'findings'")
        if self.flagged is not None and self.findings is not None:
            raise ValueError("'flagged' judges the whole text and 'findings' its parts; remove one")
        if (self.start is None) != (self.end is None):
            raise ValueError("'start' and 'end' belong together; add the other one")
        if self.start is not None and self.findings is None:
            raise ValueError("'start' and 'end' are of an entry of 'findings'; add it")
        return self


def _only_the_text() -> JsonValue:
    return {"text": TEXT}


class HttpOptions(EndpointOptions):
    """The request, where its answer stands, and how it is read."""

    method: Literal["POST", "PUT"] = Field(default="POST", description="of the request")
    request: JsonValue = Field(
        default_factory=_only_the_text, description="the body, with {text} where the text goes"
    )
    response: ResponseMapping = Field(description="where the answer stands")
    threshold: float = Field(
        default=0.5, gt=0, le=1, strict=True, description="findings have at least this score"
    )
    types: dict[_Label, FindingType] = Field(
        default={}, max_length=200, description="the service's labels as types of findings"
    )
    offsets: Literal["code_points", "utf16", "utf8"] = Field(
        default="code_points", description="the unit of start and end"
    )

    @field_validator("request")
    @classmethod
    def _carries_the_text(cls, request: JsonValue) -> JsonValue:
        if not _mentions_text(request):
            raise ValueError(f"'{TEXT}' stands nowhere in it, so no text would be sent; add it")
        return request


def _mentions_text(value: Any) -> bool:
    if isinstance(value, str):
        return TEXT in value
    if isinstance(value, dict):
        return any(map(_mentions_text, value.values()))
    return isinstance(value, list) and any(map(_mentions_text, value))


def fill_request(template: Any, *, text: str, guardrail: str) -> Any:
    """Return the body with the text in its places.

    >>> fill_request({"doc": ["{text}"], "by": "{guardrail}"}, text="hi", guardrail="http/legal")
    {'doc': ['hi'], 'by': 'http/legal'}
    """
    if isinstance(template, str):
        # The name goes in first: a text that holds a placeholder is not filled again.
        return template.replace(GUARDRAIL, guardrail).replace(TEXT, text)
    if isinstance(template, dict):
        return {
            key: fill_request(value, text=text, guardrail=guardrail)
            for key, value in template.items()
        }
    if isinstance(template, list):
        return [fill_request(value, text=text, guardrail=guardrail) for value in template]
    return template


HTTP = Guardrail(
    id="http",
    family="checks",
    summary="Any service that judges text over HTTP, as the policy maps it",
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.VERY_SLOW,
        expected_latency_ms=10_000.0,
        cost=Cost(cpu_ms=1.0, calls=1),
        # Nothing is known of the service; a policy may allow it with `cache_s`.
        cacheable_s=0.0,
        resources=(Resource.NETWORK,),
    ),
    action=Action.BLOCK,
    options=HttpOptions,
    check=Check(
        type="EXTERNAL",
        checkpoints=(Checkpoint.END,),
        deadline_s=120.0,
        timeout_s=30.0,
        external=True,
    ),
)
