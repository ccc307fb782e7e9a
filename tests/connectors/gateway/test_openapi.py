"""The gateway against its own document: what Schemathesis generates from it, valid and not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.openapi import from_url
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.gateway import Client, Gateway

EXAMPLES = 10
# What is well-formed may still ask for a policy that nobody has loaded (422).
UNFIT = [positive_data_acceptance]


@pytest.fixture(scope="module")
def played(gateway: Gateway) -> Iterator[str]:
    """A stream that is over: following it comes to an end."""
    client = Client(gateway.url)
    stream = client.start()
    client.send(stream, "Write to ada@example.com today. ", 0)
    client.finish(stream)
    yield stream
    client.http.close()


def test_every_operation_answers_as_the_document_says(gateway: Gateway, played: str) -> None:
    schema = from_url(f"{gateway.url}/openapi.json")
    # A body may be too large before anything else is wrong with it.
    rejection = schema.config.checks.negative_data_rejection
    rejection.expected_statuses = [*rejection.expected_statuses, "413"]
    asked: set[str] = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        asked.add(operation.label)
        takes_something = bool(operation.body or list(operation.iter_parameters()))
        modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        for mode in modes[: 1 + takes_something]:
            ask(operation, mode, played)
    assert len(asked) == sum(1 for _ in schema.get_all_operations())


def ask(operation: APIOperation, mode: GenerationMode, stream: str) -> None:
    is_valid = mode is GenerationMode.POSITIVE

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def run(case: Case) -> None:
        case.call_and_validate(excluded_checks=UNFIT)
        # The same once more, of a stream that is there.
        if is_valid and name_stream(case, stream):
            case.call_and_validate(excluded_checks=UNFIT)

    run()


def name_stream(case: Case, stream: str) -> bool:
    places: tuple[tuple[Any, str], ...] = (
        (case.path_parameters, "stream_id"),
        (case.query, "streamId"),
        (case.body, "streamId"),
    )
    named = False
    for place, field in places:
        if isinstance(place, dict) and field in place:
            place[field] = stream
            named = True
    return named
